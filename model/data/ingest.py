"""Any table becomes a data set on disk, with a profile of it, in memory bounded whatever the size of its texts."""

import dataclasses
import io
import os
import shutil
from array import array
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path

import numpy as np

from model.data.checks import ColumnsError
from model.data.columns import NOTHING, Columns
from model.data.containers import MAX_BYTES, Source, open_source, too_large
from model.data.dataset import SPLIT_NAMES, Split, text_hash
from model.data.partition import TRAIN, Partition, hash_words, partition
from model.data.profile import Facts, make_profile
from model.data.rows import Row, Rows
from model.data.sample import Sampler
from model.data.splits import check_train, make_report
from model.data.storage import Part, batches, write_about_data, write_texts

MAX_LABELS = 100_000  # different ones, and characters of them together; what has more is no column of classes
_MAX_LABEL_CHARACTERS = 1 << 24
_READ, _SPLIT, _WRITTEN = 0.65, 0.7, 0.85  # shares of the time at which each of these is done
_PASSES = {"text": 3, "parquet": 1, "xlsx": 1}  # how often a file is read: encoding, quoting, rows
_CONFLICTS, _CONFLICT_LENGTH = 3, 2000

Progress = Callable[[float, int, str], None]


def ingest(
    source: str | Path,
    folder: str | Path,
    *,
    name: str,
    columns: Columns | None = None,
    progress: Progress = lambda share, rows, stage: None,
) -> dict:
    """Read a table, split it as make_dataset does, save it as save_dataset does, and return its profile.

    With `columns`, exactly those are read (no split column where its `split` is None); without, they are guessed.
    `progress` is told the share of the work done, the rows read and at what the work is, many times a second. Texts
    wait on the disk, so that memory holds some 50 bytes a row beside a few thousand texts; nothing is left after an
    error. Raises DataError as read_table and make_dataset do.
    """
    folder = Path(folder)
    work = folder.with_name(f".{folder.name}.work")
    try:
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        with open(work / "texts", "w+b") as file:
            profile = _ingest(source, work / "data", _Kept(file), name, columns, progress)
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(work / "data", folder)
        return profile
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _ingest(source, folder: Path, kept: "_Kept", name: str, columns: Columns | None, progress: Progress) -> dict:
    opened = _Watched(open_source(source, name=name), progress)
    rows = Rows(opened.source, columns=columns or NOTHING, guess=columns is None)
    opened.rows = rows
    for row in rows:
        kept.add(row, rows)
        if rows.read % 1024 == 0:  # a file may be read long before its rows are
            opened.tell()
    progress(_READ, rows.read, "Finding duplicates and splitting")
    hashes, labels, given = kept.arrays()
    check_train(given, rows.chosen.split)
    progress((_READ + _SPLIT) / 2, rows.read, "Finding duplicates and splitting")
    parts = partition(hashes, labels, given, names=kept.names, title=name, label_column=rows.chosen.label)
    sampler, counts = Sampler(), {split: Counter() for split in SPLIT_NAMES}
    total = sum(map(len, parts.places.values()))

    def watched() -> Iterator[Part]:
        for split, part, spans in kept.parts(parts):
            sampler.add(split, *part)
            counts[split].update(part.labels)
            yield split, part, spans
            done = sum(found.total() for found in counts.values())
            progress(_SPLIT + (_WRITTEN - _SPLIT) * done / total, rows.read, "Writing the texts in their order")

    sha256 = write_texts(folder, watched())
    classes = sum(counts.values(), Counter())
    report = make_report(parts, rows=rows.read, dropped=rows.dropped, classes=classes)
    write_about_data(folder, name=name, classes=sorted(classes), report=report, sha256=sha256)
    facts = Facts(
        name=name,
        report=report,
        sha256=sha256,
        classes={label: {split: counts[split][label] for split in SPLIT_NAMES} for label in sorted(classes)},
        given_splits=rows.chosen.split is not None,
        columns={"all": rows.columns, **rows.chosen._asdict(), "text": list(rows.chosen.text)},
        encoding=rows.encoding,
        format=rows.format,
        conflicts=kept.conflicts(parts),
    )
    stage = "Looking at the texts"
    return make_profile(
        facts, sampler.sample(), progress=lambda share: progress(_WRITTEN + (1 - _WRITTEN) * share, rows.read, stage)
    )


class _Kept:
    """Usable rows: their texts in a file, and in memory where each stands, its hash, label and split."""

    def __init__(self, file) -> None:
        self._file = file
        self._ends = array("q", [0])
        self._digests = bytearray()
        self._labels, self._given = array("i"), array("b")
        self._codes: dict[str, int] = {}
        self._characters = 0

    @property
    def names(self) -> list[str]:
        """The labels that the codes stand for."""
        return list(self._codes)

    def add(self, row: Row, rows: Rows) -> None:
        """Keep a row. Raises DataError for more labels, or longer texts together, than can be."""
        self._digests += text_hash(row.text)
        self._ends.append(self._ends[-1] + self._file.write(row.text.encode()))
        if self._ends[-1] > MAX_BYTES:
            raise too_large(rows.name)
        code = self._codes.get(row.label)
        if code is None:
            code = self._codes[row.label] = len(self._codes)
            self._characters += len(row.label)
            if code > MAX_LABELS or self._characters > _MAX_LABEL_CHARACTERS:
                raise ColumnsError(
                    f"{rows.name}: the label column {rows.chosen.label!r} is free text or an identifier: it has "
                    f"{len(self._codes):,} different values and more in {rows.read:,} rows; name the column of the "
                    "classes (--label-column)."
                )
        self._labels.append(code)
        self._given.append(TRAIN if row.split is None else SPLIT_NAMES.index(row.split))

    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Hashes (N, 4), labels (N,) and given splits (N,), as `partition` takes them."""
        self._file.flush()
        hashes, self._digests = hash_words(self._digests), bytearray()
        return hashes, np.array(self._labels, np.int64), np.array(self._given)

    def parts(self, parts: Partition) -> Iterator[Part]:
        """The texts of each split in the order of their hashes."""
        names, ends = self.names, np.frombuffer(self._ends, np.int64)
        for split, places in parts.places.items():
            for start, end in batches((ends[places + 1] - ends[places]).tolist()):
                some = places[start:end].tolist()
                yield split, Split([self._text(i) for i in some], [names[self._labels[i]] for i in some]), None

    def conflicts(self, parts: Partition) -> list[dict]:
        """The first texts that stand under two labels: {"text", "labels"}."""
        found = []
        # They come in the order of hashes, so that equal texts are neighbours.
        for text, places in groupby(parts.conflicting[:1000].tolist(), self._text):
            labels = sorted({self.names[self._labels[place]] for place in places})
            if len(labels) > 1 and len(found) < _CONFLICTS:
                found.append({"text": text[:_CONFLICT_LENGTH], "labels": labels})
        return found

    def _text(self, place: int) -> str:
        start = self._ends[place]
        return os.pread(self._file.fileno(), self._ends[place + 1] - start, start).decode()


class _Watched:
    """A source that tells how much of it was read, each time some of it is."""

    def __init__(self, source: Source, progress: Progress) -> None:
        self.source = dataclasses.replace(source, open=self._open)
        self.rows: Rows | None = None
        self._opener, self._progress = source.open, progress
        self._total, self._seen = max(1, source.size * _PASSES[source.kind]), 0

    def _open(self) -> io.BufferedReader:
        return io.BufferedReader(_Counted(self._opener(), self.tell), 1 << 18)

    def tell(self, count: int = 0) -> None:
        """Go on by so many bytes, and say how far it is."""
        self._seen += count
        read = self.rows.read if self.rows else 0
        share = self._seen / self._total
        if self.source.kind == "parquet":  # a million rows may be one piece of the file, read before the first row
            share = read / max(1, self.rows.expected) if self.rows else 0.0
        stage = "Reading the rows" if read else "Finding out how it is written"
        self._progress(_READ * min(1.0, share), read, stage)


class _Counted(io.RawIOBase):
    def __init__(self, stream, tell: Callable[[int], None]) -> None:
        self._stream, self._tell = stream, tell

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._stream.seekable()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._stream.seek(offset, whence)

    def readinto(self, buffer) -> int:
        count = self._stream.readinto(buffer)
        self._tell(count or 0)
        return count

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()
