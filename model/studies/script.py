"""A run as a Python script that trains it again, exactly, and says whether it is the same."""

from __future__ import annotations

import hashlib
import re
import textwrap
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from model.errors import RunError
from model.runs.run import Run
from model.studies.reproduce import digest_of_weights
from model.training.settings import Settings

_SOURCE = Path(__file__).with_name("reproduce.py")
_BEGIN, _END = "# -- what was trained -", "# -- how it is trained again -"
_KEPT_VECTORS = re.compile(r"vectors/([0-9a-f]{16})/[^/]+$")


def script(run: Run) -> str:
    """The source of reproduce.py for a finished run: `python reproduce.py RUN.zip` with its bundle.

    Settings, the hashes of data, weights and predictions, and the figures stand in it as literals made by repr,
    since titles, labels and names of files are anybody's. What "auto" meant on the machine that trained (device,
    precision, vectors) is written out. Raises RunError for a run that is not finished or lacks its weights.
    """
    before, rest = _SOURCE.read_text(encoding="utf-8").split(_BEGIN)
    constants, after = rest.split(_END)
    heading = constants.partition("\n")[0]
    lines = [f"{name} = {_literal(value)}" for name, value in _facts(run).items()]
    return f"{before}{_BEGIN}{heading}\n\n" + "\n".join(lines) + f"\n\n{_END}{after}"


def _literal(value: Any) -> str:
    # repr() escapes whatever is not printable, so no value ends its line, let alone its quotes.
    if not isinstance(value, dict) or not value:
        return repr(value)
    items = "".join(f"{key!r}: {_literal(item)},\n" for key, item in value.items())
    return "{\n" + textwrap.indent(items, "    ") + "}"


def _facts(run: Run) -> dict[str, Any]:
    report, data = run.report, run.spec["data"]
    if report is None:
        raise RunError(f"run {run.id} is {run.state['state']}; only a finished run can be trained again exactly")
    settings = Settings.from_dict(run.spec["settings"]).to_dict()
    weights, half = _weights(run)
    return {
        "TITLE": run.title,
        "DATA": {"name": data["name"], "sha256": data["sha256"]},
        "SETTINGS": {
            **settings,
            "device": report["device"],
            "precision": report["precision"],
            "vectors": _vectors(settings["vectors"], report["vectors"]),
        },
        "VECTORS": _vector_file(settings["vectors"], report["vectors"]),
        "STOPPED_AFTER": _stopped_after(run, report),
        "HALF_EMBEDDINGS": half,
        "EXPECTED": {
            "weights": weights,
            "predictions": _predictions(run),
            "test": {name: report["test"][name] for name in ("accuracy", "macro_f1", "loss")},
            "epochs": report["epochs"],
            "best_epoch": report["best_epoch"],
        },
        "VERSIONS": dict(run.spec["versions"]),
    }


def _stopped_after(run: Run, report: dict[str, Any]) -> int | float | None:
    """Whole epochs, or the share of the first one, after which somebody stopped it; None where nobody did."""
    if report.get("ended") != "stopped":
        return None
    epochs = [event for event in run.events()[0] if event["kind"] == "epoch"]
    share = epochs[0].get("share") if report["epochs"] == 1 and epochs else None
    return share if isinstance(share, float) and share < 1 else int(report["epochs"])


def _vectors(wanted: str, used: dict[str, Any] | None) -> str:
    """What `auto` came to: with GloVe not installed, or knowing too few words, it was none."""
    if wanted != "auto":
        return "none" if used is None else wanted if wanted == "glove" else Path(wanted).name
    return "none" if used is None else "glove"


def _vector_file(wanted: str, used: dict[str, Any] | None) -> dict[str, str] | None:
    if used is None or wanted in ("auto", "none", "glove"):
        return None
    kept = _KEPT_VECTORS.search(wanted)
    return {"name": Path(wanted).name, "sha256": kept[1] if kept else ""}


def _weights(run: Run) -> tuple[str, bool]:
    """The digest of the weights, and whether the embeddings were saved in half precision."""
    path = run.folder / "model.safetensors"
    try:
        with safe_open(path, framework="numpy") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no mapping
    except (OSError, SafetensorError) as error:
        raise RunError(f"the weights of run {run.id} cannot be read ({error}); train it again") from error
    return digest_of_weights(tensors), tensors["embedding.weight"].dtype.itemsize == 2


def _predictions(run: Run) -> str:
    table = run.predictions()
    if table is None:
        raise RunError(f"run {run.id} has no predictions.parquet; train it again")
    predicted = table.sort_values("index")["prediction"].astype(str)
    return hashlib.sha256("\n".join(predicted).encode()).hexdigest()
