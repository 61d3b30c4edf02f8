"""data.json, which says what the data.parquet beside it holds, and that the folder is whole."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from model.errors import DataError


def write_about(folder: Path, about: Mapping[str, Any]) -> None:
    """Write data.json, last of all that a folder holds."""
    (folder / "data.json.part").write_text(json.dumps(about, ensure_ascii=False, indent=1), encoding="utf-8")
    os.replace(folder / "data.json.part", folder / "data.json")


def read_about(folder: Path, fields: Mapping[str, type], *, version: int, what: str) -> dict[str, Any]:
    """What data.json says, at least these fields of these types; `what` is kept there in words: "data set".

    Raises DataError where it is missing, malformed, or of another version than this "format".
    """
    try:
        about = json.loads((folder / "data.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(f"{folder} holds no {what} (no data.json); train again from the original file.") from None
    except (OSError, ValueError, RecursionError) as error:
        raise damaged(folder, f"data.json: {error}", what=what) from None
    if not isinstance(about, dict) or any(not isinstance(about.get(key), kind) for key, kind in fields.items()):
        raise damaged(folder, "data.json lacks a field", what=what)
    if about["format"] != version:
        raise DataError(f"{folder} was written by another version (format {about['format']}, not {version}).")
    return about


def damaged(folder: Path, reason: str, *, what: str) -> DataError:
    """The error to raise for what is no longer as it was saved."""
    return DataError(f"The {what} in {folder} is damaged ({reason}); train again from the original file.")
