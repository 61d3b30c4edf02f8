"""Whether labels are labels, and whether there are enough texts of each to learn and to test."""

from collections.abc import Collection, Mapping

from model.errors import DataError

MAX_CLASSES = 200
MAX_LABEL = 100  # characters on average: longer ones are sentences
LONGEST_LABEL = 1000


class ColumnsError(DataError):
    """The columns do not hold what they were chosen for: the same file may do with others."""


def check_labels(counts: Mapping[str, int], name: str, column: str | None) -> None:
    """Raise ColumnsError where labels are free text, one class only, or more classes than sense."""
    rows = sum(counts.values())
    what = f"the label column {column!r}" if column else "the labels"
    example = shorten(max(counts, key=len, default=""))
    other = "name the column of the classes (--label-column)"
    if len(counts) == 1:
        raise ColumnsError(f"{name}: all {rows:,} labels are {example}; a classifier needs texts of two classes.")
    # A class that stands for one or two texts each is no class; a handful of rows may still be that varied.
    if len(counts) > 20 and len(counts) > rows / 3:
        raise ColumnsError(
            f"{name}: {what} is free text or an identifier: {len(counts):,} different values in {rows:,} "
            f"rows, such as {example}; {other}."
        )
    if sum(map(len, counts)) > MAX_LABEL * len(counts) or max(map(len, counts)) > LONGEST_LABEL:
        raise ColumnsError(f"{name}: {what} holds sentences, such as {example}; {other}.")
    if len(counts) > MAX_CLASSES:
        raise ColumnsError(
            f"{name}: {what} has {len(counts):,} classes, more than {MAX_CLASSES}; group them, or {other}."
        )


def check_classes(counts: Mapping[str, int], name: str, least: int) -> None:
    """Raise ColumnsError where a class has fewer texts than splits want one of it, or only one class is left."""
    if not counts:
        raise ColumnsError(f"{name} has no training text left: all are duplicates, conflicting or in the test split.")
    if len(counts) == 1:
        (label,) = counts
        raise ColumnsError(f"{name}: only texts of {label!r} are left to train on; a classifier needs two classes.")
    small = {label: count for label, count in counts.items() if count < least}
    if small:
        listed = ", ".join(f"{shorten(label)} has {count}" for label, count in sorted(small.items())[:5])
        more = f" and {len(small) - 5} more classes are as small" if len(small) > 5 else ""
        raise ColumnsError(
            f"{name}: {listed}{more}; a class needs {least} different texts to be split; "
            "add some or remove the class."
        )


def check_no_strangers(counts: Mapping[str, int], known: Collection[str], name: str, split: str) -> None:
    """Raise ColumnsError where a split has a label that no training text has."""
    strange = {label: count for label, count in counts.items() if label not in known}
    if strange:
        listed = ", ".join(f"{shorten(label)} ({count:,} rows)" for label, count in sorted(strange.items())[:5])
        labels = ", ".join(map(shorten, sorted(known)[:10]))
        raise ColumnsError(
            f"{name}: the {split} split has labels that train lacks: {listed}; train has {labels}. "
            "Rename or remove them."
        )


def shorten(label: str) -> str:
    """Return a label in quotes, cut to 60 characters."""
    return repr(label if len(label) <= 60 else label[:59] + "…")
