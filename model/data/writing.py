"""Tables written a piece at a time, so that their length does not matter."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from model.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

Write = Callable[["pd.DataFrame"], None]


@contextmanager
def open_writer(path: Path) -> Iterator[Write]:
    """A function that adds the rows of a DataFrame to a .csv, .tsv, .jsonl or .parquet file.

    The file appears under its name when all is written; until then, and after an error, what stood there stands.
    Raises DataError for another ending, or a place that cannot be written.
    """
    kinds = {".csv": _text, ".tsv": _text, ".jsonl": _text, ".parquet": _parquet}
    if path.suffix not in kinds:
        raise DataError(f"{path.name!r} cannot be written; name a file that ends in {', '.join(kinds)}")
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with kinds[path.suffix](draft, path.suffix) as write:
            yield write
        os.replace(draft, path)
    except OSError as error:
        raise DataError(f"{path} cannot be written ({error.strerror}); choose another place") from error
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def _text(draft: Path, suffix: str) -> Iterator[Write]:
    with open(draft, "w", encoding="utf-8", newline="") as file:

        def write(frame: "pd.DataFrame") -> None:
            if suffix == ".jsonl":
                frame.to_json(file, orient="records", lines=True, force_ascii=False)
            else:
                frame.to_csv(file, sep="\t" if suffix == ".tsv" else ",", header=file.tell() == 0, index=False)

        yield write


@contextmanager
def _parquet(draft: Path, _: str) -> Iterator[Write]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    writers: list[pq.ParquetWriter] = []

    def write(frame: "pd.DataFrame") -> None:
        table = pa.Table.from_pandas(frame, preserve_index=False)
        if not writers:
            writers.append(pq.ParquetWriter(draft, table.schema))
        writers[0].write_table(table)

    try:
        yield write
    finally:
        for writer in writers:
            writer.close()
