"""How often the intervals of Compare hold the truth where there is no difference, and how often McNemar's test errs.

    python -m tests.benchmarks.benchmark_coverage [--repeats 2000] [--tests 20000] [--seeds 5]

Simulated comparisons of two ways of training that are equally good over all seeds and texts; the truth is a
difference of 0. Four classes of 40, 30, 20 and 10 % of the texts; the margin of a label over the class it is most
easily taken for is

    1.126 + text (75 % of the variance) + how the text suits this way of training (5 %) + seed + rest (20 %)

so that accuracy is 87 % and two trained models agree on most texts; "seed spread" is the standard deviation of the
seeds' true accuracies. Every interval is that of `pair_figures` or `side_figures`. The table's columns: accuracy,
macro F1, loss and calibration error with the seeds in pairs and as seeds of their own (of the second way only three);
"side", the interval of one side's accuracy, which should hold 87 %; "texts alone", the interval of accuracy from the
first seed of each, which leaves the seeds out and so holds too little as soon as seeds differ. The last table: how
often McNemar's test of two fixed models of equal accuracy, the first seeds, gives p <= 0.05; with a spread their
accuracies are no longer equal, and it should find that. In parentheses the standard error of the simulation.
"""

import argparse
import math
import time
from collections import Counter

import numpy as np
from scipy import stats

from model.compare.contrasts import pair_figures, side_figures
from model.compare.scores import METRIC_NAMES
from model.compare.significance import mcnemar_exact

ACCURACY = 0.87
MARGIN = stats.norm.ppf(ACCURACY)
DENSITY = stats.norm.pdf(MARGIN)  # one more of the margin is so much more accuracy
TEXT, SUITS, REST = math.sqrt(0.75), math.sqrt(0.05), math.sqrt(0.2)
SHARES = (0.4, 0.3, 0.2, 0.1)
SPREADS, TEXTS = (0.0, 0.005, 0.015), (500, 7600)
SEEDS_OF_THEIR_OWN = 3


def margins(rng: np.random.Generator, *, texts: int, spread: float, seeds: int) -> np.ndarray:
    """Margins of the labels for both ways of training, float32 (2, S, N); a prediction is right above 0."""
    text = TEXT * rng.standard_normal(texts, np.float32)
    suits = SUITS * rng.standard_normal((2, 1, texts), np.float32)
    seed = spread / DENSITY * rng.standard_normal((2, seeds, 1), np.float32)
    return np.float32(MARGIN) + text + suits + seed + REST * rng.standard_normal((2, seeds, texts), np.float32)


def probabilities(rng: np.random.Generator, margin: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities (2, S, N, 4) with these margins (2, S, N), a little too sure, and the labels (N,)."""
    texts = margin.shape[2]
    labels = rng.choice(len(SHARES), texts, p=SHARES)
    rival = (labels + rng.integers(1, len(SHARES), texts)) % len(SHARES)
    own = np.float32(0.97) / (1 + np.exp(-3 * margin))
    result = np.full((*margin.shape, len(SHARES)), 0.015, np.float32)
    places = np.arange(texts)
    result[:, :, places, labels] = own
    result[:, :, places, rival] = np.float32(0.97) - own
    return result, labels


def coverage(*, texts: int, spread: float, repeats: int, seed: int, seeds: int = 5) -> dict[str, float]:
    """The share of simulated comparisons whose interval holds the truth, by column of the table."""
    rng, held = np.random.default_rng(seed), Counter()
    truth = stats.norm.cdf(MARGIN / math.sqrt(1 + (spread / DENSITY) ** 2))
    for _ in range(repeats):
        (first, second), labels = probabilities(rng, margins(rng, texts=texts, spread=spread, seeds=seeds))
        pairs = {
            "": pair_figures(first, second, labels, paired=True, resamples=0),
            " unpaired": pair_figures(first, second[:SEEDS_OF_THEIR_OWN], labels, paired=False, resamples=0),
        }
        for kind, figures in pairs.items():
            for name in METRIC_NAMES:
                held[name + kind] += figures[name]["low"] <= 0 <= figures[name]["high"]
        side = side_figures(first, labels, resamples=0)["accuracy"]
        held["side"] += side["low"] <= truth <= side["high"]
        one = pair_figures(first[:1], second[:1], labels, paired=True, resamples=0)["accuracy"]
        held["texts alone"] += one["low"] <= 0 <= one["high"]
    return {name: count / repeats for name, count in held.items()}


def told_apart(*, texts: int, spread: float, repeats: int, seed: int) -> float:
    """How often McNemar's test of one model of each way of training gives p <= 0.05."""
    rng, found = np.random.default_rng(seed), 0
    for _ in range(repeats):
        first, second = margins(rng, texts=texts, spread=spread, seeds=1)[:, 0] > 0
        found += mcnemar_exact(first, second).p_value <= 0.05
    return found / repeats


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=2000)
    parser.add_argument("--tests", type=int, default=20_000)
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    start = time.perf_counter()
    print(f"coverage of 95 % intervals, {options.seeds} seeds, {options.repeats:,} comparisons each, in %")
    for spread in SPREADS:
        for texts in TEXTS:
            found = coverage(texts=texts, spread=spread, repeats=options.repeats, seed=1, seeds=options.seeds)
            print(f"\nseed spread {100 * spread:.1f} points, {texts:,} texts")
            for name, share in found.items():
                print(f"  {name.replace('_', ' '):36} {_percent(share, options.repeats)}")
    print(f"\nMcNemar's test, p <= 0.05, {options.tests:,} pairs of models each, in %")
    for spread in SPREADS:
        for texts in TEXTS:
            share = told_apart(texts=texts, spread=spread, repeats=options.tests, seed=2)
            print(f"  seed spread {100 * spread:.1f} points, {texts:5,} texts: {_percent(share, options.tests)}")
    print(f"\n{time.perf_counter() - start:.0f} s")


def _percent(share: float, repeats: int) -> str:
    return f"{100 * share:5.1f} ({100 * math.sqrt(share * (1 - share) / repeats):.1f})"


if __name__ == "__main__":
    main()
