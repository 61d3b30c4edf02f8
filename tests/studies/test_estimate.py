"""Real measurements in real processes, polled as a page does; each takes a few seconds."""

import gc
import json
import subprocess
import sys
import time

import pytest

from model.data.datasets import load_builtin
from model.runs.run import REPOSITORY
from model.studies import estimate

KEYS = {"seconds", "start", "per_epoch", "rest", "baselines", "megabytes"}
SMALL = {"preset": "lstm", "hidden_size": 4, "embedding_size": 4, "vectors": "none", "epochs": 7}


@pytest.fixture(scope="module")
def data():
    dataset = load_builtin("diagnostic:keyword:200")
    return {"name": dataset.name, "sha256": dataset.sha256, "folder": None, "report": dataset.report}


def _wait(handle, *, seconds=90.0):
    deadline = time.monotonic() + seconds
    while not handle.done:
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def test_a_result_for_each_of_the_settings(data, tmp_path):
    began = time.monotonic()
    handle = estimate.begin(tmp_path, data, [SMALL, {**SMALL, "preset": "bilstm-additive", "epochs": 700}])
    assert time.monotonic() - began < 1, "a page does not wait"
    assert handle.results == [] and not handle.done
    _wait(handle)
    assert handle.error is None and len(handle.results) == 2
    for result, epochs in zip(handle.results, (7, 700), strict=True):
        assert result.keys() == KEYS and all(value >= 0 for value in result.values())
        whole = result["start"] + epochs * result["per_epoch"] + result["rest"]
        assert result["seconds"] == pytest.approx(whole)
        assert 100 < result["megabytes"] < 2000
    assert handle.results[0]["baselines"] > 0
    assert list(tmp_path.iterdir()) == [], "nothing is left"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"hidden_size": 0}, "hidden_size is 0; it must lie between 1 and 2048"),
        ({"vectors": "/nowhere.vec"}, "/nowhere.vec"),
    ],
)
def test_what_cannot_be_measured_says_why(data, tmp_path, changes, message):
    options = {name: value for name, value in SMALL.items() if name != "embedding_size"}
    handle = estimate.begin(tmp_path, data, [{**options, **changes}])
    _wait(handle)
    assert message in handle.error and "\n" not in handle.error and handle.results == []


def _running(handle):
    return handle._process.poll() is None


def _until_it_ends(process):
    assert process.wait(timeout=15) != 0


def test_closing_ends_the_process(data, tmp_path):
    handle = estimate.begin(tmp_path, data, [SMALL])
    assert _running(handle)
    handle.close()
    _until_it_ends(handle._process)
    _wait(handle)
    assert handle.error is None, "it was told to end"
    handle.close()


def test_letting_go_ends_it_too(data, tmp_path):
    handle = estimate.begin(tmp_path, data, [SMALL])
    process = handle._process
    del handle
    gc.collect()
    _until_it_ends(process)


def test_a_measurement_without_end_is_ended(data, tmp_path, monkeypatch):
    monkeypatch.setattr(estimate, "_SECONDS", 0.05)
    monkeypatch.setattr(estimate, "_SECONDS_EACH", 0.0)
    handle = estimate.begin(tmp_path, data, [SMALL])
    _wait(handle)
    assert "ended by signal 9; it took too long" in handle.error


def test_the_process_ends_with_the_one_that_asked(data, tmp_path):
    code = (
        "import json, sys, time; from pathlib import Path; from model.studies import estimate\n"
        "asked = estimate.begin(Path(sys.argv[1]), json.loads(sys.argv[2]), [json.loads(sys.argv[3])] * 50)\n"
        "print(asked._process.pid, flush=True); time.sleep(60)\n"
    )
    asking = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path), json.dumps(data), json.dumps(SMALL)],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
    )
    with asking:
        pid = int(asking.stdout.readline())
        asking.kill()
    deadline = time.monotonic() + 20
    while _lives(pid):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _lives(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_a_page_may_import_it_without_torch():
    code = "import sys, model.studies.estimate; sys.exit('torch' in sys.modules or 'pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY).returncode == 0
