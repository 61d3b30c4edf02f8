"""The texts of a run as numbers, made once for all runs on its data and kept beside them: `<root>/tokens/<hash>`."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from model.data.tokenized import TokenizedData, file_hash, read_tokenized, write_tokenized
from model.data.tokenizing import tokenize_dataset, tokenize_folder
from model.errors import DataError, RunError
from model.runs.files import Lock
from model.runs.finding import tokens_folder
from model.runs.launch import available_cores
from model.runs.run import Run
from model.runs.texts import dataset_of

_PATIENCE = 900.0  # seconds for another process to be done with a million texts


def tokens_of(run: Run) -> TokenizedData:
    """The data of a classifier's run as numbers: those kept, or else made now and kept, if the disk will have them.

    What is kept counts only if it is whole and was made of the very bytes that hold the data now. Raises RunError or
    DataError where the data has changed or is damaged.
    """
    source: dict[str, Any] = {"sha256": run.spec["data"]["sha256"], "file": None}
    if run.data_folder is not None:
        try:
            source["file"] = file_hash(run.data_folder / "data.parquet")
        except OSError:
            return _made(run)  # which says what is missing
    home = tokens_folder(run.folder.parent, source["sha256"])
    lock = Lock(home / "lock")
    try:
        return read_tokenized(home / "words", source=source)
    except DataError:
        pass
    try:
        home.mkdir(parents=True, exist_ok=True)
        if not lock.acquire(timeout=_PATIENCE):
            return _made(run)
    except (OSError, RunError):  # nothing can be written here, and this is no reason not to train
        return _made(run)
    try:
        return _kept_or_made(run, home, source)
    finally:
        lock.release()


def _kept_or_made(run: Run, home: Path, source: dict[str, Any]) -> TokenizedData:
    try:
        return read_tokenized(home / "words", source=source)  # another process was at it, and is done
    except DataError:
        shutil.rmtree(home / "words", ignore_errors=True)
    data, draft = _made(run), home / "draft"
    try:
        shutil.rmtree(draft, ignore_errors=True)  # of a crash
        draft.mkdir()
        write_tokenized(data, draft, source=source)
        draft.rename(home / "words")
        return read_tokenized(home / "words", source=source)  # mapped: the copy in memory is let go
    except (OSError, DataError):  # the disk is full, or the data was deleted: it trains all the same
        shutil.rmtree(draft, ignore_errors=True)
        return data


def _made(run: Run) -> TokenizedData:
    if run.data_folder is None:
        return tokenize_dataset(dataset_of(run))
    return tokenize_folder(run.data_folder, processes=available_cores())
