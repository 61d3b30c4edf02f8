"""GPUs found without torch, and shared by jobs."""

import importlib.metadata
import os
import subprocess

import pytest

from model.runs import gpus, jobs
from model.runs.launch import launch
from tests.runs.processes import fake_launch, go, wait_for, wait_state


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A function that makes a machine with these device files, this torch and this CUDA_VISIBLE_DEVICES."""

    def make(*devices, torch="2.13.0", visible=None):
        for name in devices:
            (tmp_path / name).touch()
        monkeypatch.setattr(gpus, "DEVICES", tmp_path)
        monkeypatch.setattr(importlib.metadata, "version", lambda name: torch)
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
        if visible is not None:
            monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)

    return make


def test_gpus_are_counted_from_zero_as_cuda_does(machine):
    machine("nvidia3", "nvidia7", "nvidiactl", "nvidia-uvm", "null")
    assert gpus.visible_gpus() == ["0", "1"]


def test_a_machine_without_gpus_or_a_torch_without_cuda_has_none(machine):
    machine("null")
    assert gpus.visible_gpus() == []
    machine("nvidia0", torch="2.13.0+cpu")
    assert gpus.visible_gpus() == []


@pytest.mark.parametrize(
    ("visible", "found"),
    [
        ("", []),
        ("-1", []),
        ("2", ["2"]),
        ("1, 0", ["1", "0"]),
        ("0,-1,1", ["0"]),
        ("GPU-8f,MIG-1/2/3", ["GPU-8f", "MIG-1/2/3"]),
    ],
)
def test_what_the_environment_allows(machine, visible, found):
    machine("nvidia0", "nvidia1", "nvidia2", visible=visible)
    assert gpus.visible_gpus() == found


def launched(seen):
    def start(run, *, threads, gpu):
        seen[run.id] = gpu
        return fake_launch(run, threads=threads)

    return start


def test_a_gpu_has_one_job_at_a_time_and_jobs_on_the_cpu_go_past_it(make_run, open_queue):
    seen = {}
    queue = open_queue(cores=8, gpus=["0", "1"], per_gpu=1, launch=launched(seen))
    on_gpu = [make_run(device=device) for device in ("auto", "cuda", "auto")]
    on_cpu = make_run(device="cpu")
    for run in (*on_gpu, on_cpu):
        queue.submit(run)
    wait_state(on_cpu, "running")
    assert seen == {on_gpu[0].id: "0", on_gpu[1].id: "1", on_cpu.id: None}
    assert queue.position(on_gpu[2].id) == 1
    go(on_gpu[1])
    wait_state(on_gpu[2], "running")
    assert seen[on_gpu[2].id] == "1", "the one that is free"


def test_several_jobs_on_one_gpu_where_that_is_wanted(make_run, open_queue, monkeypatch):
    monkeypatch.setenv("ATTENTION_LAB_JOBS_PER_GPU", "2")
    seen = {}
    queue = open_queue(cores=8, gpus=["0", "1"], launch=launched(seen))
    runs = [make_run() for _ in range(5)]
    for run in runs:
        queue.submit(run)
    wait_for(lambda: len(seen) == 4)
    assert [seen[run.id] for run in runs[:4]] == ["0", "1", "0", "1"], "spread"
    assert queue.position(runs[4].id) == 1


@pytest.mark.parametrize(
    ("told", "most"), [("143771\n", 4), ("143771\n11264\n", 1), ("24564\n24564\n", 3), ("[N/A]\n", 1), ("", 1)]
)
def test_a_gpu_is_shared_by_as_many_as_its_memory_has_room_for(monkeypatch, told, most):
    def answer(command, **options):
        assert command[0] == "nvidia-smi" and options["timeout"]
        return subprocess.CompletedProcess(command, 0, told, "")

    monkeypatch.setattr(subprocess, "run", answer)
    assert gpus.jobs_per_gpu(["0", "1"]) == most
    assert gpus.jobs_per_gpu(["MIG-1/2/3"]) == 1
    assert gpus.jobs_per_gpu([]) == 1


@pytest.mark.parametrize(
    "error",
    [
        FileNotFoundError("nvidia-smi"),
        subprocess.CalledProcessError(9, "nvidia-smi"),
        subprocess.TimeoutExpired("nvidia-smi", 20),
    ],
)
def test_a_gpu_of_which_nothing_is_known_is_not_shared(monkeypatch, error):
    def fail(*args, **options):
        raise error

    monkeypatch.setattr(subprocess, "run", fail)
    assert gpus.jobs_per_gpu(["0"]) == 1


def test_the_trainings_of_a_duel_share_one_gpu_by_default(make_run, open_queue, monkeypatch):
    monkeypatch.delenv("ATTENTION_LAB_JOBS_PER_GPU", raising=False)
    monkeypatch.setattr(jobs, "jobs_per_gpu", lambda names: 4 * len(names))
    seen = {}
    queue = open_queue(cores=16, gpus=["0"], launch=launched(seen))
    runs = [make_run(preset=preset, seed=seed) for seed in (13, 14, 15) for preset in ("lstm", "bilstm-additive")]
    for run in runs:
        queue.submit(run)
    wait_for(lambda: len(seen) == 4)
    assert set(seen.values()) == {"0"} and queue.position(runs[4].id) == 1


def test_a_large_training_waits_for_a_gpu_of_its_own_and_nobody_overtakes_it_there(make_run, open_queue):
    seen = {}
    queue = open_queue(cores=16, gpus=["0"], per_gpu=3, launch=launched(seen))
    small, large, late, on_cpu = (
        make_run(), make_run(hidden_size=2048, batch_size=512), make_run(), make_run(device="cpu"),
    )  # fmt: skip
    for run in (small, large, late, on_cpu):
        queue.submit(run)
    wait_state(on_cpu, "running")
    assert set(seen) == {small.id, on_cpu.id}
    go(small)
    wait_state(large, "running")
    assert late.id not in seen
    go(large)
    wait_state(late, "running")


def test_the_settings_tell_who_needs_a_whole_gpu():
    default = {"batch_size": 48, "max_tokens": 400, "hidden_size": 64, "layers": None}
    assert not gpus.needs_whole_gpu(default)  # 48 x 400 x 64 x 2 x 128 bytes = 0.3 GB
    assert gpus.needs_whole_gpu({**default, "hidden_size": 1024})  # 16 times as much: 5 GB
    assert gpus.needs_whole_gpu({"batch_size": 64, "hidden_size": 1024})
    language = {"batch_size": 20, "segment": 35, "hidden_size": 200, "layers": 2}
    assert not gpus.needs_whole_gpu(language)
    assert gpus.needs_whole_gpu({**language, "batch_size": 64, "segment": 2000})
    assert not gpus.needs_whole_gpu({**language, "segment": 2000})


def test_the_worker_sees_its_gpu_only(make_run, monkeypatch):
    environments = []
    monkeypatch.setattr(subprocess, "Popen", lambda command, *, env, **options: environments.append(env))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    launch(make_run(), threads=1, gpu="1")
    launch(make_run(), threads=1)
    assert environments[0]["CUDA_VISIBLE_DEVICES"] == "1"
    assert "CUDA_VISIBLE_DEVICES" not in environments[1] and "CUDA_VISIBLE_DEVICES" not in os.environ
