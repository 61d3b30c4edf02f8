"""Whether what a run's events tell of its probed texts is of these texts: a page draws it, token by token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from model.errors import RunError


def check_probes(events: Sequence[dict[str, Any]], spec: dict[str, Any]) -> None:
    """Compare the probes of boots and epochs, each of the shape of its kind, with one another and with the spec.

    Every boot tells all texts of the spec, their tokens, the classes and the outputs; an epoch tells as many outputs
    or none. Raises RunError.
    """
    texts, classes = spec.get("probe", []), sorted(spec["data"]["report"]["classes"])
    sizes: list[int] | None = None  # tokens of each text
    for number, event in enumerate(events, 1):
        where = f"events.jsonl, line {number},"
        if event["kind"] == "boot":
            sizes = _sizes(event, texts, classes, where)
        if "probe" in event:
            _check_outputs(event["probe"], sizes or [], classes, where)


def _sizes(boot: dict[str, Any], texts: list[str], classes: list[str], where: str) -> list[int]:
    keys = {"probe", "probe_texts", "classes"}
    if keys & boot.keys() != (keys if texts else set()):
        raise RunError(f"{where} tells of {len(texts)} probed texts, but not all that belongs to them")
    told = boot.get("probe_texts", [])
    if [row["text"] for row in told] != texts or boot.get("classes", classes) != classes:
        raise RunError(f"{where} tells of other probed texts or classes than spec.json")
    for row in told:
        end = 0
        for token in row["tokens"]:
            if [type(part) for part in token] != [int, int, bool] or not end <= token[0] < token[1] <= len(
                row["text"]
            ):
                raise RunError(f"{where} has the token {token} in a probed text of {len(row['text'])} characters")
            end = token[1]
    return [len(row["tokens"]) for row in told]


def _check_outputs(outputs: list[dict[str, Any]], sizes: list[int], classes: list[str], where: str) -> None:
    if not sizes or len(outputs) != len(sizes):
        raise RunError(f"{where} has outputs for {len(outputs)} probed texts; there are {len(sizes)}")
    for output, size in zip(outputs, sizes, strict=True):
        probabilities, weights = output["probabilities"], output["weights"]
        if len(probabilities) != len(classes) or (weights is not None and len(weights) != size):
            raise RunError(
                f"{where} has {len(probabilities)} probabilities and {len(weights or [])} weights for a text of"
                f" {size} tokens; there are {len(classes)} classes"
            )
        if not all(0 <= number <= 1 for number in (*probabilities, *(weights or ()))):
            raise RunError(f"{where} has a probability or weight outside 0 to 1")
