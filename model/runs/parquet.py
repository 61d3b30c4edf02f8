"""The Parquet files of an unpacked bundle, read a little at a time: a small file can unfold into a huge table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from model.data import corpus_files
from model.data.corpora import load_corpus
from model.data.dataset import SPLIT_NAMES
from model.data.storage import load_dataset
from model.data.tables import MAX_ROWS, MAX_TEXT
from model.errors import DataError, RunError
from model.runs import checks, language_shapes, shapes
from model.runs.strict import parse
from model.text.vocabulary import PAD, UNK

MOST_CELLS = 100_000_000  # of a table of predictions
MOST_CHARACTERS = 1_000_000_000  # of all texts together
MOST_OF_CORPUS = 3 * corpus_files.MOST_CHARACTERS  # each part may be a file of its own
_ROWS = 8192  # read at once
_ABOUT = {"format": int, "name": str, "sha256": shapes.SHA256}
_DATA_JSON = {**_ABOUT, "classes": [str], "report": shapes.DATA_REPORT}
_CORPUS_JSON = {**_ABOUT, "kind": str, "report": language_shapes.CORPUS_REPORT}


@contextmanager
def _reading(name: str) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RunError(f"{name} cannot be read ({' '.join(str(error).split())[:200]})") from error


def read_predictions(path: Path, classes: list[str], documents: int) -> pd.DataFrame:
    """The table of predictions, read in bounded memory and built anew: what else the file holds is left behind."""
    chances = [f"p_{name}" for name in classes]
    names = ["index", "label", "prediction", *chances]
    with _reading(path.name):
        file = pq.ParquetFile(path, read_dictionary=["label", "prediction"])
        _check_size(file, names, documents)
        batches = [_batch(batch, classes, chances) for batch in file.iter_batches(batch_size=_ROWS)]
    table = pd.concat(batches, ignore_index=True) if batches else pd.DataFrame(columns=names)
    if len(table) != documents or (table["index"].to_numpy() != np.arange(documents)).any():
        raise RunError("predictions.parquet does not have one row for each test text, in order")
    return table


def _batch(batch: pa.RecordBatch, classes: list[str], chances: list[str]) -> pd.DataFrame:
    columns: dict[str, Any] = {"index": batch.column("index").cast(pa.int64()).to_numpy(zero_copy_only=False)}
    known = np.asarray(classes, dtype=object)
    for name in ("label", "prediction"):
        words = batch.column(name).dictionary.to_pylist()
        strangers = [word for word in words if word not in classes]
        if strangers or batch.column(name).null_count:
            raise RunError(f"predictions.parquet has the {name} {str(strangers[:1])[:60]}, which is no class")
        places = np.asarray([classes.index(word) for word in words], dtype=np.int64)
        columns[name] = known[places[batch.column(name).indices.to_numpy(zero_copy_only=False)]]
    for name in chances:
        values = batch.column(name).cast(pa.float32()).to_numpy(zero_copy_only=False)
        if not ((values >= 0) & (values <= 1)).all():
            raise RunError(f"predictions.parquet has numbers in {name} that are no probabilities")
        columns[name] = values
    return pd.DataFrame(columns)


def read_losses(path: Path, words: int, tokens: int) -> pd.DataFrame:
    """What a language model with so many words lost on each of its test tokens, read in the same way."""
    with _reading(path.name):
        file = pq.ParquetFile(path)
        _check_size(file, ["id", "loss"], tokens)
        ids, losses = np.empty(tokens, np.int32), np.empty(tokens, np.float32)
        read = 0
        for batch in file.iter_batches(batch_size=_ROWS):
            part = slice(read, read + len(batch))
            ids[part] = batch.column("id").cast(pa.int32()).fill_null(PAD).to_numpy(zero_copy_only=False)
            losses[part] = batch.column("loss").cast(pa.float32()).to_numpy(zero_copy_only=False)
            read += len(batch)
    if read != tokens or not ((ids >= UNK) & (ids < words)).all():
        raise RunError("predictions.parquet does not have one of the model's words for each test token")
    if not ((losses >= 0) & np.isfinite(losses)).all():
        raise RunError("predictions.parquet has losses that are none")
    return pd.DataFrame({"id": ids, "loss": losses})


def _check_size(file: pq.ParquetFile, names: list[str], rows: int) -> None:
    if file.schema_arrow.names != names or file.metadata.num_rows != rows:
        raise RunError(
            f"predictions.parquet has {file.metadata.num_rows} rows and the columns {file.schema_arrow.names[:6]};"
            f" {rows} and {names[:6]} are needed"
        )
    if rows * len(names) > MOST_CELLS:
        raise RunError(f"predictions.parquet has {rows} x {len(names)} cells; at most {MOST_CELLS} are read")


def check_data(folder: Path, data: dict[str, Any]) -> None:
    """Check the texts that came with a classifier against what its spec says of them, hash included."""
    _check_about(folder, _DATA_JSON, data)
    with _reading("data.parquet"):
        _scan(folder / "data.parquet")
    try:
        dataset = load_dataset(folder)  # which also computes the hash
    except DataError as error:
        raise RunError(str(error)) from error
    labels = Counter(label for split in (dataset.train, dataset.validation, dataset.test) for label in split.labels)
    sizes = {name: len(getattr(dataset, name).texts) for name in ("train", "validation", "test")}
    report = data["report"]
    if (
        dict(labels) != report["classes"]
        or sorted(labels) != dataset.classes
        or sizes != {n: report[n] for n in sizes}
    ):
        raise RunError("data.parquet has other classes or splits than data.json says")


def check_corpus(folder: Path, data: dict[str, Any]) -> None:
    """Check the text that came with a language model against what its spec says of it, hash included."""
    _check_about(folder, _CORPUS_JSON, data)
    with _reading("data.parquet"):
        _scan_corpus(folder / "data.parquet")
    try:
        corpus = load_corpus(folder)
    except DataError as error:
        raise RunError(str(error)) from error
    if {name: len(getattr(corpus, name)) for name in SPLIT_NAMES} != data["report"]["characters"]:
        raise RunError("data.parquet has splits of other lengths than data.json says")


def _check_about(folder: Path, shape: checks.Shape, data: dict[str, Any]) -> None:
    about = parse((folder / "data.json").read_bytes(), "data.json")
    checks.check(about, shape, "data.json")
    if any(about[key] != data[key] for key in ("name", "report", "sha256")):
        raise RunError("data.json describes other data than spec.json")


def _scan(path: Path) -> None:
    columns = ["split", "label", "text"]
    file = pq.ParquetFile(path, read_dictionary=columns)
    if file.schema_arrow.names != columns or file.metadata.num_rows > MAX_ROWS:
        raise RunError(
            f"data.parquet has {file.metadata.num_rows} rows and the columns {file.schema_arrow.names[:6]};"
            f" at most {MAX_ROWS} and {columns} are needed"
        )
    characters = 0
    for batch in file.iter_batches(batch_size=_ROWS):
        for column, most in zip(batch.columns, (10, 1000, MAX_TEXT), strict=True):
            lengths = np.asarray([len(text) for text in column.dictionary.to_pylist()])
            if column.null_count or (len(lengths) and lengths.max() > most):
                raise RunError(f"data.parquet has a text without a value, or of more than {most} characters")
            characters += int(lengths[column.indices.to_numpy(zero_copy_only=False)].sum())
        if characters > MOST_CHARACTERS:
            raise RunError(f"data.parquet has more than {MOST_CHARACTERS} characters of text")


def _scan_corpus(path: Path) -> None:
    file = pq.ParquetFile(path)
    if file.schema_arrow.names != ["split", "text"] or file.metadata.num_rows != len(SPLIT_NAMES):
        raise RunError(
            f"data.parquet has {file.metadata.num_rows} rows and the columns {file.schema_arrow.names[:6]};"
            f" {len(SPLIT_NAMES)} and ['split', 'text'] are needed"
        )
    characters = 0
    for name, batch in zip(SPLIT_NAMES, file.iter_batches(batch_size=1), strict=True):
        if batch.column("split").to_pylist() != [name] or batch.column("text").null_count:
            raise RunError(f"data.parquet has no row for {name}, or not where it should be")
        characters += len(batch.column("text")[0].as_py())
        if characters > MOST_OF_CORPUS:
            raise RunError(f"data.parquet has more than {MOST_OF_CORPUS} characters of text")
