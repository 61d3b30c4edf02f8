"""The memory of freed tensors stays with the process, so that no step waits for the kernel to clear it again."""

import platform
import subprocess
import sys

import pytest

from model.runs.run import REPOSITORY

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
