"""The record of a text split by position: what language models learn from and are measured on."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from model.data.dataset import SPLIT_NAMES
from model.errors import DataError

LEAST_CHARACTERS = 1_000
_LEAST_SPLIT = 20  # visible characters
_SHARE = 0.1  # of the text, for validation and for test each
_NEAR = 0.02  # of the text: how far from its place a cut may be moved
_ENDS = ("\n", " ", "。")  # a cut stands behind one of these; the first found near it wins


@dataclass(frozen=True)
class Corpus:
    """One long text in three parts; line ends are "\\n"."""

    name: str
    train: str
    validation: str
    test: str
    report: dict  # characters and lines: {split: count}; encoding; rows (of a table, else 0); dropped {reason: rows}
    sha256: str  # of the three parts


def make_corpus(
    text: str,
    *,
    name: str,
    encoding: str | None = None,
    rows: int = 0,
    dropped: Mapping[str, int] | None = None,
    validation: str | None = None,
    test: str | None = None,
) -> Corpus:
    """Cut a text by position: its last tenth is the test part, the tenth before that the validation part.

    A part that is given is not cut from it. Cuts are moved to the nearest line end close by, else to white space.
    Raises DataError for a text that is too short.
    """
    if len(text.strip()) < LEAST_CHARACTERS:
        raise DataError(
            f"{name} has {len(text.strip()):,} characters; "
            f"a language model needs {LEAST_CHARACTERS:,} or more to learn from."
        )
    parts, end = {"train": text, "validation": validation, "test": test}, len(text)
    for split in ("test", "validation"):
        if parts[split] is None:
            start = _cut(text, end - round(_SHARE * len(text)))
            parts[split], end = text[start:end], start
    parts["train"] = text[:end]
    for split, part in parts.items():
        if len(part.strip()) < _LEAST_SPLIT:
            raise DataError(f"{name}: its {split} part is nearly empty ({part.strip()!r}); give a longer text.")
    report = {
        "characters": {split: len(part) for split, part in parts.items()},
        "lines": {split: part.count("\n") + (not part.endswith("\n")) for split, part in parts.items()},
        "encoding": encoding,
        "rows": rows,
        "dropped": dict(dropped or {}),
    }
    return Corpus(name=name, **parts, report=report, sha256=corpus_hash(parts))


def corpus_hash(parts: Mapping[str, str]) -> str:
    """Return the SHA-256 (hex) of the three parts: a line "split bytes", then the part in UTF-8, of each."""
    digest = hashlib.sha256()
    for split in SPLIT_NAMES:
        data = parts[split].encode()
        digest.update(f"{split} {len(data)}\n".encode())
        digest.update(data)
    return digest.hexdigest()


def _cut(text: str, place: int) -> int:
    near = int(_NEAR * len(text))
    for end in _ENDS:
        found = (text.rfind(end, place - near, place), text.find(end, place, place + near))
        behind = [at + 1 for at in found if at >= 0]
        if behind:
            return min(behind, key=lambda at: abs(at - place))
    return place
