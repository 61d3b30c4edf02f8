"""The bounds on memory, held with more rows than a test should have; all of them: tests/benchmarks."""

import subprocess
import sys
from pathlib import Path

import pytest

from model.runs import data_process, intake
from tests.benchmarks.benchmark_million_rows import _peak, write

ROOT = Path(__file__).resolve().parents[2]
LOAD = """
import os, sys
from model.data.storage import load_dataset
dataset = load_dataset(sys.argv[1])
from tests.benchmarks.benchmark_million_rows import _peak
print(len(dataset.train.texts), _peak(os.getpid())[0])
"""


@pytest.mark.slow
@pytest.mark.parametrize("form", ["csv", "jsonl", "json", "parquet", "csv.gz"])
def test_reading_takes_little_memory_and_says_how_far_it_is(form, tmp_path):
    path = tmp_path / f"t.{form}"
    write(path, 200_000)
    with open(path, "rb") as file:
        upload = intake.receive(tmp_path, name=path.name, owner=None, chunks=iter(lambda: file.read(1 << 20), b""))
    upload.begin()
    pid, peak, shares = data_process.process_of(upload.folder).pid, 0, set()
    while (status := upload.status)["state"] not in ("ready", "refused"):
        peak = (_peak(pid) or (peak, 0))[0]
        shares.add(status["share"])
    assert status["state"] == "ready"
    assert peak < 400
    assert len(shares) > 10
    folder = tmp_path / intake.data_entry(tmp_path, upload)["folder"]
    loaded = subprocess.run(
        [sys.executable, "-c", LOAD, folder], cwd=ROOT, capture_output=True, text=True, check=True
    )
    texts, megabytes = map(int, loaded.stdout.split())
    assert texts == 160_000
    assert megabytes < 300
