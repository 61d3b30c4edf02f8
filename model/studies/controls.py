"""Retrained controls of a run: the same training with one thing changed, and what that changes.

A network with frozen uniform attention shows what learning the attention is worth (Wiegreffe & Pinter 2019). One that
saw texts with words gone shows how much of a faithfulness figure is the shock of a text with holes, the like of which
the network has never seen (Hooker et al. 2019). No setting deletes words in training: the nearest is word_dropout,
which shows them as unknown, so that the length of a text stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from model.compare.significance import paired_difference
from model.errors import RunError, SettingsError
from model.networks.presets import PRESETS
from model.runs.model_file import versions
from model.runs.run import DEMO_ROOT, Run
from model.runs.store import create_run, delete_run, list_runs
from model.studies.training import execute
from model.training.loop import Event
from model.training.settings import Settings

WORDS_GONE = 0.3  # the least word_dropout that counts as a training with random deletions
_MAY_DIFFER = ("device", "precision", "threads")  # what changes the speed


@dataclass(frozen=True)
class Control:
    """One option of a training, the value it has in a control, and whether another value will do as well."""

    option: str
    value: Any
    title: str
    needs_attention: bool
    fits: Callable[[Any], bool]


CONTROLS = {
    "uniform": Control(
        "attention_weights", "uniform", "Attention frozen to uniform", True, lambda value: value == "uniform"
    ),
    "deletions": Control(
        "word_dropout",
        WORDS_GONE,
        "Trained with random words shown as unknown, the nearest to deleting them",
        False,
        lambda value: value >= WORDS_GONE,
    ),
}


def control_settings(run: Run, kind: str) -> Settings | None:
    """The settings of a run's control of `CONTROLS`; None where the run is its own, or has no attention to freeze."""
    control = _control(kind)
    settings = Settings.from_dict(run.spec["settings"])
    if control.fits(getattr(settings, control.option)):
        return None
    if control.needs_attention and PRESETS[settings.preset].pooling in ("mean", "last"):
        return None
    return replace(settings, **{control.option: control.value})


def find_control(run: Run, kind: str, *, root: Path) -> Run | None:
    """A finished run below `root`, or a demo run, that differs from `run` in the control's option alone.

    Same data, preset, seed and all other options but those that only change the speed. None where there is none.
    """
    wanted = control_settings(run, kind)
    if wanted is None:
        return None
    control = _control(kind)
    for other in list_runs(root, DEMO_ROOT):
        if other.kind != run.kind:
            continue
        settings = other.spec["settings"]
        alike = all(
            settings.get(name) == value
            for name, value in wanted.to_dict().items()
            if name not in (*_MAY_DIFFER, control.option)
        )
        if not alike or other.spec["data"]["sha256"] != run.spec["data"]["sha256"]:
            continue
        if control.option in settings and control.fits(settings[control.option]) and other.state["state"] == "done":
            return other
    return None


def train_control(
    run: Run, kind: str, *, root: Path, on_event: Callable[[Event], None] = lambda event: None
) -> Run | None:
    """Train the control of a run, below `root`, and return it; None where it has none (see `control_settings`).

    A training that fails or is interrupted leaves nothing behind. Raises LabError for what the user can mend.
    """
    settings = control_settings(run, kind)
    if settings is None:
        return None
    control = create_run(root, data=run.spec["data"], settings=settings.to_dict(), versions=versions())
    try:
        with control.claim():
            execute(control, on_event=on_event)
    except BaseException:
        delete_run(control, for_good=True)
        raise
    return control


def accuracy_beside(run: Run, control: Run) -> dict[str, Any]:
    """Both accuracies on the test split of their data, and how much higher the run's is.

    {"run", "control": ids, "texts", "accuracy", "control_accuracy", "difference": [estimate, low, high]}, with the
    95 % interval of `paired_difference`. Raises RunError where predictions are missing or not of the same texts.
    """
    right = []
    for each in (run, control):
        predictions = each.predictions()
        if predictions is None:
            raise RunError(f"run {each.id} has no predictions on its test texts; train it again")
        right.append((predictions["prediction"] == predictions["label"]).to_numpy())
    own, other = right
    if len(own) != len(other):
        raise RunError(
            f"runs {run.id} and {control.id} were tested on {len(own)} and {len(other)} texts; train again"
        )
    difference = paired_difference(other, own, seed=run.spec["seed"])
    return {
        "run": run.id,
        "control": control.id,
        "texts": len(own),
        "accuracy": float(own.mean()),
        "control_accuracy": float(other.mean()),
        "difference": list(difference),
    }


def _control(kind: str) -> Control:
    if kind not in CONTROLS:
        raise SettingsError(f"there is no control {kind!r}; choose from {', '.join(CONTROLS)}")
    return CONTROLS[kind]
