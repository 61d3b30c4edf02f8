"""A Dataset on disk: data.parquet with every text, data.json with the rest."""

import json
import os
from pathlib import Path

from model.data.dataset import SPLIT_NAMES, Dataset, Split, dataset_hash
from model.errors import DataError

_FORMAT = 1
_FIELDS = {"format": int, "name": str, "classes": list, "report": dict, "sha256": str}


def save_dataset(dataset: Dataset, folder: str | Path) -> Path:
    """Write a dataset into a folder, made if need be; data.json comes last, so a folder with it is whole."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    splits = [getattr(dataset, name) for name in SPLIT_NAMES]
    columns = {
        "split": [name for name, split in zip(SPLIT_NAMES, splits, strict=True) for _ in split.texts],
        "label": [label for split in splits for label in split.labels],
        "text": [text for split in splits for text in split.texts],
    }
    if dataset.rationales is not None:
        spans = [list(map(list, text)) for name in SPLIT_NAMES for text in dataset.rationales[name]]
        columns["rationale"] = pa.array(spans, pa.list_(pa.list_(pa.int32())))
    pq.write_table(pa.table(columns), folder / "data.parquet.part", compression="zstd")
    os.replace(folder / "data.parquet.part", folder / "data.parquet")
    about = {"format": _FORMAT, "name": dataset.name, "classes": dataset.classes}
    about |= {"report": dataset.report, "sha256": dataset.sha256}
    (folder / "data.json.part").write_text(json.dumps(about, ensure_ascii=False, indent=1), encoding="utf-8")
    os.replace(folder / "data.json.part", folder / "data.json")
    return folder


def load_dataset(folder: str | Path) -> Dataset:
    """Read what save_dataset wrote; raises DataError if it is missing, malformed or not what was saved."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder = Path(folder)
    about = _about(folder)
    try:
        columns = pq.read_table(folder / "data.parquet").to_pydict()
        rows = list(zip(columns["split"], columns["label"], columns["text"], strict=True))
        spans = columns.get("rationale")
        splits, rationales = {}, {}
        for name in SPLIT_NAMES:
            places = [place for place, row in enumerate(rows) if row[0] == name]
            splits[name] = Split([rows[place][2] for place in places], [rows[place][1] for place in places])
            if spans is not None:
                rationales[name] = [[(start, end) for start, end in spans[place]] for place in places]
    except (pa.ArrowException, OSError, LookupError, TypeError, ValueError) as error:
        raise _damaged(folder, f"data.parquet: {error}") from None
    if dataset_hash(splits) != about["sha256"]:
        raise _damaged(folder, "its texts are not those that were saved")
    return Dataset(
        name=about["name"],
        **splits,
        classes=about["classes"],
        report=about["report"],
        sha256=about["sha256"],
        rationales=rationales or None,
    )


def _about(folder: Path) -> dict:
    try:
        about = json.loads((folder / "data.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(f"{folder} holds no data set (no data.json); train again from the original file.") from None
    except (OSError, ValueError, RecursionError) as error:
        raise _damaged(folder, f"data.json: {error}") from None
    if not isinstance(about, dict) or any(not isinstance(about.get(key), kind) for key, kind in _FIELDS.items()):
        raise _damaged(folder, "data.json lacks a field")
    if about["format"] != _FORMAT:
        raise DataError(f"{folder} was written by another version (format {about['format']}, not {_FORMAT}).")
    return about


def _damaged(folder: Path, reason: str) -> DataError:
    return DataError(f"The data set in {folder} is damaged ({reason}); train again from the original file.")
