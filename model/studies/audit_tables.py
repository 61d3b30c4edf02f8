"""The words of an audit: those with most weight and most effect in one table, and those that may mislead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from model.compare.audit import means_by_thing, ranks, text_of_token, times_uniform, tops
from model.compare.shortcuts import Shortcut, shortcuts
from model.compare.significance import wilson_interval
from model.data.dataset import Dataset
from model.estimator import AttentionClassifier
from model.studies.audit_reading import Reading, encoded, read, texts_with
from model.studies.text_by_text import Record
from model.text.vocabulary import UNK
from model.training.batches import Documents
from model.training.inference import logits

MOST_WORDS = 10  # of a class by weight, and by effect
MOST_SHORTCUTS = 20
_MOST_COUNTED = 100_000  # training texts whose words are counted: the first ones, a fair sample
_MOST_READ = 50  # training texts of a shortcut that the model is asked about


def word_table(reading: Reading, records: Sequence[Record], classes: Sequence[str]) -> list[dict[str, Any]]:
    """The words with most weight and those with most effect, class by class, each with both figures and both ranks.

    {"class", "word", "count", "texts", "weight", "weight_interval", "weight_rank", "effect", "effect_interval",
    "effect_texts", "effect_rank"}. Weight, times uniform, is the mean in texts of which the model predicts the class,
    and there the word is counted; the effect is how far the class's logit falls without the word (see `audit`), mean
    of the records' texts that have it. Ranks are among words in five texts or more, None for others. Unknown words,
    which are all one to the model, are left out.
    """
    words = len(reading.vocabulary)
    times = times_uniform(reading.weights, reading.lengths)
    predicted = reading.predicted[text_of_token(reading.lengths)]
    known = reading.ids > UNK
    lengths = np.array([len(record["ids"]) for record in records], np.int64)
    ids = np.array([each for record in records for each in record["ids"]], np.int64)
    effects = np.array([row for record in records for row in record["effects"]], np.float64)
    effects = effects.reshape(len(ids), len(classes))
    table = []
    for column, name in enumerate(classes):
        weight = means_by_thing(
            reading.ids, np.where(known & (predicted == column), times, np.nan), reading.lengths, count=words
        )
        effect = means_by_thing(ids, np.where(ids > UNK, effects[:, column], np.nan), lengths, count=words)
        chosen = [tops(each.mean, each.texts, most=MOST_WORDS) for each in (weight, effect)]
        rank = [ranks(each.mean, each.texts) for each in (weight, effect)]
        for word in dict.fromkeys(np.concatenate(chosen).tolist()):
            table.append({
                "class": name,
                "word": reading.vocabulary.words[word],
                "count": int(weight.count[word]),
                "texts": int(weight.texts[word]),
                "weight": _number(weight.mean[word]),
                "weight_interval": _interval(weight.low[word], weight.high[word]),
                "weight_rank": int(rank[0][word]) or None,
                "effect": _number(effect.mean[word]),
                "effect_interval": _interval(effect.low[word], effect.high[word]),
                "effect_texts": int(effect.texts[word]),
                "effect_rank": int(rank[1][word]) or None,
            })  # fmt: skip
    return table


def shortcut_table(classifier: AttentionClassifier, dataset: Dataset) -> tuple[list[dict[str, Any]], int]:
    """Words that get weight and predict a class in training but not in the test, and how many get none beyond 1.

    {"word", "class", "why", "weight", "weight_interval", "effect", "effect_interval", "train", "test"}: train and
    test {"share" of the texts with the word that have the class, None without any, "n", "low", "high", "of all": the
    class's share of all texts}; "why" as in `compare.shortcuts`. Weight, times uniform, and effect, how far the
    class's logit falls without all of the word, are means over training texts that have it, at most 50.
    """
    classes = classifier.classes_.tolist()
    columns = {str(label): column for column, label in enumerate(classes)}
    counted, sizes, ids = [], [], []
    for split in (dataset.train, dataset.test):
        texts = split.texts[:_MOST_COUNTED]
        labels = np.array([columns[str(label)] for label in split.labels[: len(texts)]], np.int64)
        ids.append(encoded(classifier, texts)[0])
        counted.append(texts_with(ids[-1], labels, words=len(classifier.vocabulary_), classes=len(classes)))
        sizes.append(np.bincount(labels, minlength=len(classes)))
    found = shortcuts(counted[0], sizes[0], counted[1], sizes[1])[:MOST_SHORTCUTS]
    rows, passed_over = [], 0
    for each in found:
        places = [place for place, row in enumerate(ids[0]) if each.word in row][:_MOST_READ]
        weight, effect = _weight_and_effect(classifier, [dataset.train.texts[place] for place in places], each)
        if not weight[1] or weight[1][0] <= 1.0:  # no more than its share, or not surely
            passed_over += 1
            continue
        rows.append({
            "word": classifier.vocabulary_.words[each.word],
            "class": str(classes[each.column]),
            "why": each.why,
            "weight": weight[0],
            "weight_interval": weight[1],
            "effect": effect[0],
            "effect_interval": effect[1],
            "train": _share(*each.train, sizes[0], each.column),
            "test": _share(*each.test, sizes[1], each.column),
        })  # fmt: skip
    return rows, passed_over


Mean = tuple[float | None, list[float] | None]


def _weight_and_effect(classifier: AttentionClassifier, texts: Sequence[str], each: Shortcut) -> tuple[Mean, Mean]:
    """The word's weight times uniform and its effect on the class's logit, means with their intervals."""
    reading = read(classifier, texts)
    its_own = np.where(reading.ids == each.word, times_uniform(reading.weights, reading.lengths), np.nan)
    weight = means_by_thing(np.zeros_like(reading.ids), its_own, reading.lengths, count=1)
    rows = np.split(reading.ids, np.cumsum(reading.lengths)[:-1])
    device = classifier.network_.embedding.weight.device
    said = [
        logits(classifier.network_, Documents(ids, device=device)).astype(np.float64)
        for ids in (rows, [row[row != each.word] for row in rows])
    ]
    whole, without = (one[:, each.column] - one.mean(axis=1) for one in said)
    ones = np.ones(len(rows), np.int64)
    effect = means_by_thing(ones * 0, whole - without, ones, count=1)
    return _mean(weight), _mean(effect)


def _mean(found: Any) -> Mean:
    return _number(found.mean[0]), _interval(found.low[0], found.high[0])


def _share(hits: int, texts: int, sizes: np.ndarray, column: int) -> dict[str, Any]:
    of_all = float(sizes[column] / sizes.sum())
    if not texts:
        return {"share": None, "n": 0, "low": None, "high": None, "of all": of_all}
    share, low, high = wilson_interval(hits, texts)
    return {"share": share, "n": texts, "low": low, "high": high, "of all": of_all}


def _number(value: float) -> float | None:
    return float(f"{value:.6g}") if np.isfinite(value) else None


def _interval(low: float, high: float) -> list[float] | None:
    return [_number(low), _number(high)] if np.isfinite(low) and np.isfinite(high) else None
