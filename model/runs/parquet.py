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

from model.data.storage import load_dataset
from model.data.tables import MAX_ROWS, MAX_TEXT
from model.errors import DataError, RunError
from model.runs import checks, shapes
from model.runs.strict import parse

MOST_CELLS = 100_000_000  # of a table of predictions
MOST_CHARACTERS = 1_000_000_000  # of all texts together
_ROWS = 8192  # read at once
_DATA_JSON = {"format": int, "name": str, "classes": [str], "report": shapes.DATA_REPORT, "sha256": shapes.SHA256}


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
        if file.schema_arrow.names != names or file.metadata.num_rows != documents:
            raise RunError(
                f"predictions.parquet has {file.metadata.num_rows} rows and the columns"
                f" {file.schema_arrow.names[:6]}; {documents} and {names[:6]} are needed"
            )
        if documents * len(names) > MOST_CELLS:
            raise RunError(f"predictions.parquet has {documents} x {len(names)} cells; at most {MOST_CELLS} are read")
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


def check_data(folder: Path, data: dict[str, Any]) -> None:
    """Check the texts that came with a run against what its spec says of them, hash included."""
    about = parse((folder / "data.json").read_bytes(), "data.json")
    checks.check(about, _DATA_JSON, "data.json")
    if {key: about[key] for key in ("name", "report", "sha256")} != {
        key: data[key] for key in ("name", "report", "sha256")
    }:
        raise RunError("data.json describes other data than spec.json")
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
