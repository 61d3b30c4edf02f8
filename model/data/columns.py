"""Which column holds what: a header row, the texts, the labels and the split."""

import re
import statistics
from collections.abc import Collection, Sequence
from typing import NamedTuple

# In order of preference; matched against the whole name first, then against each of its words.
LABEL_NAMES = (
    *("label", "labels", "class", "category", "sentiment", "target", "class label", "class index"),
    *("topic", "intent", "emotion", "polarity", "rating", "stars", "score", "tag", "genre", "spam", "type", "y"),
    *("标签", "类别", "分类", "情感", "评分"),
)
TEXT_NAMES = (
    *("text", "texts", "sentence", "review", "content", "document", "body", "message", "comment", "tweet"),
    *("description", "article", "news", "post", "question", "utterance", "phrase", "abstract", "sms", "email"),
    *("文本", "内容", "评论", "句子", "正文"),
)
TITLE_NAMES = ("title", "headline", "subject", "标题")
SPLIT_NAMES = ("split", "set", "subset", "partition", "fold", "dataset")
_OTHER_NAMES = ("id", "idx", "index", "source", "author", "date", "url", "name", "user", "lang", "language")
_KNOWN = frozenset((*LABEL_NAMES, *TEXT_NAMES, *TITLE_NAMES, *SPLIT_NAMES, *_OTHER_NAMES)) - {"y", "spam", "news"}
SPLITS = {  # as written -> as said here
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("validation", "valid", "val", "dev", "development", "eval"), "validation"),
    **dict.fromkeys(("test", "testing"), "test"),
}


class Columns(NamedTuple):
    """The names of the columns to use; an empty `text` or a None means that none was found."""

    text: tuple[str, ...]
    label: str | None
    split: str | None


NOTHING = Columns((), None, None)


def has_header(rows: Sequence[Sequence[str]], *, wanted: Collection[str] = ()) -> bool:
    """Tell whether the first of some rows names the columns; `wanted` are names known to stand there.

    A known name decides; otherwise each column votes on whether its first cell is like those below it.
    """
    first, rest = [cell.strip() for cell in rows[0]], rows[1:]
    if any(cell in wanted for cell in first if cell):
        return True
    columns = [[row[i].strip() for row in rest if i < len(row) and row[i].strip()] for i in range(len(first))]
    named = [_plain(cell) in _KNOWN and cell not in below for cell, below in zip(first, columns, strict=True)]
    if any(named):
        return True
    if len(first) < 2 or not rest:
        return False
    numbers = [cell for cell in first if cell]
    if numbers == [str(i) for i in range(len(numbers))] and len(numbers) > 1:  # pandas' names for nameless columns
        return not all(_is_number(cell) for below in columns for cell in below[:20])
    return sum(_vote(cell, below) for cell, below in zip(first, columns, strict=True)) > 0


def _vote(cell: str, below: list[str]) -> int:
    """Above 0 if a cell is unlike those below it, as a name is; below 0 if it is one of them; 0 if it may be both."""
    if not cell or not below:
        return 0
    if sum(map(_is_number, below)) >= 0.9 * len(below):
        return -2 if _is_number(cell) else 2
    usual = statistics.fmean(map(len, below))
    if usual > 25:
        return 1 if len(cell) < 0.4 * usual and len(cell.split()) <= 4 else -1
    if len(below) >= 3 and len(set(below)) <= max(2, len(below) / 4):
        return -1 if cell in below else 1
    return 0


def name_columns(cells: Sequence[str]) -> list[str]:
    """Return a header row's cells as names that are neither empty nor twice the same."""
    names: list[str] = []
    for place, cell in enumerate(cells, 1):
        name = stem = cell.strip().lstrip("\ufeff") or f"column {place}"
        number = 2
        while name in names:
            name, number = f"{stem} ({number})", number + 1
        names.append(name)
    return names


def guess_columns(
    names: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    labelled: bool = True,
    given: Columns = NOTHING,
) -> Columns:
    """Guess from names, then from the looks of some rows, the columns that are not `given`.

    With `labelled=False` no column is taken for the labels on its looks alone.
    """
    cells = {name: [row[i] for row in rows if row[i].strip()] for i, name in enumerate(names)}
    free = [name for name in names if name not in (*given.text, given.label, given.split)]
    split = given.split or _find_split({name: cells[name] for name in free})
    free = [name for name in free if name != split]
    label = given.label or _by_name(free, LABEL_NAMES)
    if labelled and given.label is None:
        label = _find_label(free, cells, all_labels=bool(given.text))
    if not given.text and free == [label]:
        label = None
    text = given.text or _find_texts([name for name in free if name != label], cells)
    return Columns(text, label, split)


def _find_split(cells: dict[str, list[str]]) -> str | None:
    for name, values in cells.items():
        if _plain(name) in SPLIT_NAMES and values and all(value.strip().lower() in SPLITS for value in values):
            return name
    return None


def _find_label(names: Sequence[str], cells: dict[str, list[str]], *, all_labels: bool) -> str | None:
    labelled = [name for name in names if _looks_like_labels(cells[name])]
    found = _by_name(labelled, LABEL_NAMES) or _by_name(names, LABEL_NAMES)
    if found:
        return found
    if not all_labels:  # the texts are among these columns, and labels are looked for beside them
        texts = _by_name(names, TEXT_NAMES) or max(names, key=lambda name: _mean_length(cells[name]), default=None)
        labelled = [name for name in labelled if name != texts]
    # The column with the fewest different short values, two or more where it can be, and the last on a tie.
    several = [(len(set(cells[name])), -place, name) for place, name in enumerate(labelled)]
    return min(several, key=lambda entry: (entry[0] < 2, entry), default=(0, 0, None))[2]


def _find_texts(names: Sequence[str], cells: dict[str, list[str]]) -> tuple[str, ...]:
    titles = [name for name in names if _plain(name) in TITLE_NAMES]
    rest = [name for name in names if name not in titles]
    body = _by_name(rest, TEXT_NAMES)
    if body is None and not titles:
        worded = [name for name in rest if cells[name] and not all(map(_is_number, cells[name]))]
        body = max(worded, key=lambda name: _mean_length(cells[name]), default=None)
    return tuple(name for name in names if name == body or name in titles)


def _by_name(names: Sequence[str], known: Sequence[str]) -> str | None:
    for wanted in known:
        for name in names:
            if _plain(name) == wanted:
                return name
    for wanted in known:
        inside = [name for name in names if wanted in _plain(name).split()]
        if inside:
            return min(inside, key=lambda name: len(_plain(name).split()))
    return None


def _looks_like_labels(values: list[str]) -> bool:
    if not values:
        return False
    return len(set(values)) <= max(20, len(values) / 4) and _mean_length(values) <= 40


def _mean_length(values: Sequence[str]) -> float:
    return statistics.fmean(map(len, values)) if values else 0.0


def _plain(name: str) -> str:
    spaced = re.sub(r"([a-z])([A-Z])", r"\1 \2", name)
    return re.sub(r"[\s_\-.]+", " ", spaced).strip().lower()


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
