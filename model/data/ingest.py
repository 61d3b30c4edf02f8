"""Any table becomes a data set on disk, with a profile of it, in bounded memory."""

from collections.abc import Callable
from pathlib import Path

from model.data.columns import Columns
from model.data.profile import profile_of
from model.data.splits import make_dataset
from model.data.storage import save_dataset
from model.data.tables import read_table

Progress = Callable[[float, int, str], None]  # share, rows, at what


def ingest(
    source: str | Path,
    folder: str | Path,
    *,
    name: str,
    columns: Columns | None = None,
    progress: Progress = lambda share, rows, stage: None,
) -> dict:
    """Read a table, split it as make_dataset does, save it as save_dataset does, and return its profile."""
    progress(0.02, 0, "Reading the rows")
    chosen = columns or Columns((), None, None)
    table = read_table(
        source, name=name, text_columns=chosen.text or None, label_column=chosen.label, split_column=chosen.split
    )
    progress(0.6, table.rows, "Splitting")
    dataset = make_dataset(table, name=name)
    save_dataset(dataset, folder)
    progress(0.8, table.rows, "Looking at the texts")
    about = {
        "all": table.columns,
        "text": list(table.text_columns),
        "label": table.label_column,
        "split": table.split_column,
    }
    return profile_of(dataset) | {
        "columns": about, "given_splits": table.splits is not None, "encoding": table.encoding, "format": table.format,
    }  # fmt: skip
