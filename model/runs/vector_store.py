"""Word vectors that people bring along: written straight to disk, checked, and kept by what is in them."""

from __future__ import annotations

import hashlib
import secrets
import shutil
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from model.errors import DataError, RunError
from model.runs import files
from model.runs.finding import TRASH, list_runs
from model.text.vector_files import open_vector_file

MAX_FILE = 1 << 30  # bytes of one file
MAX_UNPACKED = 6 << 30  # bytes of what a gzip file holds
MAX_ALL = 8 << 30  # bytes of all files together
_DEFLATED_AT_MOST = 40  # times; numbers in writing deflate three times, and only a bomb a thousand times
_BOMB_BYTES = 16 << 20  # below it nothing is a bomb
_LOOKED_AT = 200  # the first rows, all parsed; later one in so many
_CHUNK = 1 << 20
_LONGEST_NAME = 100


class Kept(NamedTuple):
    """A file of vectors: where it is, what people called it, its rows and dimensions, its format and bytes."""

    path: Path
    name: str
    rows: int
    dimension: int
    format: str
    bytes: int
    owners: list[str | None]


def keep_vectors(root: Path, *, name: str, owner: str | None, chunks: Iterable[bytes]) -> Path:
    """Write vectors to `root`/vectors/<hash>/<name> and return that path, which `settings.vectors` takes.

    Nothing is held in memory but a chunk. A file that is there already is kept once; the owner's oldest files that no
    run refers to make room. Raises RunError for more than 1 GB, an empty file or a full disk, DataError for what is
    not vectors or has no numbers where they should be; neither leaves anything behind.
    """
    name = _clean(name)
    draft = root / "vectors" / f".{secrets.token_hex(8)}.new"
    try:
        with files.plain_errors(draft):
            draft.mkdir(parents=True, mode=0o700)
            size, digest = _write(draft / name, chunks)
        rows, dimension, format = _checked(draft / name)
        about = {"name": name, "rows": rows, "dimension": dimension, "format": format, "bytes": size}
        files.write_json(draft / "about.json", {**about, "owners": [owner]})
        folder = root / "vectors" / digest[:16]
        with files.locked(root / "vectors" / "vectors.lock"), files.plain_errors(folder):
            known = _record(folder)
            if known is not None:
                if owner not in known.owners:
                    again = files.read_json(folder / "about.json")
                    files.write_json(folder / "about.json", {**again, "owners": [*known.owners, owner]})
                return known.path
            _make_room(root, owner, size)
            shutil.rmtree(folder, ignore_errors=True)  # without a readable about.json it is what a crash left
            draft.rename(folder)
        return folder / name
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def vectors_kept(root: Path, owner: str | None) -> list[Kept]:
    """The files that a visitor may choose from: their own and those that are nobody's, the newest first."""
    return [kept for kept in _all(root) if {owner, None} & set(kept.owners)]


def _write(path: Path, chunks: Iterable[bytes]) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    with open(path, "xb") as file:
        for chunk in chunks:
            size += len(chunk)
            if size > MAX_FILE:
                raise RunError(
                    f"{path.name} is larger than {MAX_FILE >> 30} GB; give the most frequent words only, or fewer"
                    " dimensions"
                )
            digest.update(chunk)
            file.write(chunk)
    if not size:
        raise DataError(f"{path.name} is empty; choose a file of word vectors")
    return size, digest.hexdigest()


def _checked(path: Path) -> tuple[int, int, str]:
    """Rows, dimension and format, after a look at every row and at the numbers of many."""
    try:
        _check_gzip(path)
        rows = 0
        with open_vector_file(path) as file:
            for rows, (word, numbers) in enumerate(file.rows, 1):
                looked_at = rows <= _LOOKED_AT or rows % _LOOKED_AT == 0
                if looked_at and not np.isfinite(file.parse(numbers)).all():
                    shown = word[:40].decode("utf-8", "replace")
                    raise ValueError(f"the vector of {shown!r} has numbers that are not finite (NaN or infinite)")
            if not rows:
                raise ValueError("it holds no vectors")
            return rows, file.dimension, file.format
    except DataError as error:
        # A visitor knows the file by its name, and not where this server put it.
        raise DataError(str(error).replace(str(path), path.name)) from error


def _check_gzip(path: Path) -> None:
    """Refuse a gzip file that grows without measure, before anything reads it line by line."""
    with open(path, "rb") as file:
        if file.read(2) != b"\x1f\x8b":
            return
        file.seek(0)
        packed, unpacked, inflate = 0, 0, zlib.decompressobj(wbits=31)
        while chunk := file.read(_CHUNK):
            packed += len(chunk)
            while chunk:
                try:
                    unpacked += len(inflate.decompress(chunk, _CHUNK))
                except zlib.error:
                    return  # whoever reads it says so
                chunk = inflate.unconsumed_tail
                if inflate.eof:
                    chunk, inflate = inflate.unused_data, zlib.decompressobj(wbits=31)
                if unpacked > min(MAX_UNPACKED, max(_BOMB_BYTES, _DEFLATED_AT_MOST * packed)):
                    raise DataError(
                        f"{path.name} would grow from {packed:,} to more than {unpacked:,} bytes; unpack it and give"
                        " a file of at most 1 GB"
                    )


def _make_room(root: Path, owner: str | None, size: int) -> None:
    kept = _all(root)
    used = sum(file.bytes for file in kept)
    in_use = {run.spec["settings"].get("vectors") for run in list_runs(root, root / TRASH)}
    for file in reversed(kept):
        if used + size <= MAX_ALL:
            return
        if file.owners == [owner] and str(file.path) not in in_use:
            shutil.rmtree(file.path.parent, ignore_errors=True)
            used -= file.bytes
    if used + size > MAX_ALL:
        raise RunError(
            f"there is no room for these vectors: {used / 1e9:.1f} of {MAX_ALL / 1e9:.1f} GB are taken by files that"
            " trainings or other people use; delete trainings, or ask whoever keeps the server"
        )


def _all(root: Path) -> list[Kept]:
    """All files, the newest first."""
    found = []
    for folder in (root / "vectors").glob("[0-9a-f]*"):
        kept = _record(folder)
        if kept is not None:
            found.append((folder.stat().st_mtime, kept))
    return [kept for _, kept in sorted(found, key=lambda item: item[0], reverse=True)]


def _record(folder: Path) -> Kept | None:
    about = files.read_json(folder / "about.json")
    try:
        kept = Kept(folder / about["name"], *(about[field] for field in Kept._fields[1:]))
    except (TypeError, KeyError):
        return None
    return kept if kept.path.is_file() else None


def _clean(name: str) -> str:
    """A name that is one, in any file system: no folder, no dot at its start, nothing that cannot be seen."""
    name = name.replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(letter for letter in name if letter.isprintable() and letter not in '<>:"|?*').strip(". ")
    name = name.encode("utf-8", "ignore")[-_LONGEST_NAME:].decode("utf-8", "ignore").strip(". ")
    return name if name and name != "about.json" else "vectors.txt"
