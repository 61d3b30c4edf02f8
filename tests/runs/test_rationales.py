"""Marks that people made: kept by several processes at once, read back past whatever else stands in the file."""

import json
import subprocess
import sys

import pytest

from model.errors import RunError
from model.runs import rationales as room
from model.runs.jobs import JobQueue
from model.runs.rationales import FILE, Rationales, keep_rationale, rationales, rationales_file
from model.runs.run import REPOSITORY
from model.runs.store import list_runs

HERE, THERE = "a" * 64, "b" * 64


def _keep(root, text="a good film", spans=((2, 6),), label="good", data=HERE):
    return keep_rationale(root, text=text, spans=spans, label=label, data=data)


def test_what_was_kept_is_read_back(root):
    kept = _keep(root, "不好的电影 \U0001f600\r\n\u2028 end", [(0, 2), (6, 7)], "差", None)
    assert rationales(root) == Rationales([kept], 0)
    assert kept.spans == [(0, 2), (6, 7)] and kept.label == "差" and kept.data is None
    assert rationales_file(root).count(b"\n") == 1
    assert json.loads(rationales_file(root))["spans"] == [[0, 2], [6, 7]]


def test_without_a_file_there_are_none(root):
    assert rationales(root) == Rationales([], 0)
    assert rationales_file(root) == b""


def test_the_newest_marks_of_a_text_count(root):
    _keep(root, "one two", [(0, 3)])
    other = _keep(root, "another text", [(0, 7)])
    newest = _keep(root, "one two", [(4, 7)])
    assert rationales(root).marks == [other, newest]
    elsewhere = _keep(root, "one two", [(0, 3)], data=THERE)
    typed = _keep(root, "one two", [(0, 3)], data=None)
    assert rationales(root, data=HERE).marks == [other, newest]
    assert rationales(root, data=THERE).marks == [elsewhere]
    assert rationales(root).marks == [other, newest, elsewhere, typed]


GOOD = {"text": "abc def", "spans": [[0, 3]], "label": None, "data": None, "marked": "2026-11-21T10:00:00+00:00"}
DAMAGED = [
    b"not json",
    b"\xff\xfe\x00",
    b"[" * 100_000,
    b"null",
    b"[]",
    b'{"text": "abc"}',
    *(
        json.dumps({**GOOD, **change}).encode()
        for change in (
            {"spans": []},
            {"spans": [[0, 8]]},
            {"spans": [[3, 3]]},
            {"spans": [[-1, 2]]},
            {"spans": [[0, 3], [2, 4]]},
            {"spans": [[4, 7], [0, 3]]},
            {"spans": [[0, 1, 2]]},
            {"spans": [[0.0, 2.0]]},
            {"spans": [[False, True]]},
            {"spans": "0-3"},
            {"text": ""},
            {"text": 5},
            {"text": "\ud800 half a pair", "spans": [[0, 1]]},
            {"label": ["good"]},
            {"data": "../../etc/passwd"},
            {"marked": "yesterday"},
            {"marked": float("nan")},
        )
    ),
    b'{"text": "abc", "text": "abcd", "spans": [[0, 4]], "label": null, "data": null, "marked": "2026-11-21T10Z"}',
]


@pytest.mark.parametrize("line", DAMAGED, ids=lambda line: line[:70].decode("latin-1"))
def test_a_damaged_line_is_counted_and_passed_over(root, line):
    first = _keep(root, "before it")
    with open(root / FILE, "ab") as file:
        file.write(line + b"\n\n")
    last = _keep(root, "after it")
    assert rationales(root) == Rationales([first, last], 1)


def test_a_line_that_a_crash_cut_short_is_mended_by_the_next(root):
    first = _keep(root, "before it")
    with open(root / FILE, "ab") as file:
        file.write(json.dumps(GOOD).encode()[:40])
    assert rationales(root) == Rationales([first], 1)
    last = _keep(root, "after it")
    assert rationales(root) == Rationales([first, last], 0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"spans": []}, "mark at least one word"),
        ({"spans": [(0, 99)]}, "no span of a text of 11 characters"),
        ({"spans": [(5, 2)]}, "no span"),
        ({"text": ""}, "text is ''"),
        ({"text": "x" * 100_001, "spans": [(0, 1)]}, "100,001 characters"),
        ({"data": "nonsense"}, "data is 'nonsense'"),
    ],
)
def test_marks_that_are_none_leave_no_trace(root, change, message):
    with pytest.raises(RunError, match=message):
        _keep(root, **change)
    assert not (root / FILE).exists()


def test_a_full_file_says_so_and_stays_readable(root, monkeypatch):
    kept = _keep(root)
    monkeypatch.setattr(room, "MAX_FILE", len(rationales_file(root)) + 20)
    with pytest.raises(RunError, match="is full"):
        _keep(root)
    assert rationales(root).marks == [kept]
    monkeypatch.setattr(room, "MAX_FILE", 20)
    with pytest.raises(RunError, match="more than 20 bytes"):
        rationales(root)


def test_a_folder_in_its_place_is_a_sentence(root):
    (root / FILE).mkdir(parents=True)
    with pytest.raises(RunError, match="cannot be read"):
        rationales(root)
    with pytest.raises(RunError, match="cannot be written"):
        _keep(root)


WRITER = """
import sys
from pathlib import Path
from model.runs.rationales import keep_rationale
for i in range(60):
    text = f"{sys.argv[2]} {i} " + "word " * 400
    keep_rationale(Path(sys.argv[1]), text=text, spans=[(0, 5)], label=None, data=None)
"""


def test_two_processes_lose_nothing(root):
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(root), name], cwd=REPOSITORY)
        for name in ("left", "right")
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    found = rationales(root)
    assert found.damaged == 0
    assert {" ".join(mark.text.split()[:2]) for mark in found.marks} == {
        f"{name} {i}" for name in ("left", "right") for i in range(60)
    }


def test_runs_and_their_queue_take_no_notice(root, make_run):
    run = make_run()
    _keep(root)
    assert [found.id for found in list_runs(root)] == [run.id]
    queue = JobQueue(root, running=1)
    try:
        assert queue.position(run.id) is None and queue.trouble is None
    finally:
        queue.close()
