"""A Corpus on disk: data.parquet with its three parts, data.json with the rest."""

import os
from pathlib import Path

from model.data.about import damaged, read_about, write_about
from model.data.corpus import Corpus, corpus_hash
from model.data.dataset import SPLIT_NAMES
from model.errors import DataError

KIND = "corpus"
_FORMAT = 1
_WHAT = "text"
_FIELDS = {"format": int, "kind": str, "name": str, "report": dict, "sha256": str}


def save_corpus(corpus: Corpus, folder: str | Path) -> Path:
    """Write a corpus into a folder, made if need be; data.json comes last, so a folder with it is whole."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    parts = [getattr(corpus, split) for split in SPLIT_NAMES]
    table = pa.table({"split": pa.array(SPLIT_NAMES, pa.string()), "text": pa.array(parts, pa.string())})
    draft = folder / "data.parquet.part"
    try:
        pq.write_table(table, draft, compression="zstd", use_dictionary=False, write_statistics=False)
        os.replace(draft, folder / "data.parquet")
    finally:
        draft.unlink(missing_ok=True)
    about = {
        "format": _FORMAT, "kind": KIND, "name": corpus.name, "report": corpus.report, "sha256": corpus.sha256
    }  # fmt: skip
    write_about(folder, about)
    return folder


def load_corpus(folder: str | Path) -> Corpus:
    """Read what save_corpus wrote; raises DataError if it is missing, malformed or not what was saved."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder = Path(folder)
    about = _about(folder)
    try:
        with pq.ParquetFile(folder / "data.parquet") as file:
            columns = file.read().to_pydict()
        splits, texts = columns["split"], columns["text"]
    except (pa.ArrowException, OSError, LookupError, ValueError) as error:
        raise _damaged(folder, f"data.parquet: {error}") from None
    if splits != list(SPLIT_NAMES) or not all(isinstance(text, str) for text in texts):
        raise _damaged(folder, "data.parquet has other rows than train, validation and test")
    parts = dict(zip(splits, texts, strict=True))
    if corpus_hash(parts) != about["sha256"]:
        raise _damaged(folder, "its text is not the one that was saved")
    return Corpus(name=about["name"], **parts, report=about["report"], sha256=about["sha256"])


def _about(folder: Path) -> dict:
    about = read_about(folder, _FIELDS, version=_FORMAT, what=_WHAT)
    if about["kind"] != KIND:
        raise _damaged(folder, f"data.json: its kind is {about['kind'][:60]!r}, not {KIND!r}")
    return about


def _damaged(folder: Path, reason: str) -> DataError:
    return damaged(folder, reason, what=_WHAT)
