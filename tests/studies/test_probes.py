"""The texts on which a training is watched are short, of every class, and the same for the same data."""

import pytest

from model.data.datasets import load_builtin
from model.data.splits import save_dataset
from model.errors import DataError
from model.studies.probes import choose_probe, probe_of


def _text(tokens, name):
    return " ".join([name, *["word"] * (tokens - 1)])


def test_short_texts_in_turn_from_each_class():
    texts = [
        _text(tokens, name) for tokens, name in ((50, "a1"), (6, "a2"), (3, "a3"), (7, "b1"), (40, "a4"), (5, "b2"))
    ]
    labels = [text[0] for text in texts]
    assert [text[:2] for text in choose_probe(texts, labels, count=4)] == ["a2", "b1", "a4", "b2"]
    chosen = [text[:2] for text in choose_probe(texts, labels)]
    assert chosen == ["a2", "b1", "a4", "b2", "a1", "a3"], "then longer ones, then shorter ones"


def test_the_first_three_show_three_classes():
    texts = [_text(8, f"{label}{place}") for place in range(20) for label in "abcd"]
    assert [text[0] for text in choose_probe(texts, [text[0] for text in texts])] == list("abcd") * 3


def test_what_cannot_be_probed_is_passed_over():
    texts = ["", "   ", "word " * 500, "half \ud800 a pair", "one two three four five"]
    assert choose_probe(texts, ["a"] * 5) == [texts[-1]]
    assert choose_probe([], []) == []


@pytest.fixture(scope="module")
def dataset():
    return load_builtin("diagnostic:keyword:300")


def test_kept_data_gives_the_same_texts(dataset, tmp_path):
    expected = choose_probe(*dataset.validation)
    assert len(expected) == 12 and set(expected) <= set(dataset.validation.texts)
    entry = {"name": dataset.name, "sha256": dataset.sha256, "report": dataset.report}
    assert probe_of(tmp_path, {**entry, "folder": None}) == expected
    save_dataset(dataset, tmp_path / "data" / "0123")
    assert probe_of(tmp_path, {**entry, "folder": "data/0123"}) == expected
    with pytest.raises(DataError, match="cannot be read"):
        probe_of(tmp_path, {**entry, "folder": "data/4567"})
