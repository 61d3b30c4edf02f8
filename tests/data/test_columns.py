import pytest

from model.data.columns import Columns, guess_columns, has_header, name_columns

LONG = "a sentence that goes on for quite a while, as reviews do"


@pytest.mark.parametrize(
    "rows",
    [
        [["text", "label"], ["good film", "1"], ["bad film", "0"]],
        [["Text", "Sentiment "], ["good", "pos"], ["bad", "neg"]],
        [["отзыв", "оценка"], [LONG, "1"], [LONG + "!", "0"]],
        [["x", "y2"], [LONG, "1"], [LONG + "!", "0"]],
        [["foo", "bar"], ["good", "5"], ["bad", "3"]],
        [["foo", "bar"], [LONG, "good"], [LONG + "!", "bad"]],
        [["", "text", "label"], ["0", "good", "1"], ["1", "bad", "0"]],
        [["0", "1"], [LONG, "pos"], [LONG + "?", "neg"]],  # what pandas calls columns without a name
        [["text"], ["one"]],
    ],
)
def test_a_row_of_names_is_noticed(rows):
    assert has_header(rows)


@pytest.mark.parametrize(
    "rows",
    [
        [[LONG, "1"], [LONG + "!", "0"], [LONG + "?", "1"]],
        [["good", "1"], ["bad", "0"]],
        [["good film", "pos"], ["bad film", "neg"], ["fine film", "pos"], ["poor film", "neg"]],
        [["0", "1"], ["1", "0"], ["5", "1"]],
        [["question", LONG], ["question", LONG + "!"], ["answer", LONG + "?"]],  # a known name, but not as a name
        [["one text"], ["another"]],
        [["1", LONG, "2020"]],
    ],
)
def test_a_missing_header_is_noticed(rows):
    assert not has_header(rows)


def test_a_wanted_name_decides():
    rows = [["good", "pos"], ["good", "pos"], ["bad", "neg"]]
    assert not has_header(rows)
    assert has_header(rows, wanted={"pos"})


def test_names_are_neither_empty_nor_twice_the_same():
    assert name_columns(["\ufefftext", " text ", "", "text"]) == ["text", "text (2)", "column 3", "text (3)"]


@pytest.mark.parametrize(
    ("names", "cells", "expected"),
    [
        (["label", "title", "description"], ["2", "Title", LONG], (("title", "description"), "label", None)),
        (["Class Index", "Title", "Text"], ["2", "Title", LONG], (("Title", "Text"), "Class Index", None)),
        (["label", "text", "source"], ["2", LONG, "web"], (("text",), "label", None)),
        (["id", "split", "review", "airline_sentiment"], ["7", "train", LONG, "neg"],
         (("review",), "airline_sentiment", "split")),
        (["id", "split", "review", "label"], ["7", "left", LONG, "neg"], (("review",), "label", None)),
        (["Summary", "Text", "Score"], ["Fine", LONG, "5"], (("Text",), "Score", None)),
        (["reviewText", "overall"], [LONG, "5"], (("reviewText",), "overall", None)),
        (["文本", "标签"], ["酒店很好", "好"], (("文本",), "标签", None)),
    ],
)  # fmt: skip
def test_columns_are_guessed_by_name(names, cells, expected):
    rows = [[cell if cell in ("train", "left") else cell + str(i % 2) for cell in cells] for i in range(30)]
    assert guess_columns(names, rows) == Columns(*expected)


def test_columns_without_telling_names_are_guessed_by_looks():
    rows = [[str(i), "a" if i % 2 else "b", f"{LONG} {i}", f"note {i}"] for i in range(60)]
    assert guess_columns(["w", "x", "y0", "z"], rows) == Columns(("y0",), "x", None)


def test_what_is_given_is_kept_and_the_rest_guessed():
    rows = [[f"{LONG} {i}", "a" if i % 2 else "b", "c" if i % 3 else "d"] for i in range(30)]
    names = ["text", "label", "other"]
    assert guess_columns(names, rows, given=Columns((), "other", None)) == Columns(("text",), "other", None)
    assert guess_columns(["text", "z"], [row[:2] for row in rows], given=Columns(("text",), None, None)).label == "z"


def test_one_class_is_still_found_as_the_label():
    assert guess_columns(["words", "z"], [["good film", "x"], ["bad", "x"]]) == Columns(("words",), "z", None)


def test_without_labels_a_lone_column_is_the_text():
    assert guess_columns(["tag"], [["one"], ["two"]], labelled=False).text == ("tag",)
