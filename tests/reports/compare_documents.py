"""A comparison of real tiny runs with everything a report can show, for tests of pages that show it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from model.data.datasets import load_builtin
from model.studies.compare_document import compare_document
from model.studies.training import execute, prepare
from model.training.settings import Settings

SMALL = {
    "hidden_size": 6,
    "embedding_size": 6,
    "vectors": "none",
    "epochs": 3,
    "learning_rate": 0.02,
    "batch_size": 16,
}
SIDES = (("bilstm", {}), ("bilstm-additive", {"attention_weights": "uniform"}), ("bilstm-additive", {}))
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)>&\u202e'


def tiny_document(root: Path, *, seeds: int = 2) -> dict[str, Any]:
    """Three sides with the same seeds on generated texts, trained below `root` in a few seconds."""
    dataset = load_builtin("diagnostic:keyword:400")
    runs = []
    for preset, options in SIDES:
        settings = Settings(**SMALL, **options)
        runs += prepare(root, dataset, presets=[preset], seeds=seeds, settings=settings)
    for run in runs:
        execute(run)
    document = compare_document(runs, texts=6)
    return document | {"shares": _shares(document)}


def _shares(document: dict[str, Any]) -> dict[str, Any]:
    """What `share_figures` gives, with the figures on all texts standing for those on half of them too."""
    sizes = {0.5: document["data"]["train"] // 2, 1.0: document["data"]["train"]}
    return {
        "shares": list(sizes),
        "train": list(sizes.values()),
        "sides": {
            side["key"]: [
                {"share": share, "train": rows, "metrics": side["metrics"]} for share, rows in sizes.items()
            ]
            for side in document["sides"]
        },
        "pairs": [
            {"first": pair["first"], "second": pair["second"], "differences": [pair["differences"]] * 2}
            for pair in document["pairs"]
        ],
    }


def hostile(document: dict[str, Any]) -> dict[str, Any]:
    """The same where every name, label, sentence and text that is shown tries to become markup."""

    def turned(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: turned(item, name) for name, item in value.items()}
        if isinstance(value, list):
            return [turned(item, key) for item in value]
        return HOSTILE if isinstance(value, str) and key in _SHOWN else value

    changed = turned(document)
    for row in (*changed["texts"]["rows"], *changed["stability"]["examples"]):
        row["text"] = HOSTILE + row["text"]
    for grown in changed["growth"]:
        grown["texts"] = [{**text, "text": HOSTILE + text["text"]} for text in grown["texts"]]
    return changed


_SHOWN = (
    "name", "title", "label", "classes", "prediction", "sentence", "notes", "class", "word", "first_target",
    "second_target", "sha256",
)  # fmt: skip
