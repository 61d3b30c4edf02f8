"""A worker trains language models too: broken off and begun again, the result is that of an unbroken training."""

import subprocess
import sys

from model.data.corpora import load_corpus_by_name
from model.runs.run import REPOSITORY
from model.studies.language_training import execute_language, prepare_language
from model.training.language_settings import LanguageSettings
from tests.worker_trainings import epochs, events, wait_for

EPOCHS = 12


def _start(run):
    return subprocess.Popen([sys.executable, "-m", "model.worker", str(run.folder)], cwd=REPOSITORY)


def test_interrupted_and_begun_again_it_ends_like_an_unbroken_training(tmp_path):
    settings = LanguageSettings(
        hidden_size=16, embedding_size=16, layers=1, epochs=EPOCHS, batch_size=4, segment=20, patience=None
    )
    corpus = load_corpus_by_name("repeat:6000")
    broken, whole = (
        prepare_language(tmp_path, corpus, presets=[settings.preset], seeds=1, settings=settings)[0] for _ in range(2)
    )
    worker = _start(broken)
    try:
        wait_for(lambda: epochs(broken) or worker.poll() is not None)
        worker.terminate()
        assert worker.wait(60) == 0
        assert broken.state["state"] == "interrupted" and 1 <= len(epochs(broken)) < EPOCHS
        worker = _start(broken)
        assert worker.wait(120) == 0
    finally:
        worker.kill()
    execute_language(whole)
    assert broken.state["state"] == "done" and epochs(broken) == list(range(1, EPOCHS + 1))
    assert events(broken, "boot")[1]["resumed_after"] >= 1
    for name in ("test", "validation", "best_epoch", "copying", "baselines"):
        assert broken.report[name] == whole.report[name]


def test_text_that_has_changed_is_told_in_the_state(tmp_path):
    corpus = load_corpus_by_name("repeat:6000")
    (run,) = prepare_language(tmp_path, corpus, presets=["lstm-lm"], seeds=1, settings=LanguageSettings())
    (run.folder / "spec.json").write_text((run.folder / "spec.json").read_text().replace(corpus.sha256, "0" * 64))
    assert _start(run).wait(60) == 1
    assert run.state["state"] == "failed" and "has changed" in run.state["message"]
