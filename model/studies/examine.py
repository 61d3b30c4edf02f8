"""One text under every test of what its explanations are worth, as one record that JSON can hold."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from model.explain.agreement import agreement, ranking
from model.explain.attribution import METHODS, attribute, check_methods
from model.explain.faithfulness import faithfulness, random_rankings
from model.explain.figures import predict_ids
from model.explain.network import Network, shortened_logits, softmax
from model.explain.perturbation import curves, flips, mean_curves, median_flip, remembered
from model.explain.plausibility import expected_plausibility, plausibility
from model.explain.rows import problem
from model.studies.captum_part import captum_part, no_captum_part
from model.studies.counterfactual import counterfactual, nothing

RANDOM_CURVES = 5  # random rankings whose curves and flips are drawn; faithfulness has all of them
_FLAWS = {"nan": "not finite", "zero": "all values are 0"}

Record = dict[str, Any]
Rows = Mapping[str, np.ndarray]  # values (T,) of the attention and of each method
Attributed = Mapping[str | None, Rows]


def examine(
    network: Network,
    ids: Sequence[int],
    *,
    index: int,
    label: str | int,
    labels: Sequence[str | int],
    methods: Sequence[str],
    seed: int,
    truncated: bool = False,
    rationale: Collection[int] | None = None,
    marks: Collection[int] | None = None,
    forced: Mapping[str, np.ndarray] | None = None,
    randomized: Mapping[str, Network] | None = None,
    adversary: bool = True,
    captum_metrics: bool = False,
    attributed: Attributed | None = None,
) -> Record:
    """Examine one text, ids (T,): its attention, and the attributions to the class that is predicted for it.

    `labels` (C,) are the classes in the order of the logits, `methods` names of `attribution.METHODS`; attention
    comes by itself, where there is one. `rationale` and `marks` are the positions of the tokens that are the reason,
    by the data set and by people; `forced` are attention weights (K, T) of other networks to lay on this text;
    `randomized` are networks to explain it by as well. `captum_metrics` adds "infidelity" and "sensitivity" (see
    `explain.captum_metrics`). `attributed` are attributions that are known already, the network's under None and
    those of a randomized one under its name; the others are worked out. `seed`, best `text_seed(text)`, decides ties
    and all draws.

    What has no meaning is None, or left out where it is one of several, and "undefined" says why, by its path in the
    record ("agreement.attention|saliency"). A text of fewer than two tokens has one ranking and one attention:
    nothing about it is defined but the prediction. Raises SettingsError for an unknown method.
    """
    check_methods(methods)
    prediction = predict_ids(network, ids)
    attention = None if prediction.attention is None else prediction.attention.weights
    methods = [method for method in METHODS if method in methods]
    text = _Text(network, ids, prediction.best, seed, methods, attributed or {}, {})
    sources = {"rationales": rationale, "people": marks}
    sources = {source: set(marked) for source, marked in sources.items() if marked is not None}
    asked = {"randomized": randomized or {}, "plausibility": sources, "forced": forced or {}}
    finite = bool(np.isfinite(prediction.logits).all())
    flaw = {0: "no tokens", 1: "one token"}.get(len(ids)) if finite else "the logits are not finite"
    if flaw is None:
        parts = _parts(text, attention, asked, with_adversary=adversary, with_captum=captum_metrics)
    else:
        parts = no_captum_part() if captum_metrics else {}
        parts |= _blank([*([] if attention is None else ["attention"]), *text.methods], asked)
        text.undefined.update(dict.fromkeys((part for part in parts if asked.get(part, True)), flaw))
    record = {
        "index": int(index),
        "label": str(label),
        "prediction": str(labels[prediction.best]),
        "probability": float(prediction.probabilities[prediction.best]),
        "tokens": len(ids),
        "truncated": bool(truncated),
        **parts,
        "plausibility": parts["plausibility"] or None,
    }
    return {**_finite(record, "", text.undefined), "undefined": text.undefined}


@dataclass(frozen=True)
class _Text:
    """What the parts of a record are worked out from; `undefined` collects what has no meaning, and why."""

    network: Network
    ids: Sequence[int]
    target: int
    seed: int
    methods: Sequence[str]
    attributed: Attributed
    undefined: dict[str, str]

    def rows(self, network: Network, attention: np.ndarray | None, stage: str | None = None) -> Rows:
        """The rows of this text in a network, that of a stage of randomisation, always for the same target."""
        rows = {} if attention is None else {"attention": attention}
        known = self.attributed.get(stage, {})
        for method in self.methods:
            rows[method] = known.get(method)
            if rows[method] is None:
                rows[method] = attribute(network, self.ids, method=method, target=self.target).values
        return rows


def _parts(
    text: _Text,
    attention: np.ndarray | None,
    asked: Mapping[str, Mapping],
    *,
    with_adversary: bool,
    with_captum: bool,
) -> Record:
    """The parts of a record of a text of two tokens or more."""
    rows = text.rows(text.network, attention)
    if attention is None:
        other = nothing()
        text.undefined.update(dict.fromkeys((part for part in other if asked.get(part, True)), "no attention"))
    else:
        other = counterfactual(
            text.network,
            text.ids,
            seed=text.seed,
            forced=asked["forced"],
            with_adversary=with_adversary,
            undefined=text.undefined,
        )
    return {
        "agreement": _agreement(text, rows),
        **_perturbation(text, rows),
        **other,
        "randomized": {stage: _randomized(text, stage, copy, rows) for stage, copy in asked["randomized"].items()},
        "plausibility": {source: _plausibility(text, source, rows, m) for source, m in asked["plausibility"].items()},
        **(_captum(text, rows) if with_captum else {}),
    }


def _agreement(text: _Text, rows: Rows) -> Record:
    result = {}
    for a, b in combinations(rows, 2):
        tau, _, overlap = agreement(rows[a], rows[b], seed=text.seed)
        result[f"{a}|{b}"] = [tau, overlap]
        if tau is None:
            flaws = {name: _no_order(np.abs(rows[name])) for name in (a, b)}
            text.undefined[f"agreement.{a}|{b}"] = "; ".join(f"{name}: {why}" for name, why in flaws.items() if why)
    return result


def _perturbation(text: _Text, rows: Rows) -> Record:
    """What the network says of parts of the text: no list of tokens is run twice."""
    names = [name for name, values in rows.items() if problem(values) is None]
    for name in set(rows) - set(names):
        flaw = _FLAWS[problem(rows[name])]
        text.undefined.update({f"{part}.{name}": flaw for part in ("faithfulness", "curves", "flips")})
    logits = remembered(lambda kept: shortened_logits(text.network, text.ids, kept))
    probability = lambda kept: softmax(logits(kept))[:, text.target]  # noqa: E731
    rankings = [ranking(rows[name], seed=text.seed) for name in names]
    rankings += random_rankings(len(text.ids), seed=text.seed)
    faithful = [list(result) for result in faithfulness(probability, rankings)]
    rankings = rankings[: len(names) + RANDOM_CURVES]
    drawn = curves(probability, rankings)
    gone = flips(lambda kept: logits(kept).argmax(axis=1), rankings)
    drawn[len(names) :] = [mean_curves(drawn[len(names) :])]
    gone[len(names) :] = [median_flip(gone[len(names) :])]
    plain = [{side: values.tolist() for side, values in curve._asdict().items()} for curve in drawn]
    return {
        "faithfulness": dict(zip(names, faithful, strict=False)),
        "random": faithful[len(names) :],
        "curves": dict(zip([*names, "random"], plain, strict=True)),
        "flips": dict(zip([*names, "random"], gone, strict=True)),
    }


def _randomized(text: _Text, stage: str, network: Network, rows: Rows) -> Record:
    attention = predict_ids(network, text.ids).attention
    others = text.rows(network, None if attention is None else attention.weights, stage)
    result = {}
    for name in rows:
        result[name] = agreement(rows[name], others[name], seed=text.seed).kendall_tau
        if result[name] is None:
            own = _no_order(np.abs(rows[name]))
            text.undefined[f"randomized.{stage}.{name}"] = own or f"randomised, {_no_order(np.abs(others[name]))}"
    return result


def _plausibility(text: _Text, source: str, rows: Rows, marked: set[int]) -> Record:
    tokens = len(text.ids)
    if not 0 < len(marked) < tokens:
        text.undefined[f"plausibility.{source}"] = "every token is marked" if marked else "no token is marked"
    result = {}
    for name, values in rows.items():
        result[name] = plausibility(marked, values, seed=text.seed)._asdict()
        if 0 < len(marked) < tokens and result[name]["f1"] is None:
            text.undefined[f"plausibility.{source}.{name}"] = _no_order(values)
    return {**result, "random": expected_plausibility(len(marked), tokens)._asdict()}


def _captum(text: _Text, rows: Rows) -> Record:
    given = {"target": text.target, "seed": text.seed, "undefined": text.undefined}
    return captum_part(text.network, text.ids, rows, flaws=_FLAWS, **given)


def _blank(names: Sequence[str], asked: Mapping[str, Mapping]) -> Record:
    """The parts of a record of which none has a meaning."""
    measures = expected_plausibility(0, 0)._asdict()
    return {
        "agreement": {"|".join(pair): [None, None] for pair in combinations(names, 2)},
        "faithfulness": {},
        "random": [],
        "curves": {},
        "flips": {},
        **nothing(),
        "randomized": {stage: dict.fromkeys(names) for stage in asked["randomized"]},
        "plausibility": {
            source: {name: dict(measures) for name in [*names, "random"]} for source in asked["plausibility"]
        },
    }


def _no_order(values: np.ndarray) -> str | None:
    """Why values (T,) rank nothing, None where they do."""
    flaw = problem(values)
    if flaw is not None:
        return _FLAWS[flaw]
    return "all values are equal" if (values == values[0]).all() else None


def _finite(value: Any, path: str, undefined: dict[str, str]) -> Any:
    """The same with None in the place of numbers that are not finite, which JSON does not know."""
    if isinstance(value, dict):
        return {name: _finite(item, f"{path}.{name}" if path else name, undefined) for name, item in value.items()}
    if isinstance(value, list):
        return [_finite(item, path, undefined) for item in value]
    if isinstance(value, float) and not np.isfinite(value):
        undefined[path] = "not finite"
        return None
    return value
