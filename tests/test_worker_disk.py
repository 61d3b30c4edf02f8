"""A disk that fills up under a training: on a file system of 6 MB that is really full."""

import subprocess
from pathlib import Path

import pytest

from model.errors import RunError
from model.runs.jobs import JobQueue
from model.runs.store import create_run, delete_run, empty_trash
from model.studies.training import execute
from tests.worker_trainings import EPOCHS, assert_like_unbroken, epochs, small_runs, wait_for


@pytest.fixture(params=["tmpfs", pytest.param("ext4", marks=pytest.mark.slow)])
def disk(request, tmp_path):
    """A small disk; skipped where none can be mounted."""
    folder, image = tmp_path / "disk", tmp_path / "image"
    folder.mkdir()
    if request.param == "tmpfs":
        commands = [["mount", "-t", "tmpfs", "-o", "size=6m", "none", folder]]
    else:
        image.write_bytes(b"\0" * (8 << 20))
        commands = [
            ["mkfs.ext4", "-q", "-m", "0", "-O", "^has_journal", image],
            ["mount", "-o", "loop", image, folder],
        ]
    for command in commands:
        try:
            done = subprocess.run(command, capture_output=True, text=True)
        except FileNotFoundError as error:
            pytest.skip(f"there is no {error.filename}")
        if done.returncode:
            pytest.skip(f"this process may not mount a disk: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def fill(disk: Path, *, but: int = 0) -> Path:
    """Write until nothing more fits, then free `but` bytes again."""
    ballast = disk / "ballast"
    with open(ballast, "ab", buffering=0) as file:
        for block in (1 << 16, 4096, 1):
            try:
                while file.write(b"x" * block) == block:
                    pass
            except OSError:
                continue
        file.truncate(max(0, file.tell() - but))
    return ballast


@pytest.mark.parametrize("left", [0, pytest.param(4096, marks=pytest.mark.slow), 100_000])
def test_a_full_disk_in_mid_run_is_told_at_once_and_the_resumed_run_is_like_an_unbroken_one(
    disk, left, queues, tmp_path
):
    whole = small_runs(tmp_path / "runs", 1)[0]
    broken = small_runs(disk / "runs", 1)[0]
    queue = JobQueue(broken.folder.parent, cores=1, gpus=())
    queues.append(queue)
    queue.submit(broken)
    wait_for(lambda: len(epochs(broken)) >= 1)
    ballast = fill(disk, but=left)
    wait_for(lambda: broken.state["state"] in ("failed", "done"))
    wait_for(lambda: queue.position(broken.id) is None)
    state = broken.state
    assert state["state"] == "failed" and state["ticket"] is None and not broken.claimed, "told though nothing fits"
    assert "no space left on the disk" in state["message"] and "free some" in state["message"], state["message"]
    assert 1 <= len(epochs(broken)) < EPOCHS

    ballast.unlink()
    queue.resume(broken)
    execute(whole)
    wait_for(lambda: queue.position(broken.id) is None)
    assert_like_unbroken(broken, whole, processes=2)


def test_on_a_full_disk_every_change_happens_or_says_why_not(disk):
    root = disk / "runs"
    run, other = small_runs(root, 2)
    run.set_state("cancelled")
    before = sorted(path.name for path in root.iterdir())
    fill(disk)
    spec = run.spec
    with pytest.raises(RunError, match="no space left on the disk"):
        create_run(root, data=spec["data"], settings=spec["settings"], versions=spec["versions"])
    with pytest.raises(RunError, match="no space left on the disk"):
        run.append_event({"kind": "boot", "text": "x" * 10_000})
    with pytest.raises(RunError, match="no space left on the disk"):
        run.save_report({"text": "x" * 10_000})
    assert run.report is None and run.events()[0] == []
    assert sorted(path.name for path in root.iterdir()) == before, "no draft is left"
    assert run.set_state("queued", ticket=1) and run.state["state"] == "queued"
    assert run.set_state("failed", message="“" * 900) and run.state["message"] == "“" * 300
    assert run.set_state("queued", ticket=2) and run.state["message"] == "", "nothing of the longer one is left"
    try:
        delete_run(other)
    except RunError as error:  # a file system may want a block for the folder of the deleted
        assert "no space left on the disk" in str(error)
        delete_run(other, for_good=True)
    empty_trash(root, older_than=0.0)
    assert not other.folder.exists() and run.state["state"] == "queued"
