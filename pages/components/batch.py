"""What one or two models say of many texts: predicted a batch at a time, remembered, filtered and sorted."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from model.runs.run import Run
from pages.components import caches
from pages.components.lists import TextList

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

BATCH = 500  # texts predicted in one go, after which the progress bar moves
UNSURE = 0.6  # a probability below it leaves the prediction open
TOP_WORDS = 5
ALL, WRONG, UNSURE_ONES, DISAGREE = "all", "wrong", "unsure", "models disagree"
SORTS = {  # as shown -> column, and whether its largest come first; None for the order in which the texts came
    "as listed": None,
    "least sure first": ("confidence", False),
    "most sure first": ("confidence", True),
    "by prediction": ("prediction", False),
}


class Predicted(NamedTuple):
    """The predicted label of each text, and its probability (N,)."""

    labels: list[str]
    confidences: np.ndarray


def predicted(run: Run, texts: Sequence[str], *, progress: Callable[[float], Any] = lambda _: None) -> Predicted:
    """A model's predictions, from memory where it has made them before; `progress` gets the share done. LabError."""
    import numpy as np

    parts = []
    for start in range(0, len(texts), BATCH):
        batch = texts[start : start + BATCH]
        key = (run.id, "predicted", fingerprint(batch))
        if key not in caches.batches():
            progress(start / len(texts))
        parts.append(caches.batches().recall(key, lambda batch=batch: _predict(run, batch)))
    labels = [label for part in parts for label in part.labels]
    return Predicted(labels, np.concatenate([part.confidences for part in parts] or [np.zeros(0)]))


def _predict(run: Run, texts: Sequence[str]) -> Predicted:
    classifier = caches.classifier(run)
    probabilities = classifier.predict_proba(list(texts))  # (N, C)
    names = classifier.classes_.tolist()
    return Predicted([str(names[place]) for place in probabilities.argmax(axis=1)], probabilities.max(axis=1))


def fingerprint(texts: Sequence[str]) -> str:
    """A short name of these texts in this order, different for any others."""
    digest = hashlib.blake2b(digest_size=16)
    for text in texts:
        content = text.encode("utf-8", "surrogatepass")
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()


# -- the table ---------------------------------------------------------------------------------------------------


def table(listed: TextList, first: Predicted, second: Predicted | None, *, classes: Sequence[str]) -> pd.DataFrame:
    """A row a text: text, prediction and confidence; label and right; other and other confidence of a second model.

    `right` is None for a text without a label, or with one that is none of `classes`.
    """
    import pandas as pd

    columns: dict[str, Any] = {
        "text": listed.texts,
        "prediction": first.labels,
        "confidence": first.confidences,
    }
    if listed.labels is not None:
        pairs = zip(listed.labels, first.labels, strict=True)
        columns["label"] = listed.labels
        columns["right"] = pd.Series(
            [label == said if label in classes else None for label, said in pairs], dtype="object"
        )
    if second is not None:
        columns["other"] = second.labels
        columns["other confidence"] = second.confidences
    return pd.DataFrame(columns)


def strange_labels(listed: TextList, *, classes: Sequence[str]) -> list[str]:
    """The labels that the model does not know, one for each text that has one."""
    return [label for label in listed.labels or () if label and label not in classes]


def kinds(rows: pd.DataFrame) -> dict[str, np.ndarray]:
    """The filters that make sense here: what each is called, and which rows pass it, bool (N,)."""
    import numpy as np

    found = {ALL: np.ones(len(rows), bool)}
    if "right" in rows and rows["right"].notna().any():
        found[WRONG] = (rows["right"] == False).to_numpy(bool)  # noqa: E712 (None is neither right nor wrong)
    found[UNSURE_ONES] = (rows["confidence"] < UNSURE).to_numpy(bool)
    if "other" in rows:
        found[DISAGREE] = (rows["prediction"] != rows["other"]).to_numpy(bool)
    return found


def arranged(rows: pd.DataFrame, passing: np.ndarray, sort: str) -> pd.DataFrame:
    """The rows that pass a filter, in the order named by `SORTS`; equal ones stay in the order they came."""
    kept = rows[passing]
    if SORTS[sort] is None:
        return kept
    column, largest_first = SORTS[sort]
    return kept.sort_values(column, ascending=not largest_first, kind="stable")


# -- the strongest words -----------------------------------------------------------------------------------------


def top_words(tokens: Sequence[str], values: Sequence[float], *, seed: int, most: int = TOP_WORDS) -> list[str]:
    """The different tokens with the highest positive values, highest first; ties in an order that `seed` decides."""
    import numpy as np

    from model.explain.agreement import ranking

    found: dict[str, str] = {}
    for place in ranking(np.asarray(values), seed=seed):
        if len(found) == most or not values[place] > 0:
            break
        found.setdefault(tokens[place].lower(), tokens[place])
    return list(found.values())


def strongest(run: Run, texts: Sequence[str]) -> list[list[str]]:
    """The top words of each text: by attention, or by input x gradient for the prediction in a model without it."""
    return caches.batches().recall((run.id, "strongest", fingerprint(texts)), lambda: _strongest(run, texts))


def all_strongest(run: Run, texts: Sequence[str]) -> list[list[str]]:
    """`strongest` for texts without number, a batch at a time."""
    starts = range(0, len(texts), BATCH)
    return [found for start in starts for found in strongest(run, texts[start : start + BATCH])]


def _strongest(run: Run, texts: Sequence[str]) -> list[list[str]]:
    from model.explain.explanation import text_seed

    classifier = caches.classifier(run)
    weights = classifier.attention(list(texts))
    rows = [_input_x_gradient(classifier, text) for text in texts] if weights is None else weights
    found = []
    for text, values in zip(texts, rows, strict=True):
        tokens = [text[token.start : token.end] for token in classifier.tokenize(text)]
        found.append(top_words(tokens, values, seed=text_seed(text)))
    return found


def _input_x_gradient(classifier: Any, text: str) -> np.ndarray:
    from model.explain.attribution import attribute
    from model.explain.figures import predict_ids

    tokenized = classifier.vocabulary_.tokenize(text, max_tokens=classifier.settings.max_tokens)
    best = predict_ids(classifier.network_, tokenized.ids).best
    return attribute(classifier.network_, tokenized.ids, method="input_x_gradient", target=best).values


# -- taking it along ---------------------------------------------------------------------------------------------

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def inert(cell: str) -> str:
    """A text as a cell that no spreadsheet takes for a formula: an apostrophe before what would begin one."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def as_csv(rows: pd.DataFrame, *, words: Sequence[Sequence[str]] | None = None) -> bytes:
    """The whole table in UTF-8, with a mark by which spreadsheets know it, and nothing in it that they would run."""
    columns = [name for name in rows.columns if name != "right"]
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow([*columns, *(["top words"] if words is not None else [])])
    for number, row in enumerate(rows[columns].itertuples(index=False)):
        cells = [inert(cell) if isinstance(cell, str) else f"{cell:.6f}" for cell in row]
        writer.writerow(cells + ([] if words is None else [inert(" ".join(words[number]))]))
    return file.getvalue().encode("utf-8-sig", "replace")
