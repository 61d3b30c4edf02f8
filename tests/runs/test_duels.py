"""Records of duels on the disk: whole or not there, refused when damaged, and found by their ids alone."""

import copy
import json
import threading

import pytest

from model.errors import RunError
from model.runs import duels, files
from model.runs.store import new_id

DATA = {
    "name": "reviews.csv", "sha256": "0" * 64, "folder": "data/" + "0" * 16,
    "report": {"rows": 3, "dropped": {}, "duplicates": 0, "leaked_into_test": 0, "classes": {"a": 2, "b": 1},
               "train": 1, "validation": 1, "test": 1},
}  # fmt: skip


def make_record(**changes):
    record = {
        "id": new_id(), "created": "2026-11-21T10:12:13+00:00", "title": "Duel", "owner": None,
        "plan": {"presets": ["lstm", "lstm-additive"], "seeds": 1, "settings": {"clip": None}, "match": "sizes",
                 "search": 0, "shares": []},
        "versions": {"python": "3.11"}, "probe": ["a text"],
        "sides": [{"key": "lstm", "settings": {"preset": "lstm"}, "parameters": 3}],
        "parts": [{"share": 1.0, "data": DATA, "settings": {}}],
        "stage": "training", "ready": True, "stopped": "", "search": None,
        "runs": [{"id": new_id(), "side": "lstm", "seed": 13, "share": 1.0}],
    }  # fmt: skip
    return {**record, **changes}


def test_what_is_written_is_read(tmp_path):
    record = make_record()
    duels.write(tmp_path, record)
    assert duels.read(tmp_path, record["id"]) == record
    assert duels.ids(tmp_path) == [record["id"]] and duels.records(tmp_path) == [record]


def test_ids_are_listed_newest_first_and_strangers_passed_over(tmp_path):
    names = [f"2026112{day}-101213-4f9c02" for day in (3, 1, 2)]
    for name in names:
        duels.write(tmp_path, make_record(id=name))
    for stranger in ("notes.json", "20261121-101213-XXXXXX.json", f"{names[0]}.lock"):
        (tmp_path / duels.FOLDER / stranger).write_text("{}")
    assert duels.ids(tmp_path) == sorted(names, reverse=True)
    assert duels.ids(tmp_path / "nowhere") == []


@pytest.mark.parametrize("duel_id", ["../../etc/passwd", "", None, 3, "20261121-101213-4f9c0", "*"])
def test_anything_but_an_id_is_refused(tmp_path, duel_id):
    with pytest.raises(RunError, match="is no duel's id; ids look like"):
        duels.read(tmp_path, duel_id)


def test_a_missing_record_and_a_damaged_one_are_told_apart(tmp_path):
    record = make_record()
    with pytest.raises(RunError, match=r"there is no duel .*; it may have been deleted"):
        duels.read(tmp_path, record["id"])
    duels.write(tmp_path, record)
    duels.path_of(tmp_path, record["id"]).write_text("{")
    with pytest.raises(RunError, match="is damaged; delete it"):
        duels.read(tmp_path, record["id"])
    assert duels.records(tmp_path) == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda record: record.pop("runs"),
        lambda record: record.update(stage="over"),
        lambda record: record["runs"][0].update(id="../../x"),
        lambda record: record["parts"][0]["data"].update(folder="../../../etc"),
        lambda record: record["sides"][0].update(key="<script>"),
        lambda record: record["plan"].update(seeds="2"),
        lambda record: record.update(owner=3),
        lambda record: record.update(id="20201121-101213-4f9c02"),
    ],
)
def test_a_record_out_of_shape_is_refused(tmp_path, spoil):
    record = make_record()
    duels.write(tmp_path, record)
    spoiled = copy.deepcopy(record)
    spoil(spoiled)
    duels.path_of(tmp_path, record["id"]).write_text(json.dumps(spoiled))
    with pytest.raises(RunError):
        duels.read(tmp_path, record["id"])


def test_a_stop_is_noted_on_a_full_disk(tmp_path, monkeypatch):
    record = make_record()
    duels.write(tmp_path, record)

    def full(path, write):
        raise files.DiskFull("no space left")

    monkeypatch.setattr(files, "replace_file", full)
    with pytest.raises(RunError):
        duels.write(tmp_path, {**record, "ready": False})
    duels.write_stop(tmp_path, record, "It was cancelled.")
    assert duels.read(tmp_path, record["id"])["stopped"] == "It was cancelled."


def test_one_at_a_time_changes_a_duel(tmp_path):
    record = make_record()
    with pytest.raises(RunError, match="there is no duel"), duels.held(tmp_path, record["id"]):
        pass
    assert not (tmp_path / duels.FOLDER).exists(), "looking for one leaves nothing"
    duels.write(tmp_path, record)
    refused = []

    def other():
        try:
            with duels.held(tmp_path, record["id"], timeout=0.0):
                pass
        except RunError as error:
            refused.append(str(error))

    with duels.held(tmp_path, record["id"]):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert refused and "is being changed by another process" in refused[0]
    duels.remove(tmp_path, record["id"])
    assert list((tmp_path / duels.FOLDER).iterdir()) == []
    duels.remove(tmp_path, record["id"])


@pytest.mark.parametrize(
    ("changes", "waits"),
    [({"stage": "search", "ready": True}, True), ({"ready": False}, True), ({}, False)],
)
def test_texts_of_runs_to_come_are_known(tmp_path, changes, waits):
    duels.write(tmp_path, make_record(**changes))
    assert duels.data_in_waiting(tmp_path) == ({DATA["folder"]} if waits else set())
