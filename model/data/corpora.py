"""Texts for language models by name: built in, generated, or a file."""

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from model.data import datasets, repeat
from model.data.corpus import Corpus, make_corpus
from model.data.corpus_files import read_corpus
from model.data.corpus_storage import load_corpus, save_corpus
from model.errors import DataError

__all__ = [
    "CORPORA",
    "BuiltInCorpus",
    "Corpus",
    "corpora_catalogue",
    "is_builtin_corpus",
    "load_corpus",
    "load_corpus_by_name",
    "make_corpus",
    "read_corpus",
    "resolve_corpus",
    "save_corpus",
]

_REVIEWS = 10_000_000  # characters


@dataclass(frozen=True)
class BuiltInCorpus:
    """A text inside an installed package: what it is, and what loading it must give."""

    name: str
    title: str
    description: str
    language: str  # "en" or "zh"
    dataset: str  # the built-in data set that it is taken from
    characters: int  # of all three parts
    sha256: str  # of the Corpus
    read: Callable[[], Corpus]


def _imdb_reviews() -> Corpus:
    """Join the training reviews in the order of their hashes, a fixed shuffle, one per line."""
    lines, size = [], 0
    for text in datasets.load_builtin("imdb").train.texts:
        line = " ".join(text.split()) + "\n"
        size += len(line)
        if size > _REVIEWS:
            break
        lines.append(line)
    return make_corpus("".join(lines), name="imdb-reviews")


CORPORA: dict[str, BuiltInCorpus] = {
    "imdb-reviews": BuiltInCorpus(
        name="imdb-reviews",
        title="IMDB reviews",
        description="Film reviews, one per line, ten million characters of them: two million words.",
        language="en",
        dataset="imdb",
        characters=9_999_821,
        sha256="8535e16e3018e4a5ec6039d8bba59934977bee52c5acb746b0059e1d56995c69",
        read=_imdb_reviews,
    ),
}


def is_builtin_corpus(name: str, *, sha256: str | None = None) -> bool:
    """Tell whether a name stands for built-in or generated text; with a Corpus' `sha256`, whether it is that text.

    A person's own file may have the name of a built-in text: ask with the hash before leaving out a copy of it.
    """
    if name in CORPORA:
        return sha256 in (None, CORPORA[name].sha256)
    if not _is_generated(name) or sha256 is None:
        return _is_generated(name)
    try:
        return load_corpus_by_name(name).sha256 == sha256
    except DataError:  # a file may be called "repeat: my favourite lines"
        return False


def load_corpus_by_name(name: str) -> Corpus:
    """Load a built-in or generated text with its one fixed split; raises DataError if it is none or not here."""
    if _is_generated(name):
        return make_corpus(repeat.generate_named(name), name=name)
    if name not in CORPORA:
        raise DataError(f"There is no built-in text {name!r}; there are {', '.join((*CORPORA, repeat.PREFIX))}.")
    return CORPORA[name].read()


def resolve_corpus(
    name_or_path: str | Path,
    *,
    text_columns: Sequence[str] | None = None,
    validation: str | Path | None = None,
    test: str | Path | None = None,
) -> Corpus:
    """Return the text that a name or a path stands for: built in, "repeat[:zh][:tokens]", or a file.

    Columns and further files belong to a file. Raises DataError for what is neither, or not fit to learn from.
    """
    name = str(name_or_path)
    if is_builtin_corpus(name):
        if any(option is not None for option in (text_columns, validation, test)):
            raise DataError(f"{name} has its own split; leave out columns and further files.")
        return load_corpus_by_name(name)
    if not Path(name_or_path).exists():
        close = difflib.get_close_matches(name, [*CORPORA, repeat.PREFIX], n=1)
        hint = f"did you mean {close[0]}?" if close else f"built in are {', '.join((*CORPORA, repeat.PREFIX))}"
        raise DataError(f"There is no file {name} and no built-in text of that name; {hint}")
    return read_corpus(name_or_path, text_columns=text_columns, validation=validation, test=test)


def corpora_catalogue() -> list[dict]:
    """List every built-in and generated text for the command line and the pages, JSON-able."""
    listed = []
    for corpus in CORPORA.values():
        origin, available = datasets.DATASETS[corpus.dataset], datasets.is_available(corpus.dataset)
        listed.append(
            {
                "name": corpus.name,
                "title": corpus.title,
                "description": corpus.description,
                "language": corpus.language,
                "characters": corpus.characters,
                "origin": origin.origin,
                "licence": origin.licence,
                "available": available,
                "install": None if available else datasets.install_command(corpus.dataset),
            }
        )
    return [*listed, repeat.catalogue_entry()]


def _is_generated(name: str) -> bool:
    return name.split(":", 1)[0] == repeat.PREFIX
