"""The words of an audit: those with most weight and most effect in one table, and those that may mislead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from model.compare.audit import Means, means_by_thing, ranks, text_of_token, times_uniform, tops
from model.compare.shortcuts import Shortcut, shortcuts, wilson_low
from model.compare.significance import wilson_interval
from model.data.dataset import Dataset
from model.estimator import AttentionClassifier
from model.studies.audit_reading import Reading, centred_logits, encoded, read, texts_with
from model.studies.text_by_text import Record
from model.text.vocabulary import UNK

MOST_WORDS = 10  # of a class by weight, and by effect
MOST_SHORTCUTS = 20
_MOST_COUNTED = 100_000  # training texts whose words are counted: the first ones, a fair sample
_MOST_NOMINATED = 30  # of a class by either sign that a word may have effect
_MOST_DELETED = 20  # test texts in which a word is deleted
_MOST_READ = 50  # training texts of a shortcut that the model is asked about


def word_table(classifier: AttentionClassifier, reading: Reading, records: Sequence[Record]) -> list[dict[str, Any]]:
    """The words with most weight and those with most effect, class by class, each with both figures and both ranks.

    {"class", "word", "count", "texts", "weight", "weight_interval", "weight_rank", "effect", "effect_interval",
    "effect_texts", "effect_rank"}. Weight, times uniform, is the mean in texts of which the model predicts the class,
    and there the word is counted. The effect is how far the class's logit, less the mean of all logits, falls without
    the word, mean of the first 20 texts that have it. It is measured for the words with most weight, those that do
    most in the records of `audit`, and those that stand most often beside the prediction; "effect_rank" is among
    these, "weight_rank" among all words in five texts or more. Unknown words, all one to the model, are left out.
    """
    words, classes = len(reading.vocabulary), [str(label) for label in classifier.classes_.tolist()]
    times = times_uniform(reading.weights, reading.lengths)
    predicted = reading.predicted[text_of_token(reading.lengths)]
    known = reading.ids > UNK
    nominated = _nominated(reading, records, classes=len(classes))
    weights = [
        means_by_thing(
            reading.ids, np.where(known & (predicted == each), times, np.nan), reading.lengths, count=words
        )
        for each in range(len(classes))
    ]
    heaviest = [tops(weight.mean, weight.texts, most=MOST_WORDS) for weight in weights]
    asked = np.unique(np.concatenate([*nominated, *heaviest]))
    effects = _effects(classifier, reading, asked, classes=len(classes))
    table = []
    for name, weight, heavy, effect in zip(classes, weights, heaviest, effects, strict=True):
        rank = ranks(weight.mean, weight.texts), ranks(effect.mean, effect.texts)
        for word in dict.fromkeys([*heavy.tolist(), *tops(effect.mean, effect.texts, most=MOST_WORDS).tolist()]):
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


def _nominated(reading: Reading, records: Sequence[Record], *, classes: int) -> list[np.ndarray]:
    """Words in five texts or more that may have effect, of each class: by the records, and by what is predicted."""
    words = len(reading.vocabulary)
    rows = reading.rows
    held = texts_with(rows, reading.predicted, words=words, classes=classes)  # (V, C)
    texts = held.sum(axis=1)
    lift = wilson_low(held, texts[:, None])  # the share of the class's prediction that the word surely has
    ids = np.array([each for record in records for each in record["ids"]], np.int64)
    effects = np.array([row for record in records for row in record["effects"]], np.float64).reshape(-1, classes)
    lengths = np.array([len(record["ids"]) for record in records], np.int64)
    found = []
    for column in range(classes):
        deleted = means_by_thing(ids, effects[:, column], lengths, count=words)
        found += [tops(figures, texts, most=_MOST_NOMINATED) for figures in (deleted.mean, lift[:, column])]
    return found


def _effects(classifier: AttentionClassifier, reading: Reading, words: np.ndarray, *, classes: int) -> list[Means]:
    """How far each class's logit falls without each of the words, in the first texts that have it."""
    rows = reading.rows
    places: dict[int, list[int]] = {word: [] for word in words.tolist()}
    for place, row in enumerate(rows):
        for word in places.keys() & set(row.tolist()):
            if len(places[word]) < _MOST_DELETED:
                places[word].append(place)
    pairs = [(word, place) for word, of_word in places.items() for place in of_word]
    without = [rows[place][rows[place] != word] for word, place in pairs]
    falls = reading.centred[[place for _, place in pairs]] - centred_logits(classifier, without)  # (P, C)
    things, ones = np.array([word for word, _ in pairs], np.int64), np.ones(len(pairs), np.int64)
    return [means_by_thing(things, falls[:, each], ones, count=len(reading.vocabulary)) for each in range(classes)]


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
    rows = [row[row != each.word] for row in reading.rows]
    fall = (reading.centred - centred_logits(classifier, rows))[:, each.column]
    ones = np.ones(len(rows), np.int64)
    effect = means_by_thing(ones * 0, fall, ones, count=1)
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
