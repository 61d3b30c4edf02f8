"""What a training computes with, and that it leaves the caller's threads and random numbers as they were."""

import platform
import subprocess
import sys

import pytest
import torch

from model.runs.run import REPOSITORY
from model.training.device import PrivateRandomness, cpu_threads, recurrence_dtype

# Page faults of ten steps that need and free four blocks of 48 MiB, after two that are not counted.
FAULTS = """
import resource, torch
from model.training.device import keep_memory
torch.set_num_threads(1)
{first}
def step():
    blocks = [torch.ones(12 << 20) for _ in range(4)]
    return sum(float(block[0]) for block in blocks)
step(), step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""
PAGES = 10 * 4 * (48 << 20) // 4096  # of four KiB, if every block were new every time


def _faults(first: str) -> int:
    command = [sys.executable, "-c", FAULTS.format(first=first)]
    run = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return int(run.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries are left alone")
def test_steps_after_the_first_find_their_memory_where_the_last_left_it():
    assert _faults("assert keep_memory()") < 0.25 * PAGES < 0.9 * PAGES < _faults("")


def test_private_randomness_goes_on_where_it_left_off():
    whole, parts = (PrivateRandomness(5, torch.device("cpu")) for _ in range(2))
    with whole:
        expected = torch.rand(6)
    with parts:
        first = torch.rand(2)
    torch.rand(3)
    with parts:
        second = torch.rand(4)
    assert torch.cat([first, second]).equal(expected)


def test_the_callers_threads_come_back():
    with cpu_threads(2):
        with cpu_threads(1):
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 2


@pytest.mark.parametrize("matrix_unit", [False, True])
def test_auto_is_bfloat16_where_the_processor_has_a_unit_for_it(monkeypatch, matrix_unit):
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: matrix_unit)
    assert recurrence_dtype("auto", torch.device("cpu")) == (torch.bfloat16 if matrix_unit else None)
    assert recurrence_dtype("auto", torch.device("cuda")) is None
    assert recurrence_dtype("bfloat16", torch.device("cpu")) == torch.bfloat16
    assert recurrence_dtype("float32", torch.device("cpu")) is None
