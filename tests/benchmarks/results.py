"""All that a run of the benchmarks found, as a file."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.benchmarks.table import Row

FORMAT = 1


@dataclass
class Results:
    """Facts of the machine, rows with every measurement, and for each section its seconds or why it failed."""

    machine: dict[str, Any]
    quick: bool = False
    rows: list[Row] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)


def save(results: Results, path: Path) -> None:
    """Write them as JSON."""
    content = {
        "format": FORMAT,
        "machine": results.machine,
        "quick": results.quick,
        "rows": [row.to_dict() for row in results.rows],
        "seconds": results.seconds,
        "failed": results.failed,
    }
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def load(path: Path) -> Results:
    """Read what `save` wrote. Raises ValueError for another format."""
    content = json.loads(path.read_text(encoding="utf-8"))
    if content.pop("format", None) != FORMAT:
        raise ValueError(f"{path} is not a file of `python -m tests.benchmarks --json` of format {FORMAT}")
    return Results(**{**content, "rows": [Row.from_dict(row) for row in content["rows"]]})
