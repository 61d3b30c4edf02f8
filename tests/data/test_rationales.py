"""Marks of a table become character spans of the text as it is read, or an error that names the row."""

import json

import pandas as pd
import pytest

from model.data.rationales import read_rationales, spans_of
from model.data.tables import read_table
from model.errors import DataError

TEXT = "a good, long film"  # tokens: a | good | , | long | film


def read(path, column="why", **columns):
    table = read_table(path, **{"text_columns": ["text"], "label_column": "label", **columns})
    return read_rationales(path, table, column)


@pytest.fixture
def csv(tmp_path):
    """A function that writes rows of text, label and why as a table of comma-separated values."""

    def write(*rows):
        path = tmp_path / "films.csv"
        pd.DataFrame(rows, columns=["text", "label", "why"]).to_csv(path, index=False)
        return path

    return write


def test_spans_stay_and_flags_become_the_spans_of_their_tokens():
    assert spans_of(TEXT, [[2, 6], (13, 17)], where="it") == [(2, 6), (13, 17)]
    assert spans_of(TEXT, [0, 1, 0, 0, 1], where="it") == [(2, 6), (13, 17)]
    assert spans_of(TEXT, [0, 0, 0, 0, 0], where="it") == [] == spans_of(TEXT, [], where="it")


def test_spans_come_in_order_and_merged_where_they_overlap():
    assert spans_of(TEXT, [[13, 17], [2, 6], [4, 9]], where="it") == [(2, 9), (13, 17)]
    assert spans_of(TEXT, [[2, 6], [6, 7]], where="it") == [(2, 6), (6, 7)]


@pytest.mark.parametrize(
    ("mark", "words"),
    [
        ([0, 1, 0], "marks 3 tokens, but the text has 5"),
        ([0, 2, 0, 0, 0], "2 marks no token"),
        ([0, True, 0, 0, 0], "True marks no token"),
        ([[2, 60]], r"\[2, 60\] does not lie in a text of 17 characters"),
        ([[6, 2]], "does not lie"),
        ([[-1, 2]], "does not lie"),
        ([[2, 6, 7]], "is no span"),
        ([[2, 6], 1], "is no span"),
        ([[2.0, 6.0]], "is no span"),
    ],
)
def test_what_marks_nothing_is_said_in_one_line(mark, words):
    with pytest.raises(DataError, match=words) as caught:
        spans_of(TEXT, mark, where="row 7")
    assert str(caught.value).startswith("row 7") and "\n" not in str(caught.value)


def test_a_column_takes_every_form(csv):
    path = csv(
        (TEXT, "x", "[[2, 6]]"),
        ("a bad film", "y", "0 1 0"),
        ("a dull film", "y", "[0, 1, 0]"),
        ("a film", "x", "[]"),
        ("nobody marked this", "x", ""),
    )
    assert read(path) == [[(2, 6)], [(2, 5)], [(2, 6)], [], None]


@pytest.mark.parametrize("ending", ["jsonl", "json"])
def test_lists_need_no_quotes_in_formats_that_have_lists(tmp_path, ending):
    rows = [{"text": TEXT, "label": "x", "why": [[2, 6]]}, {"text": "a bad film", "label": "y", "why": [[2, 5]]}]
    path = tmp_path / f"films.{ending}"
    path.write_text(json.dumps(rows) if ending == "json" else "\n".join(map(json.dumps, rows)), encoding="utf-8")
    assert read(path) == [[(2, 6)], [(2, 5)]]


def test_flags_as_a_list_in_json_lines(tmp_path):
    path = tmp_path / "films.jsonl"
    rows = [{"text": "a bad film", "label": "y", "why": [0, 1, 0]}, {"text": TEXT, "label": "x", "why": None}]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    assert read(path) == [[(2, 5)], None]


def test_spans_count_the_characters_of_the_file_not_those_left_after_reading(csv):
    raw = "  Tom &amp; Jerry are good &#39;"
    start = raw.index("good")
    path = csv((raw, "x", json.dumps([[start, start + 4]])), ("a bad film", "y", ""))
    spans = read(path)[0]
    assert [("Tom & Jerry are good '")[first:last] for first, last in spans] == ["good"]


def test_joined_columns_are_marked_as_they_are_joined(tmp_path):
    path = tmp_path / "films.csv"
    path.write_text('title,body,label,why\nGood,a film,x,"[[0, 4], [6, 7]]"\nBad,a film,y,\n', encoding="utf-8")
    assert read(path, text_columns=["title", "body"]) == [[(0, 4), (6, 7)], None]


def test_rows_that_were_left_out_shift_nothing(csv):
    path = csv(
        ("", "x", "[[0, 1]]"), (TEXT, "", "[[0, 1]]"), ("a bad film", "y", "[[2, 5]]"), (TEXT, "x", "[[2, 6]]")
    )
    assert read(path) == [[(2, 5)], [(0, 1)]]  # of one text, the first marks count


@pytest.mark.parametrize("cell", ["yes", "[[0, 1]", "0,1,0", '{"start": 0}', "[[[0, 1]]]", "[null]", "[" * 5000])
def test_a_cell_that_is_no_mark_is_named_with_its_row(csv, cell):
    path = csv((TEXT, "x", "[]"), ("a bad film", "y", cell))
    with pytest.raises(DataError, match=r"films\.csv, row 2, column 'why'") as caught:
        read(path)
    assert len(str(caught.value)) < 250


def test_a_row_with_too_few_flags_is_named(csv):
    with pytest.raises(DataError, match=r"films\.csv, row 2, column 'why' marks 2 tokens, but the text has 3"):
        read(csv((TEXT, "x", "[]"), ("a bad film", "y", "0 1")))


def test_a_column_that_is_not_there_or_is_taken(csv):
    path = csv((TEXT, "x", "[]"), ("a bad film", "y", "[]"))
    with pytest.raises(DataError, match="has no column 'reason'; its columns are 'text', 'label', 'why'"):
        read(path, column="reason")
    with pytest.raises(DataError, match="'label' is taken for the labels"):
        read(path, column="label")
