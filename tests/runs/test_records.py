"""What studies keep: found again by what it depends on, never damaged, gone with its run."""

import json
import os

import pytest

from model.errors import RunError
from model.runs import records as room
from model.runs.records import Records, digest, plain
from model.runs.store import delete_run

ABOUT = {"methods": ["saliency"], "seed": None}


@pytest.fixture
def run(make_run):
    return make_run()


def test_what_was_added_is_found_again_and_the_newest_counts(root, run):
    kept = Records(root, run, ABOUT)
    assert kept.read() == {}
    kept.add("a", {"index": 1, "values": [0.1, None]})
    kept.add("b", {"index": 2})
    kept.add("a", {"index": 3})
    again = Records(root, run, {"seed": None, "methods": ("saliency",)})  # the same, in another order
    assert again.folder == kept.folder and again.read() == {"a": {"index": 3}, "b": {"index": 2}}
    assert json.loads((kept.folder / "settings.json").read_bytes()) == ABOUT


def test_another_setting_is_another_study(root, run):
    Records(root, run, ABOUT).add("a", 1)
    assert Records(root, run, ABOUT | {"seed": 13}).read() == {}


@pytest.mark.parametrize(
    "damage",
    [
        lambda line: b"\xff\x00 no JSON\n",
        lambda line: line[: len(line) // 2],
        lambda line: line.replace(b"0.25", b"0.75"),
        lambda line: b"[1, 2]\n",
        lambda line: b"{}\n",
        lambda line: b"null\n",
        lambda line: line.replace(b'"b"', b'"c"'),
        lambda line: b'[["b"], 1, 2]\n',
    ],
)
def test_a_damaged_line_is_left_out_and_can_be_added_again(root, run, damage):
    kept = Records(root, run, ABOUT)
    for name in "abc":
        kept.add(name, {"value": 0.25})
    path = kept.folder / "records.jsonl"
    first, second, third = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + third + damage(second))
    assert set(kept.read()) == {"a", "c"}
    kept.add("b", {"value": 0.5})
    assert kept.read() == {"a": {"value": 0.25}, "b": {"value": 0.5}, "c": {"value": 0.25}}


def test_records_go_with_their_run_and_with_no_other(root, run, make_run):
    other = make_run()
    Records(root, run, ABOUT).add("a", 1)
    Records(root, other, ABOUT).add("a", 2)
    delete_run(run, for_good=True)
    assert [path.name for path in (root / room.FOLDER).iterdir()] == [other.id]
    assert Records(root, other, ABOUT).read() == {"a": 2}


def test_records_of_several_runs_are_found_in_any_order_and_go_with_the_first_that_is_deleted(root, make_run):
    first, second, third = (make_run() for _ in range(3))
    Records(root, [first, second], ABOUT).add("a", 1)
    Records(root, [second, third], ABOUT).add("a", 2)
    Records(root, third, ABOUT).add("a", 3)
    assert Records(root, [second, first, second], ABOUT).read() == {"a": 1}
    delete_run(first, for_good=True)
    assert Records(root, [second, third], ABOUT).read() == {"a": 2} and Records(root, third, ABOUT).read() == {"a": 3}
    assert len(list((root / room.FOLDER).iterdir())) == 2
    delete_run(second, for_good=True)
    assert [path.name for path in (root / room.FOLDER).iterdir()] == [third.id]


@pytest.mark.parametrize("place", [0, 1])
def test_whichever_of_several_runs_is_deleted_the_records_go(root, make_run, place):
    runs = sorted((make_run(), make_run()), key=lambda run: run.id)
    Records(root, runs, ABOUT).add("a", 1)
    delete_run(runs[place], for_good=True)
    assert not list((root / room.FOLDER).iterdir())


def test_of_the_same_several_runs_the_studies_used_least_recently_are_removed(root, make_run, monkeypatch):
    monkeypatch.setattr(room, "MOST_STUDIES", 1)
    runs = [make_run(), make_run()]
    old = Records(root, runs, {"place": 0})
    os.utime(old.folder, (1000, 1000))
    new = Records(root, runs, {"place": 1})
    new.add("a", 1)
    assert not old.folder.exists() and new.read() == {"a": 1}


def test_a_study_whose_run_was_deleted_says_so(root, run):
    kept = Records(root, run, ABOUT)
    delete_run(run, for_good=True)
    with pytest.raises(RunError, match="cannot be written"):
        kept.add("a", 1)


def test_a_folder_that_cannot_be_made_is_said_in_one_line(tmp_path, run):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="check that the folder exists and is yours"):
        Records(tmp_path / "file", run, ABOUT)


def test_the_studies_used_least_recently_are_removed(root, run, monkeypatch):
    monkeypatch.setattr(room, "MOST_STUDIES", 2)
    folders = []
    for place in range(3):
        folders.append(Records(root, run, {"place": place}).folder)
        os.utime(folders[-1], (1000 + place, 1000 + place))
        if place == 1:
            Records(root, run, {"place": 0})  # used again: now the newest
    assert [folder.is_dir() for folder in folders] == [True, False, True]


def test_beyond_the_bound_nothing_more_is_kept(root, run, monkeypatch):
    kept = Records(root, run, ABOUT)
    kept.add("a", 1)
    monkeypatch.setattr(room, "MOST_BYTES", 3)
    kept.add("b", 2)
    assert kept.read() == {"a": 1}


def test_plain_is_what_a_file_gives_back():
    value = {"a": (1, float("nan")), "b": {"c": None}}
    assert plain(value) == {"a": [1, None], "b": {"c": None}}
    assert digest(value) == digest({"b": {"c": None}, "a": [1, None]}) != digest({"a": [1, 2], "b": {"c": None}})
