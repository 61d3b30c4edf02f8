"""Zip files written the same way each time, and read with suspicion."""

from __future__ import annotations

import hashlib
import io
import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from model.errors import RunError
from model.runs import checks, files, shapes
from model.runs.strict import parse

FORMAT, VERSION = "attention-lab bundle", 1
MANIFEST = {
    "format": str,
    "version": int,
    "files": {str: {"sha256": shapes.SHA256, "bytes": int}},
}
_MANIFEST_BYTES = 64 * 1024
_CHUNK = 1024 * 1024
_END = struct.Struct("<4s4H2LH")  # the record that ends a zip file, with its comment's length last
_ZIP64_LOCATOR = b"PK\x06\x07"
_DEFLATED_AT_MOST = 200  # times; text deflates 3 to 20 times, and only a bomb a thousand times
_BOMB_BYTES = 1024 * 1024  # below it nothing is a bomb


def write_archive(path: Path, members: Mapping[str, Path | bytes]) -> None:
    """Zip files and bytes under these names, with a manifest of their hashes: the same bytes for the same members."""
    sums = {name: _sum(member) for name, member in members.items()}
    manifest = files.to_json({"format": FORMAT, "version": VERSION, "files": sums}, indent=1)

    def write(draft: Path) -> None:
        try:
            with zipfile.ZipFile(draft, "w", allowZip64=False) as archive:
                for name, member in {"manifest.json": manifest, **members}.items():
                    info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
                    info.create_system, info.external_attr = 3, (stat.S_IFREG | 0o644) << 16
                    # Weights and Parquet do not deflate, and reading them back is faster so.
                    packed = name.endswith((".json", ".jsonl"))
                    info.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
                    with _open(member) as source, archive.open(info, "w") as target:
                        shutil.copyfileobj(source, target, _CHUNK)
        except zipfile.LargeZipFile as error:
            raise RunError(f"the run is larger than 4 GiB, which no bundle holds ({error})") from error

    files.replace_file(path, write)


def _open(member: Path | bytes) -> BinaryIO:
    return io.BytesIO(member) if isinstance(member, bytes) else open(member, "rb")


def _sum(member: Path | bytes) -> dict[str, str | int]:
    with _open(member) as source:
        digest = hashlib.file_digest(source, "sha256")
        return {"sha256": digest.hexdigest(), "bytes": source.seek(0, io.SEEK_END)}


def read_archive(source: BinaryIO, folder: Path, limits: Mapping[str, int]) -> set[str]:
    """Unpack a bundle into `folder` and return the names of its members.

    limits: the names that may occur, and how many bytes each may have at most. Whatever is not exactly what
    `write_archive` makes, or an honest re-packing of it, raises RunError, after at most those bytes were written.
    """
    try:
        _check_end(source, len(limits) + 1)
        with zipfile.ZipFile(source) as archive:
            infos = _members(archive, {**limits, "manifest.json": _MANIFEST_BYTES})
            with archive.open(infos["manifest.json"]) as member:
                manifest = parse(member.read(_MANIFEST_BYTES + 1), "manifest.json")
            _check_manifest(manifest, infos)
            for name, expected in manifest["files"].items():
                path = folder / name
                with files.plain_errors(path):
                    path.parent.mkdir(parents=True, exist_ok=True)
                    digest = _unpack(archive, infos[name], path)
                if digest != expected["sha256"]:
                    raise RunError(f"{name} is damaged: its sha256 is not the one in manifest.json")
            return set(manifest["files"])
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, struct.error, ValueError) as error:
        raise RunError(f"the zip file is damaged ({error})") from error


def _check_end(source: BinaryIO, most: int) -> None:
    # zipfile reads the whole directory into memory, and millions of entries fit a small file: look before it does.
    size = source.seek(0, io.SEEK_END)
    source.seek(max(0, size - _END.size - 20))
    tail = source.read()
    if len(tail) < _END.size or not tail[-_END.size :].startswith(b"PK\x05\x06"):
        raise RunError("it is not a zip file, or something stands behind its end")
    _, disk, start_disk, here, entries, length, offset, comment = _END.unpack(tail[-_END.size :])
    if tail.startswith(_ZIP64_LOCATOR) or disk or start_disk or here != entries or comment:
        raise RunError("it is a zip file of a kind that no bundle is (zip64, split, or with a comment)")
    if length > most * 1024 or offset + length + _END.size != size:
        raise RunError(f"it has {entries} entries in {length} bytes, more than a bundle or not where they should be")
    source.seek(0)


def _members(archive: zipfile.ZipFile, limits: Mapping[str, int]) -> dict[str, zipfile.ZipInfo]:
    infos: dict[str, zipfile.ZipInfo] = {}
    for info in archive.infolist():
        name = info.orig_filename  # .filename is cut at a NUL and has its slashes turned
        if name not in limits or info.filename != name:
            raise RunError(f"it holds {name[:80]!r}, which no bundle has")
        if name in infos:
            raise RunError(f"it holds {name} twice")
        if info.flag_bits & 0x1:
            raise RunError(f"{name} is encrypted; pack it without a password")
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG) or info.external_attr & 0x10:
            raise RunError(f"{name} is a link or a folder, not a file")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise RunError(f"{name} is compressed by method {info.compress_type}; bundles are stored or deflated")
        if info.file_size > limits[name]:
            raise RunError(f"{name} has {info.file_size} bytes; at most {limits[name]} are read")
        if info.file_size > max(_BOMB_BYTES, _DEFLATED_AT_MOST * info.compress_size):
            raise RunError(f"{name} would grow from {info.compress_size} to {info.file_size} bytes, as zip bombs do")
        infos[name] = info
    if "manifest.json" not in infos:
        raise RunError("it has no manifest.json; only files made by 'bundle' can be read")
    return infos


def _check_manifest(manifest: dict, infos: Mapping[str, zipfile.ZipInfo]) -> None:
    checks.check(manifest, MANIFEST, "manifest.json")
    if (manifest["format"], manifest["version"]) != (FORMAT, VERSION):
        raise RunError(
            f"it is {manifest['format'][:40]!r}, version {manifest['version']}; this program reads {FORMAT!r},"
            f" version {VERSION}"
        )
    packed, listed = set(infos) - {"manifest.json"}, set(manifest["files"])
    if packed != listed:
        name = min(packed ^ listed)
        raise RunError(f"{name[:80]!r} is {'in the zip file' if name in packed else 'in manifest.json'} only")
    for name, expected in manifest["files"].items():
        if expected["bytes"] != infos[name].file_size:
            raise RunError(f"{name} has {infos[name].file_size} bytes; manifest.json says {expected['bytes']}")


def _unpack(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path) -> str:
    # The directory's sizes are claims; what is counted here is what comes out.
    digest, written = hashlib.sha256(), 0
    with archive.open(info) as source, open(path, "xb") as target:
        while chunk := source.read(_CHUNK):
            written += len(chunk)
            if written > info.file_size:
                raise RunError(f"{info.filename} is longer than its {info.file_size} bytes")
            digest.update(chunk)
            target.write(chunk)
    return digest.hexdigest()
