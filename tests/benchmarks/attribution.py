"""Attributions of a text of 200 tokens and of 256 short texts, against Captum's plain call (benchmark_attribution).

The network is b, trained here on short film reviews. Times are of the processor.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from model import AttentionClassifier
from model.data.datasets import load_builtin
from tests.benchmarks.benchmark_attribution import short_texts, single_text
from tests.benchmarks.corpora import Corpora
from tests.benchmarks.networks import BENCHES
from tests.benchmarks.table import Goal, Row

TOKENS = 200
CONVERGED = "share_under_1_percent"


def measure(corpora: Corpora, *, quick: bool) -> list[Row]:
    """Rows of both kinds: times, the share of texts whose gradients add up, and how exact leaving one out is."""
    del corpora  # attributions need whole texts of one length
    classifier = trained(quick=quick)
    count, many = (2, 16) if quick else (10, 256)
    encoded = classifier.vocabulary_.encode(load_builtin("imdb").test.texts[: 60 * count], max_tokens=TOKENS)
    long = [ids for ids in encoded if len(ids) == TOKENS][:count]
    short = [ids for ids in classifier.vocabulary_.encode(load_builtin("rotten-tomatoes").test.texts) if len(ids)]
    short = short[:many]
    network = classifier.network_.eval()
    singles = single_text(network, long, plain=1 if quick else 3)
    together = short_texts(network, short, plain=2 if quick else 8)
    mean = np.mean([len(ids) for ids in short])
    rows = [row for found in singles for row in _single(found, f"{TOKENS} tokens")]
    return rows + [row for found in together for row in _together(found, f"{many} texts of {mean:.0f} tokens")]


def trained(*, quick: bool) -> AttentionClassifier:
    """Network b after a short training: far from its first weights, which is all that the times and deltas need."""
    bench, data = BENCHES["b"], load_builtin("imdb-short").train
    classifier = AttentionClassifier(
        bench.preset, hidden_size=bench.hidden, embedding_size=bench.embedding, vectors="none",
        batch_size=bench.batch, learning_rate=bench.learning_rate, epochs=1 if quick else 4,
    )  # fmt: skip
    texts = 400 if quick else len(data.texts)
    return classifier.fit(data.texts[:texts], data.labels[:texts])


def _single(found: dict[str, Any], size: str) -> list[Row]:
    what = f"{found['name'].replace('_', ' ')}, {size}"
    ours, plain = ([1000 * seconds for seconds in found[f"{side}_seconds"]] for side in ("ours", "plain"))
    goals = [Goal(1000 * found["goal"])] if found["goal"] else []
    if "goal_ratio" in found["extra"]:
        goals.append(Goal(found["extra"]["goal_ratio"], of="ratio", at_most=False))
    return [Row("attribution", what, "ms", tuple(ours), tuple(plain), goals=tuple(goals)), *_checks(found, what)]


def _together(found: dict[str, Any], size: str) -> list[Row]:
    what, extra = f"{found['name'].replace('_', ' ')}, {size}", found["extra"]
    timed = f"{what} (plain: as long as {len(found['plain_seconds'])} of them say)"
    goals = (Goal(found["goal"]),) if found["goal"] else ()
    ours, plain = _values(found["ours_seconds"]), _values(extra["plain_seconds_for_all"])
    return [Row("attribution", timed, "s", ours, plain, goals=goals), *_checks(found, what)]


def _checks(found: dict[str, Any], what: str) -> list[Row]:
    """What a method says of its own exactness."""
    extra, rows = found["extra"], []
    if CONVERGED in extra:
        share = 100 * extra[CONVERGED]
        goals = (Goal(95, at_most=False),)
        rows.append(Row("attribution", f"{what}: delta under 1 %", "% of texts", (share,), higher=True, goals=goals))
    if "largest_difference" in extra:
        largest = _values(extra["largest_difference"])
        rows.append(Row("attribution", f"{what}: largest error", "logit", largest, goals=(Goal(1e-4),)))
    return rows


def _values(found: float | list[float]) -> tuple[float, ...]:
    return tuple(found) if isinstance(found, list | tuple) else (float(found),)
