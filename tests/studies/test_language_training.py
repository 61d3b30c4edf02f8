"""Preparing runs of language models, and one training from its folder to its report."""

from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import load_file

from model.data.corpora import load_corpus_by_name, make_corpus
from model.data.repeat import decided
from model.errors import DataError, ModelError, RunError, Stopped
from model.language_model import load_language_run
from model.runs import language_shapes
from model.runs.bundle import bundle, unbundle
from model.runs.checks import check
from model.runs.files import read_json
from model.runs.kinds import LANGUAGE_MODEL
from model.studies import language_baselines
from model.studies.language_training import execute_language, prepare_language
from model.studies.telling import CHECKPOINT
from model.training import trainer
from model.training.language_settings import LanguageSettings

SMALL = LanguageSettings(
    hidden_size=8, embedding_size=8, layers=1, window=7, epochs=3, batch_size=8, segment=20, patience=None
)


@pytest.fixture(scope="module")
def corpus():
    return load_corpus_by_name("repeat:3000")


@pytest.fixture
def make(tmp_path, corpus):
    """A function that prepares one run."""

    def one(corpus=corpus, settings=SMALL, **options):
        presets = [settings.preset]
        return prepare_language(tmp_path / "runs", corpus, presets=presets, seeds=1, settings=settings, **options)[0]

    return one


def _told(run):
    return [{name: value for name, value in event.items() if name not in ("t", "seconds", "tokens_per_second")}
            for event in run.events()[0] if event["kind"] == "epoch"]  # fmt: skip


def _weights(run):
    return {name: value.tobytes() for name, value in load_file(run.folder / "model.safetensors").items()}


def test_a_run_for_every_preset_and_seed(tmp_path, corpus):
    presets = ["lstm-lm", "awd-lstm-attention-lm"]
    runs = prepare_language(tmp_path, corpus, presets=presets, seeds=2, settings=SMALL, owner="somebody")
    assert [(run.spec["preset"], run.spec["seed"]) for run in runs] == [
        ("lstm-lm", 13), ("lstm-lm", 14), ("awd-lstm-attention-lm", 13), ("awd-lstm-attention-lm", 14),
    ]  # fmt: skip
    assert {run.kind for run in runs} == {LANGUAGE_MODEL} and {run.spec["owner"] for run in runs} == {"somebody"}
    assert runs[0].spec["settings"] == replace(SMALL, preset="lstm-lm").to_dict()


def test_a_corpus_or_what_a_spec_says_of_it(make, corpus):
    assert make().spec["data"]["folder"] is None, "what is generated goes by its name"
    renamed = replace(corpus, name="own.txt")
    first = make(renamed)
    assert first.spec["data"]["folder"] == f"data/{corpus.sha256[:16]}"
    assert make(first.spec["data"]).spec["data"] == first.spec["data"]
    assert execute_language(first)["data"] == corpus.report


def test_a_report_says_what_the_model_does_on_the_test_text(make, corpus, tmp_path):
    run = make()
    report = execute_language(run)
    check(run.report, language_shapes.REPORT, "report.json")
    assert report == run.report and run.state["state"] == "done" and report["ended"] == "epochs"
    model = load_language_run(run.folder)
    assert report["test"] == model.metrics(corpus.test) and report["validation"] == model.metrics(corpus.validation)
    ids, losses = model.token_losses(corpus.test)
    predictions = run.predictions()
    assert predictions.dtypes.astype(str).to_dict() == {"id": "int32", "loss": "float32"}
    assert np.array_equal(predictions["id"], ids[1:]) and np.array_equal(predictions["loss"], losses)
    assert report["parameters"] == sum(
        weights.size for weights in load_file(run.folder / "model.safetensors").values()
    )
    assert report["parameters"] - report["parameters_without_embeddings"] == 8 * report["vocabulary"]
    assert report["best_epoch"] <= report["epochs"] == 3
    assert not (run.folder / CHECKPOINT).exists()
    again = unbundle(bundle(run.folder, tmp_path / "run.zip"), tmp_path / "elsewhere")
    assert again.events() == run.events() and again.report == report


def test_baselines_are_counted_once_for_a_text_and_a_vocabulary(make, tmp_path):
    first = execute_language(make())
    (path,) = (tmp_path / "runs" / "baselines").iterdir()
    assert read_json(path) == first["baselines"]
    assert first["baselines"]["unigram"]["tokens"] == first["test"]["tokens"]
    assert first["baselines"]["unigram"]["perplexity"] == pytest.approx(51, rel=0.1)  # 50 words and the line end
    path.write_text('{"kept": {}}')
    assert execute_language(make(settings=replace(SMALL, hidden_size=9)))["baselines"] == {"kept": {}}
    characters = execute_language(make(settings=replace(SMALL, unit="characters", epochs=1)))
    assert characters["baselines"]["unigram"]["tokens"] == characters["test"]["tokens"]


def test_half_embeddings_are_what_is_scored(make, corpus):
    report = execute_language(make(), half_embeddings=True)
    exact = execute_language(make())
    assert report["test"]["loss"] != exact["test"]["loss"]
    assert report["test"]["loss"] == pytest.approx(exact["test"]["loss"], abs=1e-3)


@pytest.mark.parametrize("preset", ["lstm-attention-lm", "awd-lstm-attention-lm"])
def test_interrupted_and_resumed_it_ends_like_an_unbroken_run(make, preset):
    settings = replace(SMALL, preset=preset)
    whole, broken = make(settings=settings), make(settings=settings)
    execute_language(whole)
    reasons = []

    def on_event(event):
        if event["kind"] == "epoch" and event["epoch"] == 2:
            reasons.append("interrupted")

    with pytest.raises(Stopped, match="interrupted"):
        execute_language(broken, stop=lambda: reasons and reasons[-1], on_event=on_event)
    assert len(_told(broken)) == 2 and broken.report is None
    execute_language(broken)
    assert _told(broken) == _told(whole) and len(_told(whole)) == 3
    assert _weights(broken) == _weights(whole)
    assert broken.report["test"] == whole.report["test"]
    assert [event["resumed_after"] for event in broken.events()[0] if event["kind"] == "boot"] == [0, 2]


def test_enough_ends_a_run_well(make, monkeypatch):
    monkeypatch.setattr(trainer, "PROGRESS_SECONDS", 0.0)
    asked = []
    report = execute_language(
        run := make(), enough=lambda: bool(asked), on_event=lambda e: asked.append(e["kind"] == "progress")
    )
    assert run.state["state"] == "done" and report["ended"] == "stopped" and report["epochs"] == 1
    epoch = next(event for event in run.events()[0] if event["kind"] == "epoch")
    assert 0 < epoch["share"] < 1
    assert epoch["validation"]["perplexity"] == pytest.approx(report["validation"]["perplexity"], rel=1e-5)


def test_of_generated_text_a_report_says_what_was_copied(make, corpus):
    copied = execute_language(make())["copying"]
    assert copied["places"] == (decided(corpus.test) > 0).sum() == sum(row["places"] for row in copied["by_k"])
    assert 0 <= copied["right"] <= 1 and copied["largest"] is not None
    assert execute_language(make(settings=replace(SMALL, preset="lstm-lm", epochs=1)))["copying"]["largest"] is None
    assert "copying" not in execute_language(make(replace(corpus, name="own.txt")))


def test_characters_have_longer_n_grams(make, tmp_path, monkeypatch):
    orders = []
    counted = language_baselines.kneser_ney_losses

    def counting(*ids, order, **options):
        orders.append(order)
        return counted(*ids, order=order, **options)

    monkeypatch.setattr(language_baselines, "kneser_ney_losses", counting)
    for unit in ("words", "characters"):
        execute_language(make(settings=replace(SMALL, unit=unit, epochs=1)))
    assert orders == [3, 5]


@pytest.mark.parametrize("split", ["validation", "test"])
def test_a_text_on_which_nothing_is_predicted_is_told_before_training(make, split):
    corpus = make_corpus("one word and another " * 100, name="own.txt", **{split: "a" * 50})
    run = make(corpus)
    with pytest.raises(DataError, match=f"the {split} text has fewer than two words"):
        execute_language(run)
    assert run.events()[0] == []


def test_text_that_has_changed_is_told(make):
    run = make()
    run.spec["data"]["sha256"] = "0" * 64
    with pytest.raises(RunError, match="has changed"):
        execute_language(run)


def test_the_end_of_the_memory_is_told(make, monkeypatch):
    def scarce(*arguments, **options):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes.")

    monkeypatch.setattr("model.language_model.fit_language_model", scarce)
    with pytest.raises(ModelError, match="Out of memory with batch_size 8"):
        execute_language(make())


def test_a_text_of_one_word_has_a_report_too(make):
    corpus = make_corpus("word " * 3000, name="word.txt")
    report = execute_language(make(corpus, replace(SMALL, epochs=1)))
    assert report["test"]["perplexity"] >= 1.0
