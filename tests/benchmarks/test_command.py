"""The command works, end to end, in a process of its own."""

import json
import os
import subprocess
import sys

import pytest

from model.data.datasets import is_available
from tests.benchmarks.corpora import AG_NEWS, ROOT
from tests.benchmarks.results import load


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.benchmarks", *arguments],
        cwd=ROOT, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


@pytest.mark.skipif(not AG_NEWS.exists() and not is_available("imdb"), reason="needs AG News or IMDB")
def test_a_quick_section_is_printed_and_saved(tmp_path):
    done = run("--quick", "--only", "optimiser", "--json", str(tmp_path / "r.json"))
    assert done.returncode == 0, done.stderr
    assert "largest difference from dense Adam after 200 steps" in done.stdout
    assert "these are no figures to keep" in done.stdout
    found = load(tmp_path / "r.json")
    assert found.quick and not found.failed and set(found.seconds) == {"optimiser"}
    gap, step = found.rows
    assert len(gap.ours) == 1 and gap.goals[0].value == 1e-5 and gap.ours[0] < 0.01
    assert len(step.ours) == len(step.plain) == 1
    machine = json.loads((tmp_path / "r.json").read_text())["machine"]
    assert {"cpu", "cores", "threads", "amx_bf16", "torch", "date", "load_before", "load_after"} <= set(machine)
    assert machine["threads"] == 1


def test_an_unknown_section_is_refused_before_anything_is_measured():
    done = run("--only", "speed")
    assert done.returncode == 2 and "no section 'speed'; there are floors, training" in done.stderr
