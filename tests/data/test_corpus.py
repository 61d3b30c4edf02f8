"""A text cut by position: where the cuts fall, what is told, and what is too short."""

import hashlib

import pytest

from model.data.corpus import Corpus, corpus_hash, make_corpus
from model.errors import DataError

LINES = "".join(f"this is line {i:04}\n" for i in range(100))  # 18 characters each


def test_eighty_ten_ten_by_position():
    corpus = make_corpus(LINES, name="lines", encoding="utf-8")
    assert corpus.train + corpus.validation + corpus.test == LINES
    assert corpus.validation.startswith("this is line 0080\n")
    assert corpus.test.startswith("this is line 0090\n")
    assert corpus.report == {
        "characters": {"train": 1440, "validation": 180, "test": 180},
        "lines": {"train": 80, "validation": 10, "test": 10},
        "encoding": "utf-8",
        "rows": 0,
        "dropped": {},
    }


def test_a_cut_is_at_the_nearest_line_end_else_at_white_space_else_where_it_must():
    prose = "word " * 400  # 2,000 characters
    assert len(make_corpus(prose, name="t").train) == 1600
    assert make_corpus("words " * 400, name="t").train.endswith("words ")
    shifted = prose[:1615] + "\n" + prose[1616:]
    assert make_corpus(shifted, name="t").train == shifted[:1616]
    far = prose[:1650] + "\n" + prose[1651:]  # more than 2 % away
    assert len(make_corpus(far, name="t").train) == 1600
    assert len(make_corpus("x" * 2000, name="t").train) == 1600
    chinese = make_corpus("我们喜欢这部电影。" * 200, name="t")  # 9 characters; 1,440 is a sentence's end
    assert all(part.startswith("我们") for part in (chinese.train, chinese.validation, chinese.test))
    two = prose[:1589] + "\n" + prose[1590:1606] + "\n" + prose[1607:]
    assert make_corpus(two, name="t").train == two[:1607]
    between = make_corpus("a\n" * 5 + "word " * 400, name="t")
    assert between.validation[0] not in " \n"


def test_parts_that_are_given_are_not_cut_off():
    given = make_corpus(LINES, name="t", validation="v" * 30, test="t" * 40)
    assert (given.train, given.validation, given.test) == (LINES, "v" * 30, "t" * 40)
    one = make_corpus(LINES, name="t", validation="v" * 30)
    assert (one.train + one.test, one.validation) == (LINES, "v" * 30)
    assert one.report["lines"] == {"train": 90, "validation": 1, "test": 10}
    other = make_corpus(LINES, name="t", test="t" * 30)
    assert (other.train + other.validation, other.report["lines"]["train"]) == (LINES, 90)


@pytest.mark.parametrize(
    ("text", "parts", "message"),
    [
        ("", {}, "t has 0 characters; a language model needs 1,000"),
        ("   " * 1000 + "too short", {}, "t has 9 characters"),
        (LINES, {"test": "no"}, r"its test part is nearly empty \('no'\)"),
        ("x" * 1800 + "\n" * 400, {}, "its validation part is nearly empty"),
    ],
)
def test_too_short_a_text_is_refused(text, parts, message):
    with pytest.raises(DataError, match=message):
        make_corpus(text, name="t", **parts)


def test_the_hash_is_of_the_three_parts_alone():
    corpus = make_corpus(LINES, name="a")
    assert make_corpus(LINES, name="b").sha256 == corpus.sha256
    parts = {"train": "ab", "validation": "c", "test": "我"}
    assert corpus_hash(parts) == hashlib.sha256(b"train 2\nabvalidation 1\nctest 3\n\xe6\x88\x91").hexdigest()
    assert len({corpus_hash(parts), corpus_hash(parts | {"train": "a", "validation": "bc"})}) == 2
    assert isinstance(corpus, Corpus)
