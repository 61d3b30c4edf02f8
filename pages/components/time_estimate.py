"""How long the chosen trainings will take and how much memory, measured here for a moment before anybody decides."""

from __future__ import annotations

import json
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import streamlit as st

from model.errors import LabError
from model.runs.intake import Intake
from model.runs.store import runs_root
from pages.components import caches, session, words

_TICK = 1.0


def data_of(intake: Intake, profile: dict[str, Any]) -> dict[str, Any]:
    """What a run's spec would say of data that was read, before it is kept for good."""
    entry = {"name": profile["name"], "sha256": profile["sha256"], "report": profile["report"], "folder": None}
    if not intake.builtin:
        entry["folder"] = str((intake.folder / "data").relative_to(runs_root()))
    return entry


def time_estimate(data: dict[str, Any], settings: list[dict[str, Any]], *, seeds: int, places: int) -> None:
    """Draw the estimate for a training with each of the settings, `seeds` of each and `places` at a time.

    data: as in a run's spec, with "folder" below the folder of runs, or None for built-in data.
    """
    key = json.dumps([data["sha256"], settings], sort_keys=True)
    done = key in caches.estimates() and caches.estimates().known(key).finished
    st.fragment(_shown, run_every=None if done else _TICK)(key, data, settings, seeds, places)


def _shown(key: Hashable, data: dict, settings: list[dict], seeds: int, places: int) -> None:
    if session.unchanged_for("estimate", key) < _TICK and key not in caches.estimates():
        st.caption("Measuring how long this takes…")  # somebody is still choosing
        return
    measured = caches.estimates().recall(key, lambda: _Measured(data, settings))
    measured.look()
    if measured.error:
        st.caption(f"How long it takes could not be measured: {words.literal(measured.error)}")
    elif not measured.finished:
        st.caption(f"Measuring how long this takes… {len(measured.results)} of {len(settings)}")
    else:
        st.caption(_sentence(measured.results, seeds, places))


def _sentence(results: list[dict[str, float]], seeds: int, places: int) -> str:
    # The baselines are computed once for the data, whoever comes first.
    once = max(result["baselines"] for result in results)
    each = [result["seconds"] for result in results]
    jobs = seeds * len(each)
    work = seeds * sum(result["seconds"] - result["baselines"] for result in results) + once
    wall = max(max(each), work / min(places, jobs))
    memory = max(result["megabytes"] for result in results) * 1e6
    together = f" for all, {min(places, jobs)} at a time" if jobs > 1 else ""
    return (
        f"At most about {words.duration(wall)}{together}, by a short measurement on this machine: early stopping may"
        f" end it sooner, other people's trainings later. Up to {words.size(memory)} of memory each."
    )


class _Measured:
    """One measurement, which all sessions that ask the same share; its process ends with it."""

    def __init__(self, data: dict[str, Any], settings: list[dict[str, Any]]) -> None:
        from model.studies import estimate

        self.results: list[dict[str, float]] = []
        self.error: str | None = None
        self.finished = False
        try:
            self._handle = estimate.begin(Path(runs_root()), data, settings)
        except LabError as error:
            self.error, self.finished = str(error), True

    def look(self) -> None:
        """Take what the process has said by now."""
        if not self.finished:
            self.results, self.error = list(self._handle.results), self._handle.error
            self.finished = self._handle.done or bool(self.error)
            if self.finished:
                self._handle.close()
