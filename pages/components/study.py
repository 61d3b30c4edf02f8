"""One study of the Trust page: shared by all sessions, going on a second at a time while somebody looks."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from model.runs.run import Run
from pages.components import caches
from pages.components.memory import Growing

if TYPE_CHECKING:
    from model.studies.text_by_text import Progress

STEP_SECONDS = 1.0


class Study:
    """The tests of one run on its test texts, with the options that decide what is computed."""

    def __init__(
        self,
        run: Run,
        *,
        methods: tuple[str, ...],
        limit: int,
        randomize: bool,
        captum_metrics: bool,
        others: tuple[Run, ...],
    ) -> None:
        self.run, self.methods, self.limit, self.others = run, methods, limit, others
        self.randomize, self.captum_metrics = randomize, captum_metrics
        self.key = (run.id, methods, limit, randomize, captum_metrics, tuple(other.id for other in others))

    @property
    def finished(self) -> bool:
        """Whether all texts are done."""
        growing = caches.studies().known(self.key)
        return growing is not None and growing.finished

    def progress(self) -> Progress | None:
        """How far it is; None before it was begun."""
        growing = caches.studies().known(self.key)
        return None if growing is None else growing.latest

    def go_on(self) -> None:
        """Do a second's worth of texts: at least one. Raises LabError where it cannot be done."""
        growing = caches.studies().recall(self.key, self._begin)
        start = time.perf_counter()
        while not growing.finished:
            growing.advance()
            if time.perf_counter() - start > STEP_SECONDS:
                return

    def document(self) -> dict[str, Any]:
        """All tables and verdicts of the texts done so far, as the command `trust` prints them."""
        from model.studies.trust_document import trust_document

        progress = self.progress()
        return caches.documents().recall(
            (self.key, progress.done),
            lambda: trust_document(
                self.run,
                progress.records,
                data=f"{self.run.spec['data']['name']}, test split",
                methods=self.methods,
                controls=self._controls(),
            ),
        )

    def _controls(self) -> dict[str, Any]:
        """The same model trained otherwise, where there is such a run: with attention frozen to uniform, say."""
        from model.studies.controls import CONTROLS, accuracy_beside, find_control
        from model.studies.text_by_text import study_root

        found = {kind: find_control(self.run, kind, root=study_root(self.run)) for kind in CONTROLS}
        return {
            kind: accuracy_beside(self.run, control) | {"faithfulness": None}
            for kind, control in found.items()
            if control is not None
        }

    def _begin(self) -> Growing:
        from model.runs.rationales import rationales
        from model.runs.store import runs_root
        from model.studies.trust import trust

        dataset = caches.dataset(self.run)
        marks = (dataset.rationales or {}).get("test")
        steps = trust(
            self.run,
            dataset.test,
            methods=self.methods,
            limit=self.limit,
            rationales=marks,
            people=rationales(runs_root(), data=self.run.spec["data"]["sha256"]).marks,
            others=self.others,
            randomize=self.randomize,
            captum_metrics=self.captum_metrics,
        )
        return Growing(steps, finished=lambda progress: progress.done >= progress.total)
