"""Texts by name, built in or generated, and files."""

import re

import pytest

from model.data import datasets
from model.data.corpora import (
    CORPORA,
    corpora_catalogue,
    is_builtin_corpus,
    load_corpus_by_name,
    read_corpus,
    resolve_corpus,
)
from model.data.corpus_profile import SAMPLE, corpus_profile
from model.errors import DataError
from model.text.language import pieces


@pytest.mark.parametrize("name", CORPORA)
def test_built_in_texts_are_what_they_are_said_to_be(name):
    if not datasets.is_available(CORPORA[name].dataset):
        pytest.skip("its package is not installed")
    corpus = load_corpus_by_name(name)
    assert (corpus.name, corpus.sha256) == (name, CORPORA[name].sha256)
    characters = corpus.report["characters"]
    assert sum(characters.values()) == CORPORA[name].characters
    assert characters["train"] == pytest.approx(0.8 * CORPORA[name].characters, rel=0.01)
    assert is_builtin_corpus(name, sha256=corpus.sha256)


def test_the_reviews_are_whole_and_one_per_line():
    if not datasets.is_available("imdb"):
        pytest.skip("its package is not installed")
    corpus = load_corpus_by_name("imdb-reviews")
    texts = datasets.load_builtin("imdb").train.texts
    assert corpus.train.split("\n")[0] == " ".join(texts[0].split())
    lines = (corpus.train + corpus.validation + corpus.test).split("\n")
    assert lines.pop() == ""
    assert lines[-1] == " ".join(texts[len(lines) - 1].split())


def test_generated_texts_have_names():
    corpus = load_corpus_by_name("repeat:zh:5000")
    assert corpus.name == "repeat:zh:5000"
    assert all(part.endswith("\n") for part in (corpus.train, corpus.validation, corpus.test))
    assert is_builtin_corpus("repeat:zh:5000", sha256=corpus.sha256)
    assert is_builtin_corpus("repeat")
    assert not is_builtin_corpus("repeat:zh:5000", sha256="0" * 64)
    assert not is_builtin_corpus("imdb-reviews", sha256="0" * 64)
    assert not is_builtin_corpus("repeated.txt")
    assert not is_builtin_corpus("repeat: my lines.txt", sha256="0" * 64)


def test_any_name_is_resolved(tmp_path):
    (tmp_path / "book.txt").write_text("A line of the book.\n" * 100)
    assert resolve_corpus(tmp_path / "book.txt") == read_corpus(tmp_path / "book.txt")
    assert resolve_corpus("repeat:5000") == load_corpus_by_name("repeat:5000")
    with pytest.raises(DataError, match=r"no built-in text of that name; did you mean imdb-reviews\?"):
        resolve_corpus("imdb-review")
    with pytest.raises(DataError, match="built in are imdb-reviews, repeat"):
        resolve_corpus("/nowhere/at/all")
    with pytest.raises(DataError, match="repeat has its own split; leave out"):
        resolve_corpus("repeat", test=tmp_path / "book.txt")
    with pytest.raises(DataError, match="There is no built-in text 'x'; there are imdb-reviews, repeat"):
        load_corpus_by_name("x")


def test_the_catalogue_lists_them_all():
    listed = corpora_catalogue()
    assert [entry["name"] for entry in listed] == [*CORPORA, "repeat"]
    assert all(entry.keys() == listed[0].keys() for entry in listed)
    assert all(entry["available"] or re.match("pip install", entry["install"]) for entry in listed)


@pytest.mark.parametrize("name", ["repeat:5000", "repeat:zh:5000"])
def test_a_profile_counts_tokens_by_unit(name):
    corpus = load_corpus_by_name(name)
    profile = corpus_profile(corpus)
    assert (profile["kind"], profile["name"], profile["sha256"]) == ("corpus", name, corpus.sha256)
    assert profile["report"] == corpus.report
    assert profile["tokens"]["characters"] == corpus.report["characters"]
    assert profile["tokens"]["words"]["train"] == len(pieces(corpus.train, "words").keys)
    test = len(pieces(corpus.test, "words").keys)
    assert profile["tokens"]["words"]["test"] == pytest.approx(test, rel=0.05)
    assert profile["sample"] == corpus.train[:SAMPLE]
