"""Captum's measures of every row of one text: the part of a record that is made where it is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from model.explain.captum_metrics import infidelities, no_sensitivity, sensitivity_of
from model.explain.network import Network
from model.explain.rows import problem


def captum_part(
    network: Network,
    ids: Sequence[int],
    rows: Mapping[str, np.ndarray],
    *,
    target: int,
    seed: int,
    undefined: dict[str, str],
    flaws: Mapping[str, str],
) -> dict[str, Any]:
    """The parts "infidelity" and "sensitivity" of a text, ids (T,): a number for each of the rows (T,) that has one.

    `undefined` is told of the others, and why; `flaws` are the words for what `problem` finds.
    """
    parts: dict[str, Any] = no_captum_part()
    sound = [name for name, values in rows.items() if problem(values) is None]
    errors = infidelities(network, ids, [rows[name] for name in sound], target=target, seed=seed)
    found = dict(zip(sound, errors, strict=True))
    for name, values in rows.items():
        flaw = flaws.get(problem(values) or "")
        if found.get(name) is None:
            undefined[f"infidelity.{name}"] = flaw or "no set of tokens changes the logit, or to none that is finite"
        else:
            parts["infidelity"][name] = found[name]
        change = None if flaw else sensitivity_of(network, ids, method=name, target=target, seed=seed)
        if change is None:
            undefined[f"sensitivity.{name}"] = no_sensitivity(name) or flaw or "not finite"
        else:
            parts["sensitivity"][name] = change
    return parts


def no_captum_part() -> dict[str, Any]:
    """The same parts where none of them has a meaning."""
    return {"infidelity": {}, "sensitivity": {}}
