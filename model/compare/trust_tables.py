"""The records of many texts as tables with intervals: what the tests of trust say about one model on one data set.

Everything is plain JSON. Undefined values are counted and never averaged. All intervals are 95 %, over texts: they
are about this one trained model on other texts like these.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

import numpy as np

from model.compare.trust_counterfactual import (
    adversary_table,
    flip_distance_table,
    forced_table,
    permutation_table,
    uniform_table,
)
from model.compare.trust_intervals import (
    FEWEST_RESAMPLED,
    LEVEL,
    RESAMPLES,
    Figure,
    critical_tau,
    median,
    quartiles,
    share,
)
from model.compare.trust_records import Record, Records, dig, histogram

TAU_BINS = 20  # of 0.1, from -1 to 1
MEASURES = ("comprehensiveness", "sufficiency")
_BETTER = {"comprehensiveness": 1.0, "sufficiency": -1.0}  # a low sufficiency is the better one
OVERLAPS = ("f1", "iou", "auprc", "average_precision", "pointing")
# What stands in for "the gradient" of Jain & Wallace: theirs is the gradient for the one-hot word, which is this.
_YARDSTICKS = ("input_x_gradient", "saliency", "integrated_gradients", "gradient_shap")


def summary(records: Iterable[Record], *, labels: Sequence[Any], seed: int = 0) -> dict[str, Any]:
    """All tables of the records that `examine` made, one per text; a table is None where no record has its values.

    `labels` gives the order of the labels. The same records and seed give the same figures. No record is too few:
    without any, the tables are empty.
    """
    read = Records(records, labels=labels, seed=seed)
    return {
        "texts": len(read.all),
        "truncated": sum(bool(record.get("truncated")) for record in read.all),
        "tokens": quartiles(read.tokens.astype(np.float64)),
        "labels": {label: int((read.label == label).sum()) for label in read.labels},
        "accuracy": share(sum(str(r["prediction"]) == str(r["label"]) for r in read.all), len(read.all)),
        "methods": read.methods,
        "level": LEVEL,
        "resamples": RESAMPLES if len(read.all) >= FEWEST_RESAMPLED else 0,
        "seed": seed,
        "agreement": _agreement(read),
        "yardstick": _yardstick(read),
        "unranked": _unranked(read),
        "faithfulness": _faithfulness(read),
        "curves": _curves(read),
        "flips": _flips(read),
        "permutation": permutation_table(read),
        "uniform": uniform_table(read),
        "adversary": adversary_table(read),
        "flip_distance": flip_distance_table(read),
        "forced": forced_table(read),
        "randomized": _randomized(read),
        "plausibility": _plausibility(read),
        "captum": _captum(read),
        "undefined": _undefined(read),
    }


def _agreement(read: Records) -> dict[str, Any] | None:
    """Kendall's tau-b and the overlap of the top tokens, for each pair of methods."""
    pairs = read.keys("agreement")
    return {pair: _pair(read, pair) for pair in pairs} or None


def _pair(read: Records, pair: str) -> dict[str, Any]:
    taus = read.column("agreement", pair, 0)
    return {
        "tau": read.resampling.mean(taus),
        "quartiles": quartiles(taus),
        "significant": _significant(taus, read.tokens),
        "histogram": {
            label: histogram(taus[read.label == label], low=-1.0, width=0.1, bins=TAU_BINS) for label in read.labels
        },
        "by_label": read.by_label(taus),
        "by_length": read.by_length(taus),
        "overlap": read.resampling.mean(read.column("agreement", pair, 1), bounds=(0.0, 1.0)),
    }


def _significant(taus: np.ndarray, tokens: np.ndarray) -> Figure:
    """Share of texts whose |tau| is beyond the two-sided 5 % critical value; 5 % at most are expected by chance."""
    places = np.flatnonzero(np.isfinite(taus))
    critical = [critical_tau(int(tokens[place])) for place in places]
    long_enough = [(taus[place], least) for place, least in zip(places, critical, strict=True) if least is not None]
    hits = sum(abs(tau) >= least - 1e-9 for tau, least in long_enough)
    return share(hits, len(long_enough)) | {"too_short": len(places) - len(long_enough)}


def _yardstick(read: Records) -> dict[str, Any] | None:
    """How well a gradient agrees with leave one out, and how far every other method's agreement with it is from that.

    Differences are paired: over texts on which both are defined.
    """
    pairs = read.keys("agreement")
    gradient = next((name for name in _YARDSTICKS if f"{name}|leave_one_out" in pairs), None)
    if gradient is None:
        return None
    theirs = read.column("agreement", f"{gradient}|leave_one_out", 0)
    others = [pair.removesuffix("|leave_one_out") for pair in pairs if pair.endswith("|leave_one_out")]
    return {
        "method": gradient,
        "tau": read.resampling.mean(theirs),
        "difference": {
            name: read.resampling.mean(
                read.column("agreement", f"{name}|leave_one_out", 0) - theirs, bounds=(-2.0, 2.0)
            )
            for name in others
            if name != gradient
        },
    }


def _unranked(read: Records) -> dict[str, Figure]:
    """For each method, the share of texts of two or more tokens on which its row has no order, such as a constant."""
    counts: Counter[str] = Counter()
    for record in read.all:
        pairs = {pair: dig(tau, 0) for pair, tau in (record.get("agreement") or {}).items()}
        named = set(chain.from_iterable(pair.split("|") for pair in pairs))
        ranked = set(chain.from_iterable(pair.split("|") for pair, tau in pairs.items() if tau is not None))
        # Of two methods alone, the reason tells which of them is to blame: "attention: all values are equal".
        reasons = "; ".join(str((record.get("undefined") or {}).get(f"agreement.{pair}", "")) for pair in pairs)
        blamed = {part.split(": ")[0] for part in reasons.split("; ")}
        counts.update(name for name in named - ranked if ranked or name in blamed)
    texts = int((read.tokens >= 2).sum())
    return {name: share(counts[name], texts) for name in read.methods}


def _faithfulness(read: Records) -> dict[str, Any] | None:
    """Comprehensiveness and sufficiency per method, beside random rankings of the same tokens.

    `over_random` and `over_best` are paired and turned so that above 0 means better than the mean, and than the best,
    of a text's random rankings. Of 20 of them, a random ranking beats all in 1 text of 21, at least 95 % in 2 of 21.
    """
    methods = [name for name in read.methods if name in read.keys("faithfulness")]
    if not methods:
        return None
    table: dict[str, Any] = {"methods": {name: {} for name in methods}, "random": {}}
    for place, measure in enumerate(MEASURES):
        better = _BETTER[measure]
        drawn = [_random(record, place) * better for record in read.all]
        mean = np.array([values.mean() if len(values) else np.nan for values in drawn])
        best = np.array([values.max() if len(values) else np.nan for values in drawn])
        table["random"][measure] = {
            "mean": read.resampling.mean(better * mean),
            "best": read.resampling.mean(better * best),
            "rankings": max((len(values) for values in drawn), default=0),
        }
        for name in methods:
            own = read.column("faithfulness", name, place)
            both = np.isfinite(own) & np.isfinite(mean)
            beaten = [float((values < better * value).mean()) if there else np.nan
                      for values, value, there in zip(drawn, own, both, strict=True)]  # fmt: skip
            table["methods"][name][measure] = {
                "mean": read.resampling.mean(own),
                "over_random": read.resampling.mean(better * own - mean, bounds=(-2.0, 2.0)),
                "over_best": read.resampling.mean(better * own - best, bounds=(-2.0, 2.0)),
                "beats_all": share(int(np.sum(np.array(beaten) == 1.0)), int(both.sum())),
                "beats_95": share(int(np.sum(np.array(beaten) >= 0.95 - 1e-9)), int(both.sum())),
                "by_label": read.by_label(better * own - mean, bounds=(-2.0, 2.0)),
            }
    return table


def _random(record: Record, place: int) -> np.ndarray:
    values = [dig(result, place) for result in record.get("random") or ()]
    return np.array([value for value in values if value is not None and np.isfinite(value)], np.float64)


def _curves(read: Records) -> dict[str, Any] | None:
    """Mean deletion and insertion curves with their bands, and the area over them (Samek et al. 2017, equation 12).

    A curve has the target's probability with 0, 10, ... 100 % of the tokens removed, or kept. The area is the mean
    drop from the whole text's probability over these points: high is faithful in deletion, low in insertion.
    """
    names = [*read.methods, "random"]
    return {
        name: {kind: _curve(read, name, kind) for kind in ("deletion", "insertion")}
        for name in names
        if name in read.keys("curves")
    } or None


def _curve(read: Records, name: str, kind: str) -> dict[str, Any]:
    length = max((len(dig(record, "curves", name, kind) or ()) for record in read.all), default=0)
    columns = np.array([read.column("curves", name, kind, place) for place in range(length)])  # (points, N)
    if not length:
        return {"points": [], "area": read.resampling.mean(np.full(len(read.all), np.nan))}
    whole = columns[0 if kind == "deletion" else -1]
    return {
        "points": read.resampling.means(columns.T, bounds=(0.0, 1.0)),
        "area": read.resampling.mean((whole - columns).mean(axis=0)),
    }


def _flips(read: Records) -> dict[str, Any] | None:
    """What share of the tokens must go, top first, until the prediction changes (Serrano & Smith 2019).

    In the median and its ends, None with n above 0 is "never". `sooner`: of the texts where one of the two changes
    it, the share in which the method needs fewer tokens than random rankings do in the median.
    """
    names = [name for name in [*read.methods, "random"] if name in read.keys("flips")]
    columns = {name: _flip_column(read, name) for name in names}
    table: dict[str, Any] = {}
    for name, column in columns.items():
        figure = median(column)
        ends = {key: _finite(figure[key]) for key in ("median", "low", "high")}
        table[name] = figure | ends | {"never": share(int(np.isposinf(column).sum()), figure["n"])}
        if name != "random" and "random" in columns:
            theirs = columns["random"]
            decided = ~np.isnan(column) & ~np.isnan(theirs) & (column != theirs)
            sooner = int((column < theirs)[decided].sum())
            table[name]["sooner"] = share(sooner, int(decided.sum()))
    return table or None


def _flip_column(read: Records, name: str) -> np.ndarray:
    """Shares of tokens (N,): infinite where the prediction never changes, NaN where the method has no ranking."""
    given = [dig(record, "flips") for record in read.all]
    never = np.array([bool(flips) and name in flips and flips[name] is None for flips in given], bool)
    return np.where(never, np.inf, read.column("flips", name))


def _finite(value: float | None) -> float | None:
    return value if value is not None and np.isfinite(value) else None


def _randomized(read: Records) -> dict[str, Any] | None:
    """Kendall's tau-b of each method's row with its row in a copy of the network with new weights, stage by stage."""
    stages = read.keys("randomized")
    return {
        stage: {
            method: read.resampling.mean(read.column("randomized", stage, method))
            for method in read.keys("randomized", stage)
        }
        for stage in stages
    } or None


def _plausibility(read: Records) -> dict[str, Any] | None:
    """Overlap with marked tokens for each source and row, beside what random rows reach (`over_random`, paired)."""
    table: dict[str, Any] = {}
    for source in read.keys("plausibility"):
        rows = read.keys("plausibility", source)
        asked = np.array([dig(record, "plausibility", source) is not None for record in read.all], bool)
        table[source] = {"texts": int(asked.sum()), "rows": {name: {} for name in rows}}
        for measure in OVERLAPS:
            chance = read.column("plausibility", source, "random", measure)
            for name in rows:
                own = read.column("plausibility", source, name, measure)
                cell = {"mean": read.resampling.mean(own, bounds=(0.0, 1.0), among=asked)}
                if name != "random":
                    cell["over_random"] = read.resampling.mean(own - chance, among=asked)
                if measure == "average_precision":
                    cell["by_label"] = read.by_label(np.where(asked, own, np.nan), bounds=(0.0, 1.0))
                table[source]["rows"][name][measure] = cell
    return table or None


def _captum(read: Records) -> dict[str, Any] | None:
    """Mean infidelity, from 0 to 1, and sensitivity of each row; low is good in both (Yeh et al. 2019)."""
    table: dict[str, dict[str, Any]] = {"infidelity": {}, "sensitivity": {}}
    for measure, rows in table.items():
        for name in read.keys(measure):
            column = read.column(measure, name)
            # Nothing bounds a sensitivity from above: twice the largest one seen stands in, and 1 at least.
            most = 1.0 if measure == "infidelity" else 2 * float(np.fmax.reduce(column, initial=0.5))
            rows[name] = read.resampling.mean(column, bounds=(0.0, most))
    return table if any(table.values()) else None


def _undefined(read: Records) -> dict[str, dict[str, int]]:
    """How many texts gave which reason for what is undefined on them."""
    counts: dict[str, Counter[str]] = {}
    for record in read.all:
        for what, reason in (record.get("undefined") or {}).items():
            counts.setdefault(str(what), Counter())[str(reason)] += 1
    return {what: dict(reasons.most_common()) for what, reasons in counts.items()}
