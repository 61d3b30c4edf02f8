"""Whether the JSON and the weights of an unpacked bundle are what they are called, before any page opens them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open

from model.errors import RunError
from model.runs import checks, shapes
from model.runs.probes import check_probes
from model.runs.strict import parse, parse_lines
from model.text.vocabulary import Vocabulary
from model.training.settings import Settings

MOST_EVENTS = 200_000
_HEADER_BYTES = 1024 * 1024  # names and shapes of a few dozen tensors, and the settings


def check_json(folder: Path) -> dict[str, Any]:
    """Check spec, state, meta, report and events of a run folder, also against one another; return the spec."""
    spec = _read(folder / "spec.json", shapes.SPEC)
    settings = Settings.from_dict(spec["settings"])
    if spec["settings"] != settings.to_dict() or (spec["preset"], spec["seed"]) != (settings.preset, settings.seed):
        raise RunError("spec.json contradicts itself: settings must be complete, its preset and seed theirs")
    state = _read(folder / "state.json", shapes.STATE)
    if state["state"] != "done":
        raise RunError(f"its run is {state['state']}; only finished runs are in bundles")
    if (folder / "meta.json").exists():
        _read(folder / "meta.json", shapes.META)
    report = _read(folder / "report.json", shapes.REPORT)
    if (report["preset"], report["seed"]) != (spec["preset"], spec["seed"]):
        raise RunError(f"report.json is of another run: {report['preset']!r}, seed {report['seed']}")
    events = parse_lines((folder / "events.jsonl").read_bytes(), "events.jsonl", most=MOST_EVENTS)
    for number, event in enumerate(events, 1):
        where = f"events.jsonl, line {number}"
        kind = event.get("kind") if isinstance(event, dict) else None
        if not isinstance(kind, str) or kind not in shapes.EVENTS:
            raise RunError(f"{where} is an event of the unknown kind {str(kind)[:40]!r}")
        checks.check(event, shapes.EVENTS[kind], where)
    check_probes(events, spec)
    strangers = set(report.get("never_predicted", ())) - spec["data"]["report"]["classes"].keys()
    if strangers:
        raise RunError(f"report.json names the class {min(strangers)[:60]!r}, which its data has not")
    return spec


def _read(path: Path, shape: checks.Shape) -> Any:
    value = parse(path.read_bytes(), path.name)
    checks.check(value, shape, path.name)
    return value


def check_model(folder: Path, settings: dict[str, Any]) -> list[str]:
    """Check the weights against the network that settings and vocabulary imply; return the classes.

    Nothing is allocated for a tensor before its name and shape have been found right.
    """
    try:
        vocabulary = Vocabulary.load(folder / "vocabulary.json")
        with open(folder / "model.safetensors", "rb") as file:
            length = int.from_bytes(file.read(8), "little")
        if length > _HEADER_BYTES:
            raise RunError(f"model.safetensors has a header of {length} bytes; a model's is below {_HEADER_BYTES}")
        with safe_open(folder / "model.safetensors", framework="numpy") as file:
            classes = _check_metadata(file.metadata() or {}, settings)
            _check_tensors(file, Settings.from_dict(settings), len(vocabulary), len(classes))
    except (SafetensorError, RecursionError) as error:
        raise RunError(f"the model or its vocabulary cannot be read ({error})") from error
    return classes


def _check_metadata(strings: dict[str, str], settings: dict[str, Any]) -> list[str]:
    metadata = {name: parse(value, f"{name} in model.safetensors") for name, value in strings.items()}
    checks.check(metadata, shapes.MODEL, "the head of model.safetensors")
    if {**metadata["settings"], "device": settings["device"]} != settings:
        raise RunError("model.safetensors was trained with other settings than spec.json says")
    classes = metadata["classes"]
    if len(classes) < 2 or classes != sorted(set(classes)):
        raise RunError(f"the classes in model.safetensors are {classes[:5]}; they must be sorted, and two at least")
    return classes


def _check_tensors(file: safe_open, settings: Settings, vocabulary_size: int, classes: int) -> None:
    import torch

    from model.networks.build import build_network

    slices = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118 - safe_open is no mapping
    found = {name: (part.get_shape(), part.get_dtype()) for name, part in slices.items()}
    embedding = found.get("embedding.weight", ([], ""))[0]
    size = embedding[1] if len(embedding) == 2 else 0
    architecture = settings.architecture(vocabulary_size=vocabulary_size, classes=classes, embedding_size=size)
    with torch.device("meta"):
        network = build_network(architecture)
    wanted = {
        name: (list(value.shape), "F32" if value.is_floating_point() else "I64")
        for name, value in network.state_dict().items()
    }
    if found.get("embedding.weight") == (wanted["embedding.weight"][0], "F16"):  # half precision, to be small
        wanted["embedding.weight"] = found["embedding.weight"]
    if wanted != found:
        name = min(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
        raise RunError(
            f"model.safetensors does not fit its settings and vocabulary: {name[:80]} is"
            f" {found.get(name, 'missing')}, expected {wanted.get(name, 'nothing of that name')}"
        )
    for name in found:
        if not np.isfinite(file.get_tensor(name)).all():
            raise RunError(f"model.safetensors has numbers in {name} that are not finite")
