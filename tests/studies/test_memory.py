"""Megabytes of a process of its own: what tests before this one left in the memory of theirs is not asked about."""

import json
import subprocess
import sys

import pytest

from model.runs.run import REPOSITORY

BLOCK = """
import json
from model.studies.memory import peak_megabytes, release, resident_megabytes, watch_peak
told = []
release()
told.append(resident_megabytes())
watch_peak()
blocks = [bytearray(b"x") * 1000 for _ in range(50_000)]
last = bytearray(1000)  # behind them: what is free before it goes back only if it is asked for
told.append(resident_megabytes())
del blocks
release()
told += [resident_megabytes(), peak_megabytes()]
print(json.dumps(told))
"""


def test_memory_is_told_in_megabytes():
    run = subprocess.run([sys.executable, "-c", BLOCK], cwd=REPOSITORY, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    before, held, after, most = json.loads(run.stdout)
    assert held - before == pytest.approx(50, abs=5)
    assert after - before == pytest.approx(0, abs=5)
    assert most == pytest.approx(held, abs=5)
