"""Makes a data set's texts into numbers, once, without holding them.

The row groups of a large file are shared among the cores: `python -m model.data.tokenizing` numbers some of them in a
process of its own. The first process takes its part as well, and makes sure that the texts are those that were saved.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from model.data.dataset import SPLIT_NAMES, Dataset, DatasetDigest
from model.data.storage import about_data, load_dataset, stored_parts
from model.data.tokenized import Label, TokenizedData, assemble
from model.text.numbering import Numbered, Numbering, joined

FIRST_TESTS = 30  # test texts that are kept as they are
BYTES_EACH = 30 << 20  # of texts, for which a process is worth the half second that it takes to start
_CHECKING = 0.3  # of the time that numbering takes: reading and hashing all texts, which only one process can do
_BLOCK = 4096  # texts
_REPOSITORY = Path(__file__).resolve().parents[2]


def tokenize_splits(
    splits: dict[str, tuple[Sequence[str], Sequence[Label]]], classes: Sequence[Label], *, report: dict | None = None
) -> TokenizedData:
    """The texts and labels of each split, "train" first, as numbers, made in this process."""
    numbering = Numbering()
    numbered = joined(
        [
            numbering.add(texts[start : start + _BLOCK])
            for texts, _ in splits.values()
            for start in range(0, len(texts), _BLOCK)
        ]
    )
    places = {label: place for place, label in enumerate(classes)}
    labels = np.fromiter((places[label] for _, own in splits.values() for label in own), np.int32)
    rows = {name: len(texts) for name, (texts, _) in splits.items()}
    return assemble(
        numbered,
        numbering.keys,
        rows=rows,
        labels=labels,
        classes=classes,
        report=report,
        first_tests=splits["test"][0][:FIRST_TESTS] if "test" in splits else (),
    )


def tokenize_dataset(dataset: Dataset) -> TokenizedData:
    """A data set that is in memory."""
    return tokenize_splits(
        {name: getattr(dataset, name) for name in SPLIT_NAMES}, dataset.classes, report=dataset.report
    )


def tokenize_folder(folder: Path, *, processes: int) -> TokenizedData:
    """What `save_dataset` wrote, without its texts in memory at any time; raises DataError as `load_dataset` does.

    At most `processes` processes are at it, this one included, and fewer where there is little to do.
    """
    import pyarrow as pa

    try:
        with tempfile.TemporaryDirectory() as scratch:
            return _streamed(folder, _shares(folder, processes), Path(scratch))
    except (pa.ArrowException, OSError, LookupError, TypeError, ValueError):
        return tokenize_dataset(load_dataset(folder))  # which knows what to say of it


def _streamed(folder: Path, shares: list[range], scratch: Path) -> TokenizedData:
    about, own = about_data(folder), shares[0]
    helpers = [_Helper(folder, groups, scratch / str(groups.start)) for groups in shares[1:]]
    try:
        numbering, digest = Numbering(), DatasetDigest()
        numbered, labels, first_tests = [], [], []
        rows = dict.fromkeys(SPLIT_NAMES, 0)
        places = {label: place for place, label in enumerate(about["classes"])}
        left = _rows(folder, own)
        for name, split, _ in stored_parts(folder):
            if any(rows[later] for later in SPLIT_NAMES[SPLIT_NAMES.index(name) + 1 :]):
                raise ValueError("its splits do not lie one behind the other")
            digest.add(name, split)
            rows[name] += len(split.texts)
            labels.append(np.fromiter(map(places.__getitem__, split.labels), np.int32))
            if name == "test":
                first_tests += split.texts[: FIRST_TESTS - len(first_tests)]
            if left > 0:
                numbered.append(numbering.add(split.texts[:left]))
                left -= len(split.texts)
        if digest.hexdigest() != about["sha256"]:
            raise ValueError("its texts are not those that were saved")
        for helper in helpers:
            numbered += helper.result(numbering)
    finally:
        for helper in helpers:
            helper.end()
    return assemble(
        joined(numbered),
        numbering.keys,
        rows=rows,
        labels=np.concatenate([np.zeros(0, np.int32), *labels]),
        classes=about["classes"],
        report=about["report"],
        first_tests=first_tests,
    )


class _Helper:
    """A process that numbers some row groups; what it does not bring is done here."""

    def __init__(self, folder: Path, groups: range, out: Path) -> None:
        self._folder, self._groups, self._out = folder, groups, out
        self._process = None
        command = [sys.executable, "-m", __name__, str(folder.absolute()), str(groups.start), str(groups.stop)]
        with suppress(OSError):  # no more processes, or no more memory for one
            out.mkdir()
            self._process = subprocess.Popen(
                [*command, str(out)], cwd=_REPOSITORY, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )

    def result(self, numbering: Numbering) -> list[Numbered]:
        """Its texts, by the numbers of this process."""
        if self._process is None or self._process.wait() != 0:
            return list(_numbered(self._folder, self._groups, numbering))
        numbers = numbering.translation(json.loads((self._out / "keys.json").read_bytes()))
        flat, lengths = (np.load(self._out / f"{name}.npy", allow_pickle=False) for name in Numbered._fields)
        return [Numbered(numbers[flat], lengths)]

    def end(self) -> None:
        """Nothing of it is left running."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()


def main(arguments: Sequence[str]) -> int:
    """Number the row groups START to STOP of FOLDER, and write the numbers to OUT."""
    folder, start, stop, out = arguments
    parent, numbering, numbered = os.getppid(), Numbering(), []
    for part in _numbered(Path(folder), range(int(start), int(stop)), numbering):
        if os.getppid() != parent:
            return 1  # nobody waits for it any more
        numbered.append(part)
    for name, array in joined(numbered)._asdict().items():
        np.save(Path(out) / f"{name}.npy", array, allow_pickle=False)
    (Path(out) / "keys.json").write_text(json.dumps(numbering.keys), encoding="ascii")
    return 0


def _numbered(folder: Path, groups: Iterable[int], numbering: Numbering) -> Iterator[Numbered]:
    for _, split, _ in stored_parts(folder, groups=groups):
        yield numbering.add(split.texts)


def _shares(folder: Path, processes: int) -> list[range]:
    """Row groups for each process, the first for this one, which has the checking to do as well."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(folder / "data.parquet") as file:
        groups = file.metadata.num_row_groups
        sizes = [file.metadata.row_group(group).total_byte_size for group in range(groups)]
    ends = np.cumsum(sizes, dtype=np.int64)
    processes = max(1, min(processes, int(sum(sizes)) // BYTES_EACH))
    own = max(0.0, (1 + _CHECKING) / processes - _CHECKING)
    each = (1 - own) / max(1, processes - 1)
    shares = [own + each * place for place in range(processes)]  # where each share ends, of 1
    stops = [int(np.searchsorted(ends, share * sum(sizes) - 1)) + 1 for share in shares[:-1]] + [groups]
    return [range(start, stop) for start, stop in zip([0, *stops[:-1]], stops, strict=True)]


def _rows(folder: Path, groups: range) -> int:
    import pyarrow.parquet as pq

    with pq.ParquetFile(folder / "data.parquet") as file:
        return sum(file.metadata.row_group(group).num_rows for group in groups)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
