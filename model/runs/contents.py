"""Whether the JSON and the weights of an unpacked bundle are what they are called, before any page opens them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from model.errors import RunError
from model.runs import checks, shapes
from model.runs.kinds import CLASSIFIER, KINDS, LANGUAGE_MODEL, kind_of
from model.runs.parquet import read_losses, read_predictions
from model.runs.probes import check_probes
from model.runs.strict import parse, parse_lines
from model.runs.tensors import check_tensors, read_head
from model.text.language import LanguageVocabulary
from model.text.vocabulary import Vocabulary
from model.training.language_settings import LanguageSettings
from model.training.settings import Settings

MOST_EVENTS = 200_000
LONGEST_WORD = 1 << 16  # characters; a page shows what a language model predicts
_SETTINGS = {CLASSIFIER: Settings, LANGUAGE_MODEL: LanguageSettings}


def check_json(folder: Path) -> dict[str, Any]:
    """Check spec, state, meta, report and events of a run folder, also against one another; return the spec."""
    spec = parse((folder / "spec.json").read_bytes(), "spec.json")
    kind = kind_of(spec)
    checks.check(spec, KINDS[kind].spec, "spec.json")
    settings = _SETTINGS[kind].from_dict(spec["settings"])
    if spec["settings"] != settings.to_dict() or (spec["preset"], spec["seed"]) != (settings.preset, settings.seed):
        raise RunError("spec.json contradicts itself: settings must be complete, its preset and seed theirs")
    state = _read(folder / "state.json", shapes.STATE)
    if state["state"] != "done":
        raise RunError(f"its run is {state['state']}; only finished runs are in bundles")
    if (folder / "meta.json").exists():
        _read(folder / "meta.json", shapes.META)
    report = _read(folder / "report.json", KINDS[kind].report)
    if (report["preset"], report["seed"]) != (spec["preset"], spec["seed"]):
        raise RunError(f"report.json is of another run: {report['preset']!r}, seed {report['seed']}")
    events = _read_events(folder / "events.jsonl", KINDS[kind].events)
    if kind == CLASSIFIER:
        check_probes(events, spec)
        strangers = set(report.get("never_predicted", ())) - spec["data"]["report"]["classes"].keys()
        if strangers:
            raise RunError(f"report.json names the class {min(strangers)[:60]!r}, which its data has not")
    elif report["unit"] != settings.unit:
        raise RunError(f"report.json is of a model of {report['unit'][:40]!r}, spec.json of {settings.unit!r}")
    return spec


def _read(path: Path, shape: checks.Shape) -> Any:
    value = parse(path.read_bytes(), path.name)
    checks.check(value, shape, path.name)
    return value


def _read_events(path: Path, known: dict[str, checks.Shape]) -> list[dict[str, Any]]:
    events = parse_lines(path.read_bytes(), path.name, most=MOST_EVENTS)
    for number, event in enumerate(events, 1):
        where = f"{path.name}, line {number}"
        kind = event.get("kind") if isinstance(event, dict) else None
        if not isinstance(kind, str) or kind not in known:
            raise RunError(f"{where} is an event of the unknown kind {str(kind)[:40]!r}")
        checks.check(event, known[kind], where)
    return events


def check_results(folder: Path, spec: dict[str, Any], report: dict[str, Any]) -> pd.DataFrame:
    """Check the model of a run whose JSON is in order, and return what it predicted, built anew. Raises RunError."""
    predictions = folder / "predictions.parquet"
    if kind_of(spec) == LANGUAGE_MODEL:
        words = check_language_model(folder, spec["settings"])
        return read_losses(predictions, words, report["test"]["tokens"])
    classes = check_classifier(folder, spec["settings"])
    known = sorted(spec["data"]["report"]["classes"])
    if known != classes:
        raise RunError(f"its model knows the classes {classes[:5]}, its data {known[:5]}")
    return read_predictions(predictions, classes, report["test"]["documents"])


def check_classifier(folder: Path, settings: dict[str, Any]) -> list[str]:
    """Check the weights against the network that settings and vocabulary imply; return the classes."""
    from model.networks.build import build_network

    words = len(Vocabulary.load(folder / "vocabulary.json"))
    classes = read_head(folder, KINDS[CLASSIFIER].model, settings)["classes"]
    if len(classes) < 2 or classes != sorted(set(classes)):
        raise RunError(f"the classes in model.safetensors are {classes[:5]}; they must be sorted, and two at least")
    check_tensors(
        folder,
        lambda size: build_network(
            Settings.from_dict(settings).architecture(
                vocabulary_size=words, classes=len(classes), embedding_size=size
            )
        ),
    )
    return classes


def check_language_model(folder: Path, settings: dict[str, Any]) -> int:
    """Check words and weights against the network that the settings imply; return the number of words."""
    from model.networks.language_models import LanguageNetwork

    known = LanguageSettings.from_dict(settings)
    words = LanguageVocabulary.load(folder / "vocabulary.json", unit=known.unit).words
    longest = 1 if known.unit == "characters" else LONGEST_WORD
    for word in words[2:]:
        if len(word) > longest or any("\ud800" <= letter <= "\udfff" for letter in word):
            raise RunError(f"vocabulary.json has {word[:40]!r}, which is none of the {known.unit} of a text")
    read_head(folder, KINDS[LANGUAGE_MODEL].model, settings)
    check_tensors(folder, lambda size: LanguageNetwork(known.architecture(vocabulary_size=len(words))))
    return len(words)
