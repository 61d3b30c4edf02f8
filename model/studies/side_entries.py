"""One side of a comparison as it stands in the document: figures, parameters, costs, and learning curves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from model.compare.contrasts import curve_band, mean_confusion, side_figures
from model.runs.run import Run
from model.studies.predictions import Predictions
from model.studies.sides import Side

CURVES = ("accuracy", "loss")
_COSTS = ("seconds", "documents_per_second", "epochs", "best_epoch", "milliseconds_per_prediction")


def side_facts(side: Side, reference: Side) -> dict[str, Any]:
    """What a side of either kind is; parameters are measured against those of the reference."""
    report = side.runs[0].report
    parameters = report["parameters_without_embeddings"]
    return {
        "key": side.key,
        "name": side.name,
        "preset": side.preset,
        "attends": side.attends,
        "control": side.control,
        "runs": [run.id for run in side.runs],
        "seeds": list(side.seeds),
        "parameters": report["parameters"],
        "parameters_without_embeddings": parameters,
        "parameters_from_reference": parameters / reference.runs[0].report["parameters_without_embeddings"] - 1,
    }


def side_entry(side: Side, found: Predictions, reference: Side) -> dict[str, Any]:
    """Everything about one side; parameters are measured against those of the reference."""
    probabilities = found.probabilities[side.key]
    return side_facts(side, reference) | {
        "hidden_size": side.settings["hidden_size"],
        "metrics": side_figures(probabilities, found.labels),
        "confusion": mean_confusion(probabilities, found.labels).tolist(),
        "cost": {name: _mean(run.report.get(name) for run in side.runs) for name in _COSTS},
        "curves": _curves(side),
    }


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def _curves(side: Side) -> list[dict[str, Any]]:
    """Validation accuracy and loss after each epoch: the mean of the seeds, the lowest and the highest."""
    told = [_epochs(run) for run in side.runs]
    last = max((epoch for epochs in told for epoch in epochs), default=0)
    bands = {
        name: curve_band(
            np.array([[epochs.get(epoch, {}).get(name, np.nan) for epoch in range(1, last + 1)] for epochs in told])
        )
        for name in CURVES
        if last
    }
    return [
        {"epoch": epoch}
        | {
            name: {part: values[epoch - 1].item() for part, values in band._asdict().items()}
            for name, band in bands.items()
        }
        for epoch in range(1, last + 1)
    ]


def _epochs(run: Run) -> dict[int, dict[str, float]]:
    return {event["epoch"]: event["validation"] for event in run.events()[0] if event["kind"] == "epoch"}
