"""The kinds of run, and the shapes of what each leaves: a classifier of texts, or a model of a language."""

from __future__ import annotations

from typing import Any, NamedTuple

from model.errors import RunError
from model.runs import checks, language_shapes, shapes

CLASSIFIER = "classifier"
LANGUAGE_MODEL = language_shapes.KIND


class Kind(NamedTuple):
    """Shapes for `checks.check`: of spec.json, report.json, the events by kind, and the head of the weights."""

    spec: checks.Shape
    report: checks.Shape
    events: dict[str, checks.Shape]
    model: checks.Shape


KINDS = {
    CLASSIFIER: Kind(shapes.SPEC, shapes.REPORT, shapes.EVENTS, shapes.MODEL),
    LANGUAGE_MODEL: Kind(language_shapes.SPEC, language_shapes.REPORT, language_shapes.EVENTS, language_shapes.MODEL),
}


def kind_of(spec: Any) -> str:
    """The kind of run that a spec is of; one that names none is a classifier's. Raises RunError."""
    kind = spec.get("kind", CLASSIFIER) if isinstance(spec, dict) else CLASSIFIER
    if not isinstance(kind, str) or kind not in KINDS:
        raise RunError(f"the run is of the unknown kind {str(kind)[:40]!r}; known are {', '.join(KINDS)}")
    return kind
