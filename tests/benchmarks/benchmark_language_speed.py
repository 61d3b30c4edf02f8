"""Tokens a second and perplexity of our training of a language model against a plain loop, in one run.

    python -m tests.benchmarks.benchmark_language_speed TRAIN VALIDATION [--unit words] [--epochs 2] [--tokens N]
                                                        [--adaptive] [--set key=value]

The plain loop is the one of most lessons: 20 streams, 35 steps of truncated back-propagation, an embedding, nn.LSTM
with two layers of 200, a linear decoder, cross-entropy, gradients clipped at 0.5, torch.optim.Adam as it comes (not
fused, 1e-3). Ours trains the same sizes with `fit_language_model` and the recipe below, or what --set says.
--adaptive adds the plain loop with an adaptive softmax (Grave et al. 2017), which is quicker and another model.

Sides alternate epoch by epoch, on the same tokens, with one thread. Rates are training tokens per second of processor
time, so that other processes count for less; validation is outside of them. Perplexity is that of the whole
validation text as one stream from the zero state, once the last epoch is done.
"""

import argparse
import math
import time
from collections.abc import Iterator

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from model.data.corpora import resolve_corpus
from model.networks.language_models import LanguageNetwork
from model.text.language import LanguageVocabulary
from model.training.language_batches import Streams
from model.training.language_inference import token_losses
from model.training.language_loop import fit_language_model
from model.training.language_settings import LanguageSettings

SIZE, STREAMS, SEGMENT = 200, 20, 35
RECIPES = {"words": {"min_frequency": 3}, "characters": {}}
JUDGED = 2000  # validation tokens that our training looks at after each epoch; too few to count in its time


class PlainModel(nn.Module):
    """Embedding, two layers of nn.LSTM, and a linear decoder or an adaptive softmax."""

    def __init__(self, words: int, *, adaptive: bool = False):
        super().__init__()
        self.embedding = nn.Embedding(words, SIZE)
        self.lstm = nn.LSTM(SIZE, SIZE, 2, batch_first=True)
        self.decoder = None if adaptive else nn.Linear(SIZE, words)
        self.adaptive = nn.AdaptiveLogSoftmaxWithLoss(SIZE, words, [words // 10, words // 3]) if adaptive else None

    def losses(self, ids: torch.Tensor, targets: torch.Tensor, state):
        """Loss of each target, (B * S,), and the state after ids (B, S)."""
        states, state = self.lstm(self.embedding(ids), state)
        states, targets = states.flatten(0, 1), targets.flatten()
        if self.adaptive is not None:
            return -self.adaptive(states, targets).output, state
        return F.cross_entropy(self.decoder(states), targets, reduction="none"), state


class Side:
    """One way to train: an epoch at a time, with its rate, and the perplexity in the end."""

    def __init__(self, epochs: Iterator[int], perplexity):
        self.epochs, self.perplexity, self.rates = epochs, perplexity, []

    def epoch(self) -> None:
        """Train for one epoch more, and note its tokens per second of processor time."""
        started = time.process_time()
        tokens = next(self.epochs)
        self.rates.append(tokens / (time.process_time() - started))


def plain_side(train: np.ndarray, validation: np.ndarray, words: int, *, adaptive: bool = False) -> Side:
    """The plain loop."""
    torch.manual_seed(13)
    model = PlainModel(words, adaptive=adaptive)
    optimizer = torch.optim.Adam(model.parameters())
    streams = Streams(train, count=STREAMS, segment=SEGMENT)

    def epochs() -> Iterator[int]:
        for number in range(10**6):
            state = None
            for ids, targets in streams.segments(np.random.default_rng(number)):
                optimizer.zero_grad()
                losses, state = model.losses(ids, targets, state)
                state = tuple(part.detach() for part in state)
                losses.mean().backward()
                nn.utils.clip_grad_norm_(model.parameters(), 0.5)
                optimizer.step()
            yield streams.tokens

    @torch.no_grad()
    def perplexity() -> float:
        stream, state, total = torch.from_numpy(validation.astype(np.int64)).unsqueeze(0), None, 0.0
        for start in range(0, len(validation) - 1, 256):
            part = stream[:, start : start + 257]
            losses, state = model.losses(part[:, :-1], part[:, 1:], state)
            total += losses.double().sum().item()
        return math.exp(total / (len(validation) - 1))

    return Side(epochs(), perplexity)


def our_side(train: np.ndarray, validation: np.ndarray, words: int, settings: LanguageSettings) -> Side:
    """`fit_language_model`."""
    torch.manual_seed(settings.seed)
    network = LanguageNetwork(settings.architecture(vocabulary_size=words))
    streams = Streams(train, count=settings.batch_size, segment=settings.segment)

    def epochs() -> Iterator[int]:
        for event in fit_language_model(network, train, validation[:JUDGED], settings):
            if event["kind"] == "epoch":
                yield streams.tokens
        yield 0  # the weights of the best epoch are back

    def perplexity() -> float:
        next(side.epochs)
        return math.exp(float(token_losses(network, validation).mean(dtype=np.float64)))

    side = Side(epochs(), perplexity)
    return side


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("train")
    parser.add_argument("validation", nargs="?", help="by default the second last tenth of TRAIN")
    parser.add_argument("--unit", choices=tuple(RECIPES), default="words")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--tokens", type=int, help="train on the first so many tokens only")
    parser.add_argument("--adaptive", action="store_true")
    parser.add_argument("--set", action="append", default=[], metavar="key=value")
    options = parser.parse_args()
    torch.set_num_threads(1)
    changes = dict(map(LanguageSettings.parse_assignment, options.set))
    settings = LanguageSettings(
        **{"preset": "lstm-lm", "unit": options.unit, "epochs": options.epochs, "patience": None}
        | RECIPES[options.unit]
        | changes
    )
    corpus = resolve_corpus(options.train, validation=options.validation)
    vocabulary = LanguageVocabulary.fit(
        corpus.train,
        unit=options.unit,
        min_frequency=settings.meant.min_frequency,
        max_size=settings.max_vocabulary,
    )
    train, validation = vocabulary.encode(corpus.train)[: options.tokens], vocabulary.encode(corpus.validation)
    words = len(vocabulary)
    print(f"{corpus.name}: {len(train):,} training tokens, {len(validation):,} for validation, vocabulary {words:,}")

    sides = {"plain": plain_side(train, validation, words), "ours": our_side(train, validation, words, settings)}
    if options.adaptive:
        sides["adaptive"] = plain_side(train, validation, words, adaptive=True)
    for _ in range(options.epochs):
        for side in sides.values():
            side.epoch()
    for name, side in sides.items():
        ratios = [mine / plain for mine, plain in zip(side.rates, sides["plain"].rates, strict=True)]
        rates = ", ".join(f"{rate:,.0f}" for rate in side.rates)
        print(
            f"{name}: {rates} tokens/s; ratio mean {np.mean(ratios):.2f}, lowest {min(ratios):.2f};"
            f" validation perplexity {side.perplexity():.2f}"
        )


if __name__ == "__main__":
    main()
