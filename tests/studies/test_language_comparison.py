"""Language models side by side: figures, pairs, and runs that do not go together."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from model.compare.language_scores import change_figures, perplexity_figures
from model.data.corpora import load_corpus_by_name
from model.errors import RunError
from model.runs.run import Run
from model.runs.texts import corpus_of
from model.studies.language_comparison import (
    language_comparison,
    language_pair,
    language_pairs,
    read_language_predictions,
)
from model.studies.language_training import execute_language, prepare_language
from model.studies.sides import sides_of
from model.training.language_settings import LanguageSettings

SMALL = LanguageSettings(
    hidden_size=6, embedding_size=6, layers=1, window=6, epochs=1, batch_size=8, segment=50, learning_rate=0.02
)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return tmp_path_factory.mktemp("language-runs")


def train(root, *, presets, seeds=1, data="repeat:31000", **options):
    runs = prepare_language(
        root, load_corpus_by_name(data), presets=presets, seeds=seeds, settings=replace(SMALL, **options)
    )
    for run in runs:
        execute_language(run)
    return runs


@pytest.fixture(scope="module")
def runs(root):
    """A plain LSTM and one with attention, two seeds each, and an AWD-LSTM of one seed."""
    return train(root, presets=["lstm-lm", "lstm-attention-lm"], seeds=2) + train(root, presets=["awd-lstm-lm"])


@pytest.fixture(scope="module")
def document(runs):
    return language_comparison(runs)


def test_sides_are_what_differs_in_more_than_the_seed(document, runs):
    assert [side["key"] for side in document["sides"]] == ["awd-lstm-lm", "lstm-lm", "lstm-attention-lm"]
    assert [side["seeds"] for side in document["sides"]] == [[13], [13, 14], [13, 14]]
    assert document["reference"] == "lstm-attention-lm"
    assert {run for side in document["sides"] for run in side["runs"]} == {run.id for run in runs}
    data = document["data"]
    assert data["name"] == "repeat:31000" and data["unit"] == "words" and data["unknown"] == 0.0
    assert data["test"] == runs[0].report["test"]["tokens"]
    json.dumps(document, allow_nan=False)


def test_perplexities_are_those_of_the_reports(document, runs):
    by_id = {run.id: run.report for run in runs}
    for side in document["sides"]:
        reported = [by_id[run]["test"] for run in side["runs"]]
        figures = side["perplexity"]
        assert figures["seeds"] == pytest.approx([each["perplexity"] for each in reported], rel=1e-5)
        mean = np.mean([each["loss"] for each in reported])
        assert figures["estimate"] == pytest.approx(math.exp(mean), rel=1e-5)
        assert figures["low"] < figures["estimate"] < figures["high"]
        assert side["bits_per_character"] == pytest.approx(np.mean([each["bits_per_character"] for each in reported]))
    baselines = runs[0].report["baselines"]
    assert document["baselines"]["kneser_ney"]["perplexity"] == baselines["kneser_ney"]["perplexity"]


def test_pairs_ask_of_attention_and_of_regularization(document):
    found = [(pair["first"], pair["second"], pair["kind"], pair["paired"]) for pair in document["pairs"]]
    assert found == [
        ("lstm-lm", "lstm-attention-lm", "attention", True),
        ("awd-lstm-lm", "lstm-attention-lm", "other", False),
        ("lstm-lm", "awd-lstm-lm", "regularization", False),
    ]
    assert document["headline"]["pair"] == 0
    assert document["headline"]["sentence"].startswith(document["pairs"][0]["sentence"])


def test_a_pair_is_of_the_losses_that_were_kept(document, runs):
    losses = {run.spec["preset"]: [] for run in runs}
    for run in runs:
        losses[run.spec["preset"]].append(run.predictions()["loss"].to_numpy())
    first, second = np.array(losses["lstm-lm"]), np.array(losses["lstm-attention-lm"])
    pair = document["pairs"][0]
    assert pair["change"] == change_figures(first, second, paired=True)
    (row,) = [row for row in pair["slices"]["distance"] if row["title"] == "1 to 10 tokens ago"]
    assert row["first"]["estimate"] != pytest.approx(perplexity_figures(first)["estimate"])
    assert set(pair["where"]) == set(pair["slices"]) == {"distance", "frequency"}
    assert sum(row["tokens"] for row in pair["slices"]["distance"]) == document["data"]["test"]


def test_any_two_sides_are_a_pair(document, runs):
    found = read_language_predictions(runs)
    known = language_pair(found, "lstm-lm", "lstm-attention-lm")
    assert known == document["pairs"][0]
    turned = language_pair(found, "lstm-attention-lm", "lstm-lm")
    assert turned["kind"] == "other"
    assert 1 + turned["change"]["estimate"] == pytest.approx(1 / (1 + known["change"]["estimate"]))
    with pytest.raises(RunError, match="there is no side 'gru'"):
        language_pair(found, "lstm-lm", "gru")


def test_copying_is_the_mean_of_the_seeds(document, runs):
    for side in document["sides"]:
        told = [run.report["copying"] for run in runs if run.id in side["runs"]]
        assert side["copying"]["right"] == pytest.approx(np.mean([each["right"] for each in told]))
        assert (side["copying"]["weight"] is None) == (not side["attends"])
        for place, row in enumerate(side["copying"]["by_k"]):
            each = [one["by_k"][place]["right"] for one in told]
            assert (row["low"], row["high"]) == (min(each), max(each))


def test_one_run_has_its_perplexity_alone(runs):
    found = language_comparison(runs[:1])
    assert found["pairs"] == [] and "has perplexity" in found["headline"]["sentence"]


def test_a_training_done_twice_is_no_second_seed(runs, root):
    again = train(root, presets=["awd-lstm-lm"])
    found = language_comparison([runs[-1], *again])
    assert found["left_out"] == [runs[-1].id] and [side["seeds"] for side in found["sides"]] == [[13]]


def test_every_network_with_attention_is_held_against_its_own_kind(runs):
    presets = ["lstm-lm", "awd-lstm-lm", "lstm-attention-lm", "awd-lstm-attention-lm"]
    fakes = []
    for preset in presets:
        run = Run(runs[0].folder)
        run.spec = {**run.spec, "preset": preset, "settings": {**run.spec["settings"], "preset": preset}}
        fakes.append(run)
    found = {(pair.first.preset, pair.second.preset): pair.kind for pair in language_pairs(sides_of(fakes))}
    assert found == {
        ("lstm-lm", "lstm-attention-lm"): "attention",
        ("awd-lstm-lm", "awd-lstm-attention-lm"): "attention",
        ("lstm-lm", "awd-lstm-lm"): "regularization",
        ("lstm-attention-lm", "awd-lstm-attention-lm"): "regularization",
    }


# -- what does not go together -----------------------------------------------------------------------------------


def test_runs_that_do_not_go_together_are_refused(runs, root):
    (other,) = train(root, presets=["lstm-lm"], data="repeat:3000")
    with pytest.raises(RunError, match="so their perplexities say nothing about each other"):
        language_comparison([runs[0], other])
    (letters,) = train(root, presets=["lstm-lm"], data="repeat:3000", unit="characters")
    with pytest.raises(RunError, match=r"predicts words and run .* characters"):
        language_comparison([other, letters])
    (fewer,) = train(root, presets=["lstm-lm"], data="repeat:3000", max_vocabulary=20)
    with pytest.raises(RunError, match=r"do not know the same words \(53 and 20\)"):
        language_comparison([other, fewer])
    short = language_comparison([other])
    assert short["sides"][0]["perplexity"]["low"] is None and "95 %" not in short["headline"]["sentence"]
    with pytest.raises(RunError, match="no run to compare"):
        language_comparison([])


def test_runs_without_their_predictions_are_refused(root):
    (run,) = train(root, presets=["lstm-lm"], data="repeat:3000")
    table = run.predictions()
    run.save_predictions(table.iloc[::-1].reset_index(drop=True))
    with pytest.raises(RunError, match="about another text"):
        language_comparison([run])
    (run.folder / "predictions.parquet").unlink()
    with pytest.raises(RunError, match="train it again"):
        language_comparison([run])


def test_a_classifier_is_sent_to_its_own_page(runs):
    run = Run(runs[0].folder)
    run.kind = "classifier"
    with pytest.raises(RunError, match="is no language model"):
        language_comparison([run])


def test_the_corpus_is_asked_for_once(runs):
    asked = []
    read_language_predictions(runs, corpus=lambda run: asked.append(run) or corpus_of(run))
    assert len(asked) == 1
