"""Train the demo runs that come with the code: python -m model.studies.demo [classifiers | language-models]"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from model.data.corpora import load_corpus_by_name
from model.data.datasets import load_builtin
from model.runs.kinds import CLASSIFIER, LANGUAGE_MODEL
from model.runs.run import DEMO_ROOT, Run
from model.runs.store import list_runs
from model.studies.language_training import execute_language, prepare_language
from model.studies.training import execute, prepare
from model.training.language_settings import LanguageSettings
from model.training.language_suggestions import COPYING
from model.training.settings import Settings

CLASSIFIERS = {"imdb-short": ("lstm", "bilstm-additive"), "chinese-reviews": ("bilstm-additive",)}
LANGUAGE_MODELS = {"repeat": ("lstm-lm", "lstm-attention-lm"), "imdb-reviews": ("lstm-attention-lm",)}
LANGUAGE_SETTINGS = {
    "repeat": LanguageSettings(**COPYING),
    "imdb-reviews": LanguageSettings(hidden_size=128, embedding_size=96, tied=True, max_vocabulary=8_000, epochs=4),
}
LARGEST = 5_000_000  # bytes a run
_KEPT = (
    "spec.json", "state.json", "events.jsonl", "vocabulary.json", "model.safetensors", "predictions.parquet",
    "report.json",
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    """Put a run for each data set and preset, with seed 13, in the place of the present ones of the same kind."""
    makers = {"classifiers": (CLASSIFIER, _classifiers), "language-models": (LANGUAGE_MODEL, _language_models)}
    asked = (sys.argv[1:] if arguments is None else arguments) or list(makers)
    if not set(asked) <= makers.keys():
        raise SystemExit(f"{' '.join(asked)}: name {' or '.join(makers)}, or nothing for both")
    for kind, make in map(makers.__getitem__, asked):
        with tempfile.TemporaryDirectory() as folder:
            _replace(make(Path(folder)), kind)


def _classifiers(root: Path) -> list[Run]:
    made = []
    for name, presets in CLASSIFIERS.items():
        for run in prepare(root, load_builtin(name), presets=presets, seeds=1, settings=Settings()):
            report = execute(run, half_embeddings=True)
            made.append(_checked(run, f"test accuracy {report['test']['accuracy']:.4f}"))
    return made


def _language_models(root: Path) -> list[Run]:
    made = []
    for name, presets in LANGUAGE_MODELS.items():
        corpus, settings = load_corpus_by_name(name), LANGUAGE_SETTINGS[name]
        for run in prepare_language(root, corpus, presets=presets, seeds=1, settings=settings):
            report = execute_language(run, half_embeddings=True)
            made.append(_checked(run, f"test perplexity {report['test']['perplexity']:.2f}"))
    return made


def _checked(run: Run, result: str) -> Run:
    """Tell what came of a run, and refuse one that is too large to come with the code."""
    size = sum((run.folder / file).stat().st_size for file in _KEPT)
    name = f"{run.spec['data']['name']} {run.spec['preset']}"
    print(f"{name}: {result}, {size / 1e6:.1f} MB", flush=True)
    if size > LARGEST:
        raise SystemExit(f"{name} takes {size:,} bytes; {LARGEST:,} are allowed")
    return run


def _replace(made: Sequence[Run], kind: str) -> None:
    for run in list_runs(DEMO_ROOT):
        if run.kind == kind:
            shutil.rmtree(run.folder)
    for run in made:
        target = DEMO_ROOT / run.id
        target.mkdir(parents=True)
        for file in _KEPT:
            shutil.copyfile(run.folder / file, target / file)


if __name__ == "__main__":
    main()
