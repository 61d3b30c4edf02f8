"""Documents a second against length of texts, hidden size, texts per batch and rows to predict."""

from __future__ import annotations

import re
import time

import torch
from torch.nn.utils.rnn import pad_sequence

from model import AttentionClassifier
from model.data.dataset import Dataset
from model.data.datasets import load_builtin
from tests.benchmarks.corpora import AG_NEWS, Corpora, ag_news
from tests.benchmarks.networks import BENCHES, Bench
from tests.benchmarks.side import Side
from tests.benchmarks.sides import PLAIN_BATCH
from tests.benchmarks.table import Row
from tests.benchmarks.training import alternate, rates

LENGTHS = (25, 50, 100, 200, 400, 800)
HIDDEN = (32, 64, 128, 256, 512)
BATCHES = (8, 16, 32, 64, 128, 256, 512)
ROWS = (1_000, 3_000, 10_000, 30_000, 100_000)
PLAIN_ROWS = 10_000  # beyond them the plain loop would only take more of the same time
BENCH = BENCHES["b"]
_WORD = re.compile(r"\w+|[^\w\s]")


def measure(corpora: Corpora, *, quick: bool) -> list[Row]:
    """All four curves; the plain loop has batches of 16 except where the batch is what varies."""
    data = next(iter(corpora)).name
    plain = BENCH.sized(batch=PLAIN_BATCH)
    rows = []
    with Side("ours", corpora.folder) as ours, Side("plain", corpora.folder) as other:

        def point(curve: str, x: int, what: str, sides: tuple[Bench, Bench], data: str) -> None:
            pair = zip((ours, other), sides, strict=True)
            found = alternate(tuple(pair), data, seconds=0.1 if quick else 0.6, repeats=1 if quick else 2, warm_up=2)
            values = map(rates, found)
            rows.append(Row("curves", what, "documents/s", *values, higher=True, curve=curve, x=x))

        for length in _some(LENGTHS, quick):
            point("length", length, f"training b, texts of {length} tokens", (BENCH, plain), f"made:{length}")
        for hidden in _some(HIDDEN, quick):
            sides = BENCH.sized(hidden=hidden), plain.sized(hidden=hidden)
            point("hidden", hidden, f"training b, hidden size {hidden}", sides, data)
        for batch in _some(BATCHES, quick):
            sized = BENCH.sized(batch=batch)
            point("batch", batch, f"training b, batches of {batch}", (sized, sized), data)
    return rows + _predictions(quick=quick)


def _some(values: tuple[int, ...], quick: bool) -> tuple[int, ...]:
    return values[:2] if quick else values


def _predictions(*, quick: bool) -> list[Row]:
    """Seconds from texts to classes with network a, tokenising included; texts are AG News', or film reviews."""
    dataset = ag_news() if AG_NEWS.exists() else load_builtin("rotten-tomatoes")
    classifier = _trained(dataset)
    rows = []
    for count in _some(ROWS, quick):
        texts = _texts(dataset, count)
        ours, plain = [], []
        for _ in range(1 if quick or count > PLAIN_ROWS else 2):
            ours.append(_seconds(classifier.predict, texts))
            if count <= PLAIN_ROWS:
                plain.append(_seconds(lambda texts: plain_predict(classifier, texts), texts))
        what = f"{count:,} predictions with tokenising, a"
        rows.append(Row("curves", what, "s", tuple(ours), tuple(plain), curve="rows", x=count))
    return rows


def plain_predict(classifier: AttentionClassifier, texts: list[str]) -> list[int]:
    """Classes as most scripts find them: words by a regular expression, 16 texts at a time, as they come."""
    vocabulary, network = classifier.vocabulary_, classifier.network_.eval()
    number = {word: place for place, word in enumerate(vocabulary.words)}
    found = []
    with torch.no_grad():
        for start in range(0, len(texts), PLAIN_BATCH):
            some = [_WORD.findall(text.lower()) for text in texts[start : start + PLAIN_BATCH]]
            ids = pad_sequence(
                [torch.tensor([number.get(word, 1) for word in words[:400]] or [1]) for words in some],
                batch_first=True,
            )
            found += network(ids).logits.argmax(1).tolist()
    return found


def _trained(dataset: Dataset) -> AttentionClassifier:
    bench = BENCHES["a"]
    classifier = AttentionClassifier(
        bench.preset, hidden_size=bench.hidden, embedding_size=bench.embedding, vectors="none", epochs=1
    )
    return classifier.fit(dataset.train.texts[:4_000], dataset.train.labels[:4_000])


def _texts(dataset: Dataset, count: int) -> list[str]:
    """So many texts, no two alike: where there are too few, a number makes the next round's differ."""
    texts = dataset.train.texts
    return [f"{texts[i % len(texts)]} {i // len(texts)}" for i in range(count)]


def _seconds(work, texts: list[str]) -> float:
    started = time.process_time()
    work(texts)
    return time.process_time() - started
