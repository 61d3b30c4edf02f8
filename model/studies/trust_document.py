"""The records of a study, summed up: what the command prints, the page draws and the report holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from model.compare.trust_tables import summary
from model.compare.verdict import paragraph, verdicts
from model.runs.run import Run
from model.studies.examine import Record


def labels_of(run: Run) -> list[str]:
    """The labels that a run knows, in their order."""
    return sorted(run.spec["data"]["report"]["classes"])


def trust_document(
    run: Run, records: Sequence[Record], *, data: str, methods: Sequence[str], controls: Mapping[str, Any]
) -> dict[str, Any]:
    """Tables, verdicts and paragraph of the records, as plain JSON; `data` names the texts that they are about."""
    tables = summary(records, labels=labels_of(run))
    found = verdicts(tables)
    return {
        "run": run.id,
        "data": data,
        "texts": len(records),
        "tokens": sum(record["tokens"] for record in records),
        "methods": list(methods),
        "summary": tables,
        "controls": dict(controls),
        "verdicts": [verdict.to_dict() for verdict in found],
        "paragraph": paragraph(found),
    }
