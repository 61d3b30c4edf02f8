"""What every export draws of one Explanation.to_dict(): its pieces of text, its rows, and the evidence on them.

A document may come from a file, so nothing in it is trusted: not its shape, and no string in it as markup.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, NamedTuple

from model.errors import DataError, SettingsError
from model.explain.export_row import Row
from model.explain.export_words import direction, duration, name_of, signed
from model.explain.rows import TITLES, in_sentence

MOST_HEADS = 16

_UNSIGNED = {"saliency"}


class Sentence(NamedTuple):
    """The tokens [start, end) of a sentence, and its weight."""

    start: int
    end: int
    weight: float


class Band(NamedTuple):
    """Where random rankings of the same tokens lie: their mean, 5th and 95th percentile."""

    mean: float
    p5: float
    p95: float


class Evidence(NamedTuple):
    """What speaks for one row; None where it is undefined or was not computed."""

    title: str
    kendall_tau: float | None
    top_k: int | None
    top_k_overlap: float | None
    comprehensiveness: float | None
    sufficiency: float | None


@dataclass(frozen=True, kw_only=True, eq=False)
class Document:
    """An explanation as it is drawn: `gaps[i]` stands before `tokens[i]`, then `tail`, then `cut` in grey."""

    tokens: list[str]
    gaps: list[str]
    tail: str
    cut: str
    spans: list[tuple[int, int]]
    unknown: set[int]
    prediction: str
    target: str
    certainty: float  # the probability of the prediction
    others: list[tuple[str, float]]  # the probabilities of the other labels, likeliest first
    logit: float
    baseline_logit: float
    rows: dict[str, Row]  # attention first
    heads: list[Row]
    sentences: list[Sentence]
    evidence: dict[str, Evidence]  # by row
    random: dict[str, Band]  # "comprehensiveness" and "sufficiency"; empty where nothing was judged

    @cached_property
    def direction(self) -> Literal["ltr", "rtl"]:
        """The reading direction of the text."""
        return direction("".join(self.tokens))

    @cached_property
    def sentence_of(self) -> dict[int, Sentence]:
        """The sentence of each token, by the token's place; empty for a network that knows none."""
        return {place: sentence for sentence in self.sentences for place in range(sentence.start, sentence.end)}

    def row(self, name: str) -> Row | None:
        """The row to colour by; for "attention", of a network without, the first method. Raises SettingsError."""
        if name in self.rows:
            return self.rows[name]
        if name != "attention":
            known = ", ".join(self.rows) or "none"
            raise SettingsError(f"the explanation has no row {name_of(name)!r}; it has {known}")
        return next(iter(self.rows.values()), None)


def coloured_by(document: Document, row: Row | None) -> str:
    """Which row colours the words, and for which target where that is not the prediction."""
    coloured = f"words coloured by {in_sentence(row.title)}" if row else ""
    explained = "" if document.target == document.prediction else f"explaining {document.target}"
    return ", ".join(filter(None, [coloured, explained]))


def read_document(document: Mapping[str, Any]) -> Document:
    """Check one Explanation.to_dict(), fresh or out of a JSON file. Raises DataError where it is not one."""
    try:
        return _read(document)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        reason = name_of(f"{type(error).__name__}: {error}")
        raise DataError(f"this is no saved explanation ({reason}); pass what Explanation.to_dict() gave") from error


def _read(document: Mapping[str, Any]) -> Document:
    text, target = document["text"], name_of(document["target"])
    spans = [(token["start"], token["end"]) for token in document["tokens"]]
    ends = [0, *(end for _, end in spans)]
    flat = [offset for span in spans for offset in span]
    if flat != sorted(flat) or (flat and not 0 <= flat[0] <= flat[-1] <= len(text)):
        raise ValueError("the tokens' spans do not follow one another in the text")
    kept = len(text) if document["truncated_at"] is None else document["truncated_at"]
    rows = {
        str(name): _attribution(str(name), row, document["logit"] - document["baseline_logit"])
        for name, row in document["attributions"].items()
    }
    attention = document["attention"]
    if attention:
        rows = {"attention": Row("attention", "Attention", "attention", _numbers(attention["weights"])), **rows}
    heads = _heads(attention)
    shares = {str(label): float(share) for label, share in document["probabilities"].items()}  # JSON's keys are str
    for row in [*rows.values(), *heads]:
        if len(row.values) != len(spans):
            raise ValueError(f"{len(spans)} tokens, but {len(row.values)} values of {row.name}")
    return Document(
        tokens=[text[start:end] for start, end in spans],
        gaps=[text[end:start] for end, (start, _) in zip(ends, spans, strict=False)],
        tail=text[ends[-1] : max(kept, ends[-1])],
        cut=text[max(kept, ends[-1]) :],
        spans=spans,
        unknown={place for place, token in enumerate(document["tokens"]) if not token["known"]},
        prediction=name_of(document["prediction"]),
        target=target,
        certainty=float(shares.pop(str(document["prediction"]))),
        others=[(name_of(label), share) for label, share in sorted(shares.items(), key=lambda item: -item[1])],
        logit=float(document["logit"]),
        baseline_logit=float(document["baseline_logit"]),
        rows=rows,
        heads=heads,
        sentences=[
            Sentence(int(a), int(b), float(weight)) for a, b, weight in (attention or {}).get("sentences") or ()
        ],
        evidence=_evidence(rows, document["agreement"], document["faithfulness"]),
        random={
            name: Band(*(float(band[key]) for key in Band._fields))
            for name, band in document["faithfulness"].get("random", {}).items()
        },
    )


def _evidence(
    rows: Mapping[str, Row], agreement: Mapping[str, Any], faithfulness: Mapping[str, Any]
) -> dict[str, Evidence]:
    found = {}
    for name, row in rows.items():
        same, judged = agreement.get(name, {}), faithfulness.get(name, {})
        top_k = same.get("top_k")
        found[name] = Evidence(
            row.title,
            _number(same.get("kendall_tau")),
            None if top_k is None else int(top_k),
            *(_number(same.get("top_k_overlap")), _number(judged.get("comprehensiveness"))),
            _number(judged.get("sufficiency")),
        )
    return found


def _number(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)


def _attribution(name: str, row: Mapping[str, Any], change: float) -> Row:
    values, delta = _numbers(row["values"]), row["convergence_delta"]
    figures, check = duration(float(row["seconds"])), ""
    if delta is not None and math.isfinite(delta):
        figures += f" · error {100 * delta:.1f}\u00a0%"
        check = f"sum {signed(sum(values))} = change of the logit {signed(change)}, error {100 * delta:.1f}\u00a0%"
    title = TITLES.get(name) or name_of(name).replace("_", " ").capitalize()
    return Row(name, title, "size" if name in _UNSIGNED else "signed", values, figures, check)


def _heads(attention: Mapping[str, Any] | None) -> list[Row]:
    per_head = (attention or {}).get("per_head") or []
    if len(per_head) < 2:
        return []
    names = attention["names"] or [f"head {place}" for place in range(1, len(per_head) + 1)]
    pairs = list(zip(names, per_head, strict=True))[:MOST_HEADS]
    return [Row(f"attention, {name}", name_of(name), "attention", _numbers(values)) for name, values in pairs]


def _sentences(attention: Mapping[str, Any] | None, tokens: int) -> list[Sentence]:
    sentences = (attention or {}).get("sentences") or ()
    # Within the text, whatever a file says: a sentence of a billion tokens would fill the memory.
    return [Sentence(max(0, int(start)), min(int(end), tokens), float(weight)) for start, end, weight in sentences]


def _numbers(values: Sequence[float | None]) -> list[float]:
    return [math.nan if value is None else float(value) for value in values]  # strict JSON has null for NaN
