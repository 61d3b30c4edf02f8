"""How long a training would take and how much memory: every part of it done for a moment, then multiplied.

Data too large to be read for this stands in as its first texts, which are a fair sample: splits are in the order of
their texts' hashes. What is multiplied by how many texts there are is only what grows with them.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from model.compare.baselines import tfidf_logistic_regression
from model.data.dataset import Split
from model.errors import DataError
from model.estimator import AttentionClassifier
from model.studies.baselines import MOST_TOKENS, baselines_path
from model.studies.clock import Clock
from model.studies.memory import peak_megabytes, release, resident_megabytes, watch_peak
from model.studies.probes import choose_probe
from model.studies.sample import Sample
from model.studies.training import predictions_table
from model.text.segmentation import segment_keys
from model.text.vocabulary import Vocabulary
from model.training.batches import Documents
from model.training.failures import memory_in_words
from model.training.settings import Settings

TRAINING_SECONDS = 1.5  # of real training, for each of the settings
_MOST_SECONDS = 8.0  # where single updates take long
_VALIDATION = 600  # texts
_BASELINE_TOKENS = 100_000
_BASELINE_TEXTS = 1000
_BASELINE_BYTES = 120  # a token, at the peak: its words, its pairs and two matrices of them; 100 on 4,000 of IMDB
_COPIES = 6  # of the word vectors in memory: as read, in use, best, two moments, and being written
_TEXT_BYTES, _TOKEN_BYTES = 200, 16  # of a training text as words (which are shared), as ids, and as ids in one row
_HEAPS = 0.6  # a vocabulary grows with this power of the texts (Heaps 1978)


class Calibration:
    """Measures trainings on one data set; what does not depend on the settings is measured once.

    `ready`: seconds from the start of a process until it has imported what trains.
    """

    def __init__(self, root: Path, data: dict[str, Any], *, ready: float) -> None:
        self._ready, self._base = ready, resident_megabytes()
        self._sample = Sample.read(root, data)
        self._root = root
        self._measure_words()
        self._measure_baselines(baselines_path(root, data["sha256"]))

    def estimate(self, settings: Settings) -> dict[str, float]:
        """{"seconds" to the report if all epochs are trained, "start", "per_epoch", "rest", "baselines" (a part of
        rest, which only the first training on the data pays), "megabytes" at most}. Raises LabError."""
        release()
        before = resident_megabytes()
        watch_peak()
        with (
            memory_in_words(settings),
            tempfile.TemporaryDirectory(prefix=".calibrate.", dir=self._folder()) as folder,
        ):
            measured = self._train(settings, Path(folder))
        sample = self._sample
        start = self._ready + sample.seconds + self._words_seconds * sample.documents + measured["fixed"]
        per_epoch = (
            measured["update"] * sample.train_count
            + measured["validate"] * sample.validation_count
            + measured["checkpoint"]
        )
        rest = measured["test"] * sample.test_count + measured["save"] + self._baselines_seconds
        trained = max(0.0, peak_megabytes() - before - self._words_megabytes * len(sample.train.texts))
        return {
            "seconds": start + settings.epochs * per_epoch + rest,
            "start": start,
            "per_epoch": per_epoch,
            "rest": rest,
            "baselines": self._baselines_seconds,
            "megabytes": self._base
            + sample.megabytes
            + self._words_megabytes * sample.train_count
            + max(trained + measured["larger"], self._baselines_megabytes),
        }

    # -- once for the data -------------------------------------------------------------------------------------

    def _measure_words(self) -> None:
        """Seconds a text to segment, count and encode, and the memory that the words of all texts take."""
        texts, began = self._sample.train.texts, time.perf_counter()
        keys = segment_keys(texts)
        Vocabulary.fit_keys(keys).encode_keys(keys)
        self._words_seconds = (time.perf_counter() - began) / len(texts)  # a text
        self._tokens = sum(map(len, keys)) / len(texts)  # a text
        self._words_megabytes = (_TEXT_BYTES + _TOKEN_BYTES * self._tokens) / 1e6  # a text

    def _measure_baselines(self, kept: Path) -> None:
        self._baselines_seconds = self._baselines_megabytes = 0.0
        if kept.exists():
            return
        began = time.perf_counter()
        import sklearn.linear_model  # noqa: F401 - a second, and paid once, however many the texts

        imported = time.perf_counter() - began
        sample = self._sample
        count = int(min(_BASELINE_TEXTS, max(50, _BASELINE_TOKENS / max(self._tokens, 1)), len(sample.train.texts)))
        few = max(20, count // 10)
        keys = segment_keys(sample.train.texts[:count])
        places = np.searchsorted(sample.classes, sample.train.labels[:count])
        began = time.perf_counter()
        try:
            tfidf_logistic_regression(keys, places, keys[:few], places[:few], keys[:few], classes=len(sample.classes))
        except DataError:
            return  # these few texts are of one class, or hold no words
        learned_from = min(sample.train_count, MOST_TOKENS / max(self._tokens, 1))
        fitting = (time.perf_counter() - began) * learned_from / count
        self._baselines_seconds = imported + fitting + self._words_seconds * sample.documents
        self._baselines_megabytes = learned_from * self._tokens * _BASELINE_BYTES / 1e6

    # -- once for each of the settings -------------------------------------------------------------------------

    def _train(self, settings: Settings, folder: Path) -> dict[str, float]:
        """Seconds: "fixed" before the first update, whatever the number of texts; "update", "validate" and "test", a
        text; "checkpoint" and "save". Megabytes: "larger", what the words missing in the sample will take."""
        sample = self._sample
        validation = Split(*(column[:_VALIDATION] for column in sample.validation))
        documents, validated = len(sample.train.texts), len(validation.texts)
        classifier = AttentionClassifier(**settings.to_dict())
        clock = Clock(documents=documents, validated=validated, seconds=TRAINING_SECONDS, most=_MOST_SECONDS)
        began = time.perf_counter()
        for event in classifier.training_events(
            *sample.train,
            validation=validation,
            checkpoint=folder / "checkpoint.safetensors",
            enough=clock.enough,
            probe=choose_probe(*sample.validation),
        ):
            clock.take(event)
        costs = clock.costs()
        _read_longest(classifier, sample.train.texts)
        known = len(classifier.vocabulary_)
        size = min(settings.max_vocabulary or known * 10**6, known * sample.factor**_HEAPS)
        growth = max(1.0, size / known)
        before = clock.booted - began - self._words_seconds * (documents + validated)
        return {
            "fixed": max(0.0, before) + costs.warm_up,
            "update": costs.update,
            "validate": costs.validate,
            "checkpoint": costs.checkpoint * growth,
            "larger": (growth - 1) * classifier.network_.embedding.weight.nbytes * _COPIES / 1e6,
            **self._finish(classifier, validation, folder, growth),
        }

    def _finish(self, classifier: AttentionClassifier, split: Split, folder: Path, growth: float) -> dict[str, float]:
        began = time.perf_counter()
        probabilities = classifier.predict_proba(split.texts)
        places = np.searchsorted(classifier.classes_, split.labels)
        tested = time.perf_counter()
        classifier.save(folder)
        predictions_table(probabilities, places, classifier.classes_.tolist()).to_parquet(
            folder / "predictions.parquet"
        )
        return {"test": (tested - began) / len(split.texts), "save": (time.perf_counter() - tested) * growth}

    def _folder(self) -> Path | None:
        return self._root if self._root.is_dir() else None  # the disk that the checkpoints will be on


def _read_longest(classifier: AttentionClassifier, texts: Sequence[str]) -> None:
    """One pass, forward and back, over a batch of the longest texts: the most that a training holds at a time."""
    settings, network = classifier.settings, classifier.network_
    longest = sorted(texts, key=len)[-settings.batch_size :]
    documents = Documents(
        classifier.vocabulary_.encode(longest, max_tokens=settings.max_tokens), device=network.embedding.weight.device
    )
    ids, mask = documents.batch(np.arange(len(longest)))
    network.train()
    network(ids, mask).logits.sum().backward()
    network.zero_grad()
    network.eval()
