"""Studies that go text by text: shared by all sessions, going on a second at a time while somebody looks."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterator
from typing import TYPE_CHECKING, Any

from model.runs.run import Run
from pages.components import caches
from pages.components.memory import Growing

if TYPE_CHECKING:
    from model.studies.sides import Side
    from model.studies.text_by_text import Progress

STEP_SECONDS = 1.0


class Study(ABC):
    """Something that is found out text by text; `key` is all that decides what is computed."""

    key: Hashable

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
        growing = caches.studies().recall(
            self.key, lambda: Growing(self.steps(), finished=lambda progress: progress.done >= progress.total)
        )
        start = time.perf_counter()
        while not growing.finished:
            growing.advance()
            if time.perf_counter() - start > STEP_SECONDS:
                return

    def document(self) -> dict[str, Any]:
        """All that can be said after the texts done so far."""
        progress = self.progress()
        return caches.documents().recall((self.key, progress.done), lambda: self.summed_up(progress.records))

    @abstractmethod
    def steps(self) -> Iterator[Progress]:
        """The study from its beginning, text by text."""

    @abstractmethod
    def summed_up(self, records: list[dict[str, Any]]) -> dict[str, Any]:
        """What the records of some of its texts say together."""


class TrustStudy(Study):
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

    def steps(self) -> Iterator[Progress]:
        """Every test on one text after the other."""
        from model.runs.rationales import rationales
        from model.runs.store import runs_root
        from model.studies.trust import trust

        dataset = caches.dataset(self.run)
        marks = (dataset.rationales or {}).get("test")
        return trust(
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

    def summed_up(self, records: list[dict[str, Any]]) -> dict[str, Any]:
        """All tables and verdicts, as the command `trust` prints them."""
        from model.studies.trust_document import trust_document

        return trust_document(
            self.run,
            records,
            data=f"{self.run.spec['data']['name']}, test split",
            methods=self.methods,
            controls=self._controls(),
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


class StabilityStudy(Study):
    """The same test texts under every seed of one side."""

    def __init__(self, side: Side, *, limit: int) -> None:
        self.side, self.limit = side, limit
        self.key = ("stability", tuple(run.id for run in side.runs), limit)

    def steps(self) -> Iterator[Progress]:
        """Attention and attributions of all seeds on one text after the other."""
        from model.studies.stability import stability

        split = caches.dataset(self.side.runs[0]).test
        return stability(self.side, split, limit=self.limit, classifiers=caches.classifier)

    def summed_up(self, records: list[dict[str, Any]]) -> dict[str, Any]:
        """How alike the seeds are, as the command `compare` says it."""
        from model.studies.stability import stability_document

        return stability_document(self.side, records)


class AuditStudy(Study):
    """Where the weight of one run goes in its test texts, and what its words do."""

    def __init__(self, run: Run, *, limit: int) -> None:
        self.run, self.limit = run, limit
        self.key = ("audit", run.id, limit)

    def steps(self) -> Iterator[Progress]:
        """What every token of one text after the other does."""
        from model.studies.audit import audit

        return audit(self.run, caches.dataset(self.run), limit=self.limit, classifiers=caches.classifier)

    def summed_up(self, records: list[dict[str, Any]]) -> dict[str, Any]:
        """All tables, as the command `compare` has them."""
        from model.studies.audit import audit_document

        return audit_document(self.run, records, caches.dataset(self.run), classifiers=caches.classifier)
