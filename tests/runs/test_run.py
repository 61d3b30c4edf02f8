import json
import math
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pandas as pd
import pytest

from model.errors import RunError
from model.runs import files, run
from model.runs.run import Run


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


# -- state ----------------------------------------------------------------------------------------------


def test_states_follow_one_another_and_carry_time_and_process(make_run):
    made = make_run()
    before = time.time()
    assert made.set_state("queued", ticket=7)
    assert made.set_state("running", message="epoch 1")
    state = Run(made.folder).state
    assert state["state"] == "running" and state["pid"] == os.getpid() and state["message"] == "epoch 1"
    assert before <= state["since"] <= time.time()
    assert state["ticket"] == 7, "the place in the queue is kept while the run is unfinished"
    made.set_state("failed")
    assert made.state["ticket"] is None and made.state["pid"] is None


def test_nothing_undoes_done_and_only_queueing_undoes_cancelled(make_run):
    made = make_run()
    assert made.set_state("cancelled")
    for late in ("starting", "running", "interrupted", "failed"):
        assert not made.set_state(late)
    assert made.state["state"] == "cancelled"
    assert made.set_state("queued")
    assert made.set_state("cancelled") and made.set_state("done"), "it had finished before it heard"
    for late in set(run.STATES) - {"done"}:
        assert not made.set_state(late)
    assert made.state["state"] == "done"


def test_failed_is_not_cancelled_afterwards_and_an_unknown_state_is_refused(make_run):
    made = make_run()
    made.set_state("failed", message="out of memory")
    assert not made.set_state("cancelled")
    assert made.state["message"] == "out of memory"
    with pytest.raises(RunError, match="'paused' is no state of a run"):
        made.set_state("paused")


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"state": "flying"}', '{"state": 1}', "[" * 10_000])
def test_a_damaged_state_reads_as_failed(make_run, damage):
    made = make_run()
    (made.folder / "state.json").write_text(damage)
    assert made.state["state"] == "failed"
    assert "unreadable" in made.state["message"]


def test_a_reader_never_sees_half_a_state(make_run):
    made = make_run()
    stop = threading.Event()
    seen = set()

    def read():
        while not stop.is_set():
            seen.add(made.state["message"])

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(60):
        made.set_state("running", message=str(number) * 200)
    stop.set()
    reader.join()
    assert not any("unreadable" in message for message in seen)
    assert not [name for name in names(made.folder) if name.endswith(".tmp")]


# -- events ---------------------------------------------------------------------------------------------


def test_events_are_read_from_where_one_left_off(make_run):
    made = make_run()
    made.append_event({"kind": "boot", "device": "cpu"})
    first, offset = made.events()
    made.append_event({"kind": "epoch", "epoch": 1})
    second, end = made.events(offset)
    assert [event["kind"] for event in first] == ["boot"]
    assert second[0]["epoch"] == 1 and abs(second[0]["t"] - time.time()) < 60
    assert made.events(end) == ([], end)
    assert len(made.events()[0]) == 2


@pytest.mark.parametrize("torn", [b'{"kind": "epo', b"\xff\xfe", b"x" * 200_000])
def test_a_torn_last_line_is_ignored_and_then_cut_off(make_run, torn):
    made = make_run()
    path = made.folder / "events.jsonl"
    made.append_event({"kind": "boot"})
    whole = path.read_bytes()
    path.write_bytes(whole + torn)
    events, offset = made.events()
    assert len(events) == 1 and offset == len(whole)
    made.append_event({"kind": "done"})
    assert [event["kind"] for event in made.events()[0]] == ["boot", "done"]
    assert [event["kind"] for event in made.events(offset)[0]] == ["done"]
    assert torn not in path.read_bytes()


def test_a_file_that_is_only_a_torn_line_starts_afresh(make_run):
    made = make_run()
    (made.folder / "events.jsonl").write_bytes(b'{"kind": "bo')
    made.append_event({"kind": "boot"})
    assert [event["kind"] for event in made.events()[0]] == ["boot"]


def test_lines_that_are_no_events_are_passed_over(make_run):
    made = make_run()
    (made.folder / "events.jsonl").write_bytes(b'nonsense\n[1]\n{"a": 1}\n\n{"kind": "boot"}\n')
    assert made.events()[0] == [{"kind": "boot"}]


def test_a_loss_that_is_no_number_is_still_json(make_run):
    made = make_run()
    made.append_event({"kind": "epoch", "loss": math.nan, "best": [math.inf, 1.0], "text": "\ud83d half 中"})
    line = (made.folder / "events.jsonl").read_text(encoding="utf-8")
    event = json.loads(line, parse_constant=pytest.fail)
    assert event["loss"] is None and event["best"] == [None, 1.0] and event["text"] == "\ud83d half 中"


def test_an_event_on_a_full_disk_says_so_and_the_next_one_is_whole(make_run, monkeypatch):
    made = make_run()
    made.append_event({"kind": "boot"})
    real = os.write
    monkeypatch.setattr(files.os, "write", lambda handle, line: real(handle, line[:5]))
    with pytest.raises(RunError, match="no space left"):
        made.append_event({"kind": "epoch"})
    monkeypatch.undo()
    made.append_event({"kind": "done"})
    assert [event["kind"] for event in made.events()[0]] == ["boot", "done"]


# -- report, predictions, meta --------------------------------------------------------------------------


def test_report_and_predictions_come_back(make_run):
    made = make_run()
    made.save_report({"test": {"accuracy": 0.5}})
    table = pd.DataFrame({"index": [0, 1], "label": ["a", "b"], "prediction": ["a", "a"], "p_a": [0.75, 0.5]})
    made.save_predictions(table)
    again = Run(made.folder)
    assert again.report == {"test": {"accuracy": 0.5}}
    pd.testing.assert_frame_equal(again.predictions(), table, check_dtype=False)


def test_damaged_predictions_are_named(make_run):
    made = make_run()
    (made.folder / "predictions.parquet").write_bytes(b"PAR1 not really")
    with pytest.raises(RunError, match=r"predictions\.parquet cannot be read"):
        made.predictions()


# -- one process at a time ------------------------------------------------------------------------------


def test_a_claim_is_exclusive_and_ends_with_its_process(make_run):
    made = make_run()
    code = "import sys; from model.runs.run import Run\n"
    code += "with Run(sys.argv[1]).claim(): print('mine'); sys.stdout.flush(); input()"
    holder = subprocess.Popen(
        [sys.executable, "-c", code, made.folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=run.REPOSITORY
    )
    with holder:
        assert holder.stdout.readline() == b"mine\n"
        assert made.claimed
        with pytest.raises(RunError, match="being trained by another process"), made.claim(timeout=0.1):
            pass
        holder.kill()
    assert not made.claimed
    with made.claim():
        assert made.claimed


# -- what a person, a full disk or a changed clock does to a run -----------------------------------------


def test_a_wish_to_stop_is_a_file_that_every_process_sees(make_run):
    made = make_run()
    assert not made.stop_asked
    made.ask_to_stop()
    made.ask_to_stop()
    assert Run(made.folder).stop_asked
    made.forget_stop()
    made.forget_stop()
    assert not made.stop_asked


def test_on_a_full_disk_the_state_is_written_into_the_blocks_it_has(make_run, monkeypatch):
    made = make_run()
    made.set_state("running", message="x" * 900)
    monkeypatch.setattr(files, "write_json", full)
    assert made.set_state("failed", message="“" * 900)
    assert (made.state["state"], made.state["message"]) == ("failed", "“" * 300)
    assert made.set_state("queued", ticket=7)
    assert (made.state["state"], made.state["message"], made.state["ticket"]) == ("queued", "", 7)


def full(path, value):
    raise files.DiskFull("no space left on the disk")


def test_claiming_a_run_clears_what_a_killed_process_left_half_written(make_run):
    made = make_run()
    drafts = [made.folder / name for name in ("checkpoint.safetensors.tmp", ".report.json.01ab.tmp")]
    young, old = (made.folder / f".state.json.{name}.tmp" for name in ("young", "old"))
    for path in (*drafts, young, old):
        path.write_text("half")
    os.utime(old, (time.time() - 7200,) * 2)
    with made.claim():
        assert not any(path.exists() for path in (*drafts, old)) and young.exists(), "another may be writing it"
        drafts[0].write_text("half")
    assert not drafts[0].exists(), "a training that fails leaves none"


def test_events_keep_time_when_the_clock_is_set(make_run, monkeypatch):
    made = make_run()
    real = time.time
    for shift in (0.0, -86_400.0, +86_400.0):
        monkeypatch.setattr(time, "time", lambda shift=shift: real() + shift)
        made.append_event({"kind": "boot"})
    first, second, third = (event["t"] for event in made.events()[0])
    assert first <= second <= third < first + 10
