"""Attributions of a text of 200 tokens and of 256 short texts, against Captum's plain call (benchmark_attribution).

The network is b, trained here on short film reviews. Times are of the processor.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from model import AttentionClassifier
from model.data.datasets import load_builtin
from model.explain.attribution import Attribution, attribute, attribute_many
from model.networks.classifiers import TextClassifier
from tests.benchmarks.benchmark_attribution import PlainCall, plain_call, predicted
from tests.benchmarks.clock import timed
from tests.benchmarks.corpora import Corpora
from tests.benchmarks.networks import BENCHES
from tests.benchmarks.table import Goal, Row

TOKENS = 200
GOALS = {"saliency": (8, 1.0), "integrated_gradients": (120, 2.5), "leave_one_out": (150, 3.5)}  # ms, times plain
TOGETHER = ("integrated_gradients", "leave_one_out")
TOGETHER_GOAL = 3.0  # seconds


def measure(corpora: Corpora, *, quick: bool) -> list[Row]:
    """Rows of both kinds: times, the share of texts whose gradients add up, and how exact leaving one out is."""
    del corpora  # attributions need whole texts of one length
    classifier = trained(quick=quick)
    count, many = (2, 16) if quick else (10, 256)
    encoded = classifier.vocabulary_.encode(load_builtin("imdb").test.texts[: 60 * count], max_tokens=TOKENS)
    long = [ids for ids in encoded if len(ids) == TOKENS][:count]
    short = [ids for ids in classifier.vocabulary_.encode(load_builtin("rotten-tomatoes").test.texts) if len(ids)]
    network = classifier.network_.eval()
    return single_texts(network, long, plain=1 if quick else 3) + short_texts(
        network, short[:many], plain=2 if quick else 8
    )


def trained(*, quick: bool) -> AttentionClassifier:
    """Network b after a short training: far from its first weights, which is all that the times and deltas need."""
    data = load_builtin("imdb-short").train
    classifier = AttentionClassifier(**BENCHES["b"].settings(epochs=1 if quick else 4).to_dict())
    texts = 400 if quick else len(data.texts)
    return classifier.fit(data.texts[:texts], data.labels[:texts])


def single_texts(network: TextClassifier, texts: Sequence[np.ndarray], *, plain: int) -> list[Row]:
    """Each text, ids (T,), by itself; the plain call takes its turn on the first ones."""
    targets = [predicted(network, ids) for ids in texts]
    rows = []
    for method, (most, times) in GOALS.items():
        seconds, found, calls = [], [], []
        for place in (0, *range(len(texts))):  # the first one twice: it pays for imports
            ids, target = texts[place], targets[place]
            result, taken = timed(
                lambda ids=ids, way=method, at=target: attribute(network, ids, method=way, target=at)
            )
            seconds.append(1000 * taken)
            found.append(result)
            if place < plain:
                calls.append(plain_call(network, ids, target, method))
        seconds, found, calls = seconds[1:], found[1:], calls[1:]
        what = f"{method.replace('_', ' ')}, {TOKENS} tokens"
        plain_ms = tuple(1000 * call.seconds for call in calls)
        goals = (Goal(most), Goal(times, "ratio", at_most=False))
        rows.append(Row("attribution", what, "ms", tuple(seconds), plain_ms, goals=goals))
        rows += _checks(what, method, found, calls, found)
    return rows


def short_texts(network: TextClassifier, texts: Sequence[np.ndarray], *, plain: int) -> list[Row]:
    """All texts, ids (T,) each, together, between the plain call's turns on some that are spread evenly."""
    targets = [predicted(network, ids) for ids in texts]
    some = sorted(set(np.linspace(0, len(texts) - 1, plain).astype(int).tolist()))
    rows = []
    for method in TOGETHER:
        attribute_many(network, texts[:2], method=method, targets=targets[:2])
        calls = {place: plain_call(network, texts[place], targets[place], method) for place in some[::2]}
        found, seconds = timed(lambda way=method: attribute_many(network, texts, method=way, targets=targets))
        calls |= {place: plain_call(network, texts[place], targets[place], method) for place in some[1::2]}
        what = f"{method.replace('_', ' ')}, {len(texts)} texts of {np.mean([len(ids) for ids in texts]):.0f} tokens"
        for_all = float(np.mean([call.seconds for call in calls.values()])) * len(texts)
        said = f"{what} (plain: as long as {len(calls)} of them say)"
        rows.append(Row("attribution", said, "s", (seconds,), (for_all,), goals=(Goal(TOGETHER_GOAL),)))
        rows += _checks(what, method, found, list(calls.values()), [found[place] for place in calls])
    return rows


def _checks(
    what: str, method: str, found: Sequence[Attribution], calls: Sequence[PlainCall], same: Sequence[Attribution]
) -> list[Row]:
    """What shows that values are right: the change of the logit, or the plain call's values on the `same` texts."""
    if method == "leave_one_out":
        largest = max(float(np.abs(own.values - call.values).max()) for own, call in zip(same, calls, strict=False))
        return [Row("attribution", f"{what}: largest error", "logit", (largest,), goals=(Goal(1e-4),))]
    if found[0].convergence_delta is None:
        return []
    share = 100 * float(np.mean([attribution.convergence_delta < 0.01 for attribution in found]))
    goals = (Goal(95, at_most=False),)
    return [Row("attribution", f"{what}: delta under 1 %", "% of texts", (share,), higher=True, goals=goals)]
