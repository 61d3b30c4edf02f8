"""The texts that are measured on: AG News and IMDB as ids in a folder, where each side of a comparison finds them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from model.data.dataset import Dataset
from model.data.datasets import load_builtin, resolve
from model.text.segmentation import segment_keys
from model.text.vocabulary import Vocabulary
from model.training.batches import Documents

ROOT = Path(__file__).resolve().parents[2]
AG_NEWS = ROOT.parent / "shared" / "data" / "ag_news" / "train_subset.csv.gz"
MAX_TOKENS, MAX_WORDS = 400, 50_000
QUICK_TEXTS = 2_000
_MADE_WORDS, _MADE_TEXTS = 20_000, 2_048


@dataclass(frozen=True)
class Corpus:
    """Training texts as ids: its name and title, how many words the vocabulary has, and mean tokens of a text."""

    name: str
    title: str
    words: int
    classes: int
    mean_tokens: float


class Corpora:
    """The texts of both data sets, encoded into `folder` when first asked for; AG News only where its file is."""

    def __init__(self, folder: Path, *, quick: bool) -> None:
        self.folder = folder
        self._quick = quick
        self._encoded: dict[str, Corpus] = {}

    def __iter__(self) -> Iterator[Corpus]:
        if AG_NEWS.exists():
            yield self._kept("ag-news", "AG News", ag_news)
        yield self._kept("imdb", f"IMDB at {MAX_TOKENS}", lambda: load_builtin("imdb"))

    def _kept(self, name: str, title: str, load: Callable[[], Dataset]) -> Corpus:
        if name not in self._encoded:
            self._encoded[name] = self._encode(name, title, load())
        return self._encoded[name]

    def _encode(self, name: str, title: str, dataset: Dataset) -> Corpus:
        texts, labels = dataset.train.texts, dataset.train.labels
        if self._quick:
            texts, labels = texts[:QUICK_TEXTS], labels[:QUICK_TEXTS]
        keys = segment_keys(texts)
        vocabulary = Vocabulary.fit_keys(keys, min_frequency=2, max_size=MAX_WORDS)
        ids = vocabulary.encode_keys(keys, max_tokens=MAX_TOKENS)
        lengths = np.array([len(row) for row in ids])
        np.save(self.folder / f"{name}.ids.npy", np.concatenate(ids).astype(np.int32))
        np.save(self.folder / f"{name}.lengths.npy", lengths)
        np.save(self.folder / f"{name}.labels.npy", np.searchsorted(dataset.classes, labels))
        corpus = Corpus(name, title, len(vocabulary), len(dataset.classes), float(lengths.mean()))
        (self.folder / f"{name}.json").write_text(json.dumps(asdict(corpus)), encoding="utf-8")
        return corpus


def ag_news(*, test: str | Path | None = None) -> Dataset:
    """The AG News texts that this project is measured on; scored on a part of them, or on the texts of `test`."""
    return resolve(AG_NEWS, text_columns=["text"], label_column="label", test=test)


def load_documents(folder: Path, name: str) -> tuple[Corpus, Documents]:
    """The texts that `Corpora` left in `folder`; "made:LENGTH" stands for random words, all texts of one length."""
    if name.startswith("made:"):
        return _made(int(name.removeprefix("made:")))
    corpus = Corpus(**json.loads((folder / f"{name}.json").read_text(encoding="utf-8")))
    lengths = np.load(folder / f"{name}.lengths.npy")
    ids = np.split(np.load(folder / f"{name}.ids.npy"), np.cumsum(lengths)[:-1])
    return corpus, Documents(ids, np.load(folder / f"{name}.labels.npy"))


def _made(length: int) -> tuple[Corpus, Documents]:
    """Random words by Zipf's law, as frequent as words of a text are, with random labels."""
    generator = np.random.default_rng(13)
    chances = 1 / np.arange(1, _MADE_WORDS - 1)
    ids = generator.choice(_MADE_WORDS - 2, size=(_MADE_TEXTS, length), p=chances / chances.sum()) + 2
    corpus = Corpus(f"made:{length}", f"{length} tokens", _MADE_WORDS, 4, float(length))
    return corpus, Documents(list(ids.astype(np.int32)), generator.integers(4, size=_MADE_TEXTS))
