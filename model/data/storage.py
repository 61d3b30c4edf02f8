"""A Dataset on disk: data.parquet with every text, data.json with the rest."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from model.data.about import damaged, read_about, write_about
from model.data.dataset import SPLIT_NAMES, Dataset, DatasetDigest, Spans, Split
from model.errors import DataError

_FORMAT = 1
_FIELDS = {"format": int, "name": str, "classes": list, "report": dict, "sha256": str}
_WHAT = "data set"
_ROWS, _CHARACTERS = 20_000, 1 << 24  # of texts held at once on their way to the disk

Part = tuple[str, Split, list[Spans] | None]  # a split's name, some of its texts, their rationales


def save_dataset(dataset: Dataset, folder: str | Path) -> Path:
    """Write a dataset into a folder, made if need be; data.json comes last, so a folder with it is whole."""
    folder = Path(folder)
    write_texts(folder, _parts(dataset), with_rationales=dataset.rationales is not None)
    write_about_data(folder, name=dataset.name, classes=dataset.classes, report=dataset.report, sha256=dataset.sha256)
    return folder


def write_texts(folder: Path, parts: Iterable[Part], *, with_rationales: bool = False) -> str:
    """Write data.parquet from texts that come a part at a time, split by split, and return their `dataset_hash`."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder.mkdir(parents=True, exist_ok=True)
    fields = {"split": pa.string(), "label": pa.string(), "text": pa.string()}
    if with_rationales:
        fields["rationale"] = pa.list_(pa.list_(pa.int32()))
    schema, digest = pa.schema(fields), DatasetDigest()
    draft = folder / "data.parquet.part"
    try:
        with pq.ParquetWriter(draft, schema, compression="zstd", use_dictionary=["split", "label"]) as writer:
            for name, split, spans in parts:
                digest.add(name, split)
                columns = {"split": [name] * len(split.texts), "label": split.labels, "text": split.texts}
                if with_rationales:
                    columns["rationale"] = [list(map(list, text)) for text in spans]
                writer.write_table(pa.table(columns, schema=schema))
        os.replace(draft, folder / "data.parquet")
    finally:
        draft.unlink(missing_ok=True)
    return digest.hexdigest()


def write_about_data(folder: Path, *, name: str, classes: list[str], report: dict, sha256: str) -> None:
    """Write data.json, which says that the folder is whole."""
    write_about(folder, {"format": _FORMAT, "name": name, "classes": classes, "report": report, "sha256": sha256})


def batches(lengths: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Cut texts of these lengths into runs [start, end) that are small enough to be held in memory at once."""
    start = end = held = 0
    for length in lengths:
        if end > start and (end - start >= _ROWS or held + length > _CHARACTERS):
            yield start, end
            start, held = end, 0
        held += length
        end += 1
    if end > start:
        yield start, end


def load_dataset(folder: str | Path) -> Dataset:
    """Read what save_dataset wrote; raises DataError if it is missing, malformed or not what was saved."""
    import pyarrow as pa

    folder = Path(folder)
    about = about_data(folder)
    splits = {name: Split([], []) for name in SPLIT_NAMES}
    rationales: dict[str, list[Spans]] = {name: [] for name in SPLIT_NAMES}
    known = False
    try:
        for name, split, spans in stored_parts(folder):
            if name not in splits:
                raise _damaged(folder, f"{name[:60]!r} is no split")
            splits[name].texts.extend(split.texts)
            splits[name].labels.extend(split.labels)
            known = spans is not None
            rationales[name].extend(spans or ())
        digest = DatasetDigest()
        for name, split in splits.items():
            digest.add(name, split)
    except (pa.ArrowException, OSError, LookupError, TypeError, ValueError) as error:
        raise _damaged(folder, f"data.parquet: {error}") from None
    if digest.hexdigest() != about["sha256"]:
        raise _damaged(folder, "its texts are not those that were saved")
    return Dataset(
        name=about["name"],
        **splits,
        classes=about["classes"],
        report=about["report"],
        sha256=about["sha256"],
        rationales=rationales if known else None,
    )


def first_texts(folder: Path, count: int, *, split: str | None = None) -> Split:
    """The first `count` stored texts, of one split or of all, without the rest in memory.

    Raises DataError for a file that cannot be read.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    found, path = Split([], []), folder / "data.parquet"
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=4096, columns=["split", "label", "text"]):
                kept = batch if split is None else batch.filter(pc.equal(batch.column("split"), split))
                found.texts.extend(kept.column("text").to_pylist())
                found.labels.extend(kept.column("label").to_pylist())
                if len(found.texts) >= count:
                    break
    except (pa.ArrowException, OSError, KeyError) as error:
        raise DataError(f"{path} cannot be read ({error}); train again from the original file.") from None
    return Split(found.texts[:count], found.labels[:count])


def stored_parts(folder: Path, *, groups: Iterable[int] | None = None) -> Iterator[Part]:
    """The stored texts a few thousand at a time, of all row groups or of some.

    Equal labels are one string, so that memory is for texts alone. Raises what a damaged file makes pyarrow raise.
    """
    import pyarrow.parquet as pq

    with pq.ParquetFile(folder / "data.parquet", read_dictionary=["split", "label"]) as file:
        labels: dict[str, str] = {}
        for batch in file.iter_batches(batch_size=4096, row_groups=groups):
            columns = dict(zip(batch.schema.names, batch.columns, strict=True))
            texts, names = columns["text"].to_pylist(), columns["split"].to_pylist()
            own = [labels.setdefault(label, label) for label in columns["label"].to_pylist()]
            spans = columns["rationale"].to_pylist() if "rationale" in columns else None
            for name in dict.fromkeys(names):
                places = [place for place, other in enumerate(names) if other == name]
                marked = spans and [[(start, end) for start, end in spans[place]] for place in places]
                yield name, Split([texts[place] for place in places], [own[place] for place in places]), marked


def _parts(dataset: Dataset) -> Iterator[Part]:
    for name in SPLIT_NAMES:
        split = getattr(dataset, name)
        spans = dataset.rationales and dataset.rationales[name]
        for start, end in batches(map(len, split.texts)):
            yield name, Split(split.texts[start:end], split.labels[start:end]), spans and spans[start:end]


def about_data(folder: Path) -> dict:
    """What data.json says: format, name, classes, report, sha256. Raises DataError where it is malformed."""
    return read_about(folder, _FIELDS, version=_FORMAT, what=_WHAT)


def _damaged(folder: Path, reason: str) -> DataError:
    return damaged(folder, reason, what=_WHAT)
