"""All tests of one model's explanations over a data set: text by text, within a budget, and none twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from model.data.dataset import Split
from model.data.rationales import Mark
from model.errors import DataError, SettingsError
from model.estimator import AttentionClassifier, load_run
from model.explain.attribution import METHODS, attribute_many, check_methods
from model.explain.explanation import text_seed
from model.explain.figures import predict_ids
from model.explain.interventions import own_weights
from model.explain.network import Network
from model.explain.randomized import cascade
from model.networks.presets import PRESETS
from model.runs.model_file import versions
from model.runs.rationales import Rationale
from model.runs.records import Records, digest, model_hash
from model.runs.run import Run
from model.studies.examine import Record, examine
from model.studies.text_by_text import Progress, check_seconds, study_root, text_by_text
from model.studies.trust_texts import StudyText, positions, texts_of
from model.text.vocabulary import Tokenized

METHODS_BY_DEFAULT = ("saliency", "input_x_gradient", "integrated_gradients", "leave_one_out")
LIMIT = 200
SEED = 13
AHEAD_TEXTS, AHEAD_TOKENS = 16, 1000  # attributed together: about a second, after which a stop or a budget counts
RECORD_VERSION = 2  # of what examine() makes of a text: raised whenever its figures change


def trust(
    model: Run | AttentionClassifier,
    split: Split,
    *,
    methods: Sequence[str] = METHODS_BY_DEFAULT,
    limit: int = LIMIT,
    seconds: float | None = None,
    rationales: Sequence[Mark | None] | None = None,
    people: Sequence[Rationale] = (),
    others: Sequence[Run] = (),
    randomize: bool = False,
    adversary: bool = True,
    captum_metrics: bool = False,
    seed: int = SEED,
    root: Path | None = None,
) -> Iterator[Progress]:
    """Examine up to `limit` texts of a split (see `examine`), with a Progress before the first and after each.

    The texts are those of `sample`: a larger limit adds to a smaller one. After `seconds` no further text is begun,
    and the caller may stop at any time. `rationales` are marks for each text of the split (see `spans_of`), `people`
    what people marked. `others` are runs with other seeds, whose attention is laid on this network. `randomize` adds
    copies that forgot what they learned; `seed` decides those and the sample, and nothing else. `captum_metrics` adds
    infidelity and sensitivity.

    The records of a run are kept below `root` (by default its own library, for a demo run the user's), and a second
    study computes only what is missing; those of a classifier are not kept. Raises, before the first Progress,
    DataError, SettingsError or RunError for what the user can mend, and DataError at a label unknown to the model.
    """
    check_methods(methods)
    check_seconds(seconds)
    _check_others(model, others)
    texts = texts_of(split, limit=limit, seed=seed, rationales=rationales, people=people)
    reader = _Reader(
        model=model,
        methods=[method for method in METHODS if method in methods],
        runs=others,
        randomize=seed if randomize else None,
        adversary=adversary,
        captum_metrics=captum_metrics,
    )
    kept = Records(root or study_root(model), model, _about(reader, split)) if isinstance(model, Run) else None
    return text_by_text(texts, reader.examine, kept=kept, seconds=seconds, ahead=reader.look_ahead)


@dataclass(frozen=True, kw_only=True)
class _Reader:
    """What a study asks of each text, and of which networks; these are opened when the first text needs them."""

    model: Run | AttentionClassifier
    methods: list[str]
    runs: Sequence[Run]  # whose attention is forced on the model
    randomize: int | None  # the seed of its copies that forgot what they learned
    adversary: bool
    captum_metrics: bool

    @cached_property
    def classifier(self) -> AttentionClassifier:
        return load_run(self.model.folder) if isinstance(self.model, Run) else self.model

    @cached_property
    def others(self) -> dict[str, AttentionClassifier]:
        return {run.id: load_run(run.folder) for run in self.runs}

    @cached_property
    def copies(self) -> dict[str, Network] | None:
        return None if self.randomize is None else cascade(self.classifier.network_, seed=self.randomize)

    @cached_property
    def attributed(self) -> dict[str, dict[str | None, dict[str, np.ndarray]]]:
        """The attributions of the texts next to come, by their names."""
        return {}

    def look_ahead(self, texts: Sequence[StudyText]) -> None:
        """Attribute the first of these texts, and the next ones with it, by methods for which that is faster."""
        if texts[0].name in self.attributed:
            return
        self.attributed.clear()
        networks = {None: self.classifier.network_, **(self.copies or {})}
        chosen, tokens = {}, 0
        for text in texts[:AHEAD_TEXTS]:
            ids = self._tokenized(text).ids
            tokens += len(ids) * len(networks)
            if chosen and tokens > AHEAD_TOKENS:
                break
            chosen[text.name] = ids
            self.attributed[text.name] = {stage: {} for stage in networks}
        targets = [predict_ids(networks[None], ids).best for ids in chosen.values()]
        for stage, network in networks.items():
            for method in (method for method in self.methods if METHODS[method].longer is not None):
                found = attribute_many(network, list(chosen.values()), method=method, targets=targets)
                for name, attribution in zip(chosen, found, strict=True):
                    self.attributed[name][stage][method] = attribution.values

    def _tokenized(self, text: StudyText) -> Tokenized:
        return self.classifier.vocabulary_.tokenize(text.text, max_tokens=self.classifier.settings.max_tokens)

    def examine(self, text: StudyText) -> Record:
        """The record of one text."""
        classifier = self.classifier
        labels = [str(label) for label in classifier.classes_.tolist()]
        if text.label not in labels:
            raise DataError(
                f"text {text.index} has the label {text.label!r}, which the model does not know; it knows "
                f"{', '.join(labels[:20])}"
            )
        tokenized = self._tokenized(text)
        return examine(
            classifier.network_,
            tokenized.ids,
            index=text.index,
            label=text.label,
            labels=labels,
            methods=self.methods,
            seed=text_seed(text.text),
            truncated=tokenized.truncated_at is not None,
            rationale=positions(tokenized.tokens, text.rationale),
            marks=positions(tokenized.tokens, text.marks),
            forced=self._forced(text.text),
            randomized=self.copies,
            adversary=self.adversary,
            captum_metrics=self.captum_metrics,
            attributed=self.attributed.get(text.name),
        )

    def _forced(self, text: str) -> dict[str, np.ndarray]:
        """The weights that the other runs give this text; where they read more or less of it, examine() says so."""
        weights = {}
        for name, other in self.others.items():
            ids = other.vocabulary_.encode([text], max_tokens=other.settings.max_tokens)[0]
            weights[name] = own_weights(other.network_, ids)
        return weights


def _about(reader: _Reader, split: Split) -> dict[str, Any]:
    """What the records of a study depend on besides their own texts."""
    return {
        "version": RECORD_VERSION,
        "attention_lab": versions()["attention_lab"],
        "run": reader.model.id,
        "model": model_hash(reader.model),
        "data": digest([split.texts, [str(label) for label in split.labels]]),
        "methods": reader.methods,
        "others": {run.id: model_hash(run) for run in reader.runs},
        "randomize": reader.randomize,
        "adversary": reader.adversary,
        "captum_metrics": reader.captum_metrics,
    }


def _check_others(model: Run | AttentionClassifier, others: Sequence[Run]) -> None:
    """Refuse runs whose attention cannot be laid on this one, or whose difference would not be that of the seed."""
    if not others:
        return
    if not isinstance(model, Run):
        raise SettingsError("other seeds belong to a run: give a run, or leave them out")
    if PRESETS[model.spec["preset"]].pooling in ("mean", "last"):
        raise SettingsError(f"run {model.id} ({model.spec['preset']}) has no attention that others could replace")
    names = [model.id, *(run.id for run in others)]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise SettingsError(f"run {twice} is named twice; choose other runs")
    for run in others:
        if run.spec["data"]["sha256"] != model.spec["data"]["sha256"]:
            raise SettingsError(
                f"run {run.id} was trained on other data than {model.id}; choose runs of another seed"
            )
        for name in ("preset", "layers", "heads", "attention_weights"):
            its, own = (any_run.spec["settings"].get(name) for any_run in (run, model))
            if its != own:
                raise SettingsError(
                    f"run {run.id} has {name} {its!r}, and {model.id} has {own!r}; choose other seeds"
                )
