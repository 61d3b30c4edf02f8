import errno
import json
import math
import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import pandas as pd
import pytest

from model.errors import RunError
from model.runs import files, run, store
from model.runs.run import Run
from model.runs.store import create_run, delete_run, find_run, keep_data, list_runs, open_run, rename_run, runs_root


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_new_run_is_whole_and_its_spec_is_what_was_asked(make_run, root):
    made = make_run(preset="lstm", seed=17, hidden_size=32)
    assert re.fullmatch(r"\d{8}-\d{6}-[0-9a-f]{6}", made.id)
    assert made.spec["id"] == made.id
    assert (made.spec["preset"], made.spec["seed"], made.spec["settings"]["hidden_size"]) == ("lstm", 17, 32)
    assert made.title == "lstm on reviews.csv, seed 17"
    assert made.state["state"] == "queued"
    assert (made.data_folder / "texts").read_text() == "some texts"
    assert made.report is None and made.predictions() is None and made.events() == ([], 0)
    assert names(root) == {"data", made.id, "store.lock"}


def test_a_run_that_cannot_be_written_whole_leaves_nothing(make_run, root, monkeypatch):
    make_run()
    before = names(root)

    def full(handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(RunError, match=r"no space left on the disk .* free some and try again"):
        make_run()
    assert names(root) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_an_unwritable_root_is_named(make_run, root):
    root.mkdir()
    root.chmod(0o500)
    with pytest.raises(RunError, match=f"{root}.* cannot be written"):
        make_run()


def test_a_root_that_is_a_file_is_named(make_run, root):
    root.write_text("")
    with pytest.raises(RunError, match="cannot be written"):
        make_run()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sha256": "abc"}, r"data\.sha256 is 'abc'"),
        ({"folder": "../../etc"}, r"data\.folder is '\.\./\.\./etc'"),
        ({"folder": "data/0123456789abcdef"}, "is not in .* any more; choose it again"),
        ({"rows": 3}, "unknown key 'rows'"),
        ({"name": 5}, r"data\.name is 5, not str"),
    ],
)
def test_data_that_is_not_there_or_malformed_makes_no_run(make_run, root, change, message):
    made = make_run()
    with pytest.raises(RunError, match=message):
        create_run(
            root,
            data={**made.spec["data"], **change},
            settings=made.spec["settings"],
            versions=made.spec["versions"],
        )
    assert len(list_runs(root)) == 1


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


def test_a_title_is_changed_beside_the_frozen_spec(make_run):
    made = make_run()
    spec = (made.folder / "spec.json").read_bytes()
    rename_run(made, title="  The\nbest \x1b[31m one ")
    rename_run(made, notes="Line 1\nLine 2")
    assert made.meta == {"title": "The best [31m one", "notes": "Line 1\nLine 2"}
    assert (made.folder / "spec.json").read_bytes() == spec
    rename_run(made, title=" ")
    assert made.title == made.spec["title"] and made.meta["notes"] == "Line 1\nLine 2"
    with pytest.raises(RunError, match="notes"):
        rename_run(made, notes="x" * 10_001)


# -- finding and listing --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "hostile",
    ["..", "../runs", "", "/etc/passwd", "data", "20261121-101213-4f9c0", "20261121-101213-4f9c02\n",
     "20261121-101213-4f9c02/..", "20261121-101213-4F9C02", "20261121-101213-4f9c02\x00",
     "２0261121-101213-4f9c02", None, 7],
)  # fmt: skip
def test_an_id_from_an_url_that_is_no_id_is_refused(root, hostile):
    with pytest.raises(RunError, match="is no run id"):
        find_run(hostile, root)


def test_runs_are_found_by_id_in_any_root_and_by_path(make_run, root, tmp_path, monkeypatch):
    made = make_run(where=tmp_path / "second")
    assert find_run(made.id, root, tmp_path / "second").folder == made.folder
    assert open_run(made.folder).id == made.id
    monkeypatch.setenv("ATTENTION_LAB_RUNS", str(tmp_path / "second"))
    assert runs_root() == tmp_path / "second"
    assert open_run(made.id).folder == made.folder
    with pytest.raises(RunError, match=f"there is no run {made.id}"):
        find_run(made.id, root)
    with pytest.raises(RunError, match=r"is not a run: it has no readable spec\.json"):
        open_run(tmp_path)


def test_the_list_is_newest_first_and_survives_what_is_no_run(make_run, root, tmp_path):
    made = [make_run(seed=seed) for seed in range(5)]
    other = make_run(where=tmp_path / "demo")
    good = made[0].spec
    for name, content in {
        "20250101-000000-000001": None,
        "20250101-000000-000002": "{",
        "20250101-000000-000003": "[" * 5000,
        "20250101-000000-000004": json.dumps({**good, "created": "yesterday"}),
        "20250101-000000-000005": json.dumps({**good, "seed": "13"}),
        "20250101-000000-000006": json.dumps({key: value for key, value in good.items() if key != "data"}),
        "20250101-000000-000007": json.dumps({**good, "data": {**good["data"], "folder": "../../../etc"}}),
        "notes": json.dumps(good),
    }.items():
        (root / name).mkdir()
        if content:
            (root / name / "spec.json").write_text(content)
    (root / "20250101-000000-000008").write_text("a file")
    (root / "20250101-000000-000009").symlink_to(made[0].folder)
    assert [item.id for item in list_runs(root, tmp_path / "demo", tmp_path / "absent")] == [
        item.id for item in [other, *reversed(made)]
    ]


def test_a_spec_of_a_later_version_is_still_listed(make_run, root):
    made = make_run()
    spec = {**made.spec, "colour": "blue"}
    (made.folder / "spec.json").write_text(json.dumps(spec))
    assert list_runs(root)[0].spec["colour"] == "blue"


def test_three_hundred_runs_are_listed_in_a_moment(make_run, root):
    made = make_run()
    text = (made.folder / "spec.json").read_text()
    for number in range(300):
        folder = root / f"20250101-000000-{number:06x}"
        folder.mkdir()
        (folder / "spec.json").write_text(text)
    started = time.perf_counter()
    assert len(list_runs(root)) == 301
    assert time.perf_counter() - started < 1.0


# -- deleting -------------------------------------------------------------------------------------------


def test_deleting_removes_the_run_and_its_data_with_its_last_run(make_run, root):
    first, second, other = make_run("A"), make_run("A"), make_run("B")
    assert first.data_folder == second.data_folder != other.data_folder
    delete_run(first)
    assert not first.folder.exists() and second.data_folder.is_dir()
    delete_run(second)
    assert not second.data_folder.exists() and other.data_folder.is_dir()
    assert names(root) == {"data", other.id, "store.lock"} and names(root / "data") == {other.data_folder.name}
    assert "deleted" in first.state["message"], "a page that still holds the run is not hurt"


def test_fresh_data_waits_for_its_run_and_old_orphans_are_swept(make_run, root):
    made = make_run("A")
    fresh = root / keep_data(root, "f" * 64, lambda draft: (draft / "texts").write_text(""))
    stale = root / keep_data(root, "e" * 64, lambda draft: (draft / "texts").write_text(""))
    draft = root / ".20250101-000000-000001.new"
    draft.mkdir()
    for folder in (stale, draft):
        os.utime(folder, (time.time() - 7200,) * 2)
    delete_run(made)
    assert fresh.is_dir() and not stale.exists() and not draft.exists()


def test_data_half_written_is_not_kept(root):
    def fail(draft):
        (draft / "texts").write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(RunError, match="no space left"):
        keep_data(root, "a" * 64, fail)
    assert not list((root / "data").iterdir())
    assert keep_data(root, "a" * 64, lambda draft: (draft / "texts").write_text("all")) == "data/" + "a" * 16
    keep_data(root, "a" * 64, lambda draft: pytest.fail("it is there already"))


def test_a_run_in_training_is_not_deleted(make_run):
    made = make_run()
    with made.claim(), pytest.raises(RunError, match="is being trained; cancel it"):
        delete_run(made)
    made.set_state("starting")
    with pytest.raises(RunError, match="is being trained"):
        delete_run(made)
    made.set_state("failed")
    delete_run(made)
    assert not made.folder.exists()


def test_demo_runs_are_read_only(make_run, root, monkeypatch):
    made = make_run()
    monkeypatch.setattr(run, "DEMO_ROOT", root)
    demo = Run(made.folder)
    assert demo.read_only
    for change in (delete_run, lambda item: rename_run(item, title="mine")):
        with pytest.raises(RunError, match="comes with Attention Lab and cannot be"):
            change(demo)
    assert demo.folder.exists()


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


def test_the_store_needs_neither_torch_nor_pandas(tmp_path):
    code = (
        "import sys, model.runs.store, model.runs.jobs; print([m for m in ('torch', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=store.REPOSITORY, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
