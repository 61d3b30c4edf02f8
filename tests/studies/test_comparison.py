"""The comparison of real runs as a document: read right, counted by hand, and refused where it makes no sense."""

import json
from dataclasses import replace

import numpy as np
import pytest

from model.compare.contrasts import CELLS
from model.compare.metrics import classification_metrics
from model.data.datasets import load_builtin
from model.data.splits import Split
from model.errors import DataError, RunError
from model.runs.run import Run
from model.studies.comparison import comparison, pair
from model.studies.predictions import read_predictions
from model.studies.text_slices import slices_of, text_figures
from model.text.segmentation import segment_keys
from model.text.vocabulary import Vocabulary

ATTENDING, CONTROL, PLAIN = "bilstm-additive", "bilstm-additive:uniform", "bilstm"


@pytest.fixture(scope="module")
def runs(tmp_path_factory, dataset, train):
    """Three sides with the same two seeds."""
    root = tmp_path_factory.mktemp("comparison")
    made = [*train(root, dataset, PLAIN, seeds=2), *train(root, dataset, ATTENDING, seeds=2)]
    return [*made, *train(root, dataset, ATTENDING, seeds=2, attention_weights="uniform")]


@pytest.fixture(scope="module")
def found(runs):
    return read_predictions(runs)


@pytest.fixture(scope="module")
def document(runs):
    return comparison(runs)


def by_key(document):
    return {side["key"]: side for side in document["sides"]}


def test_it_is_plain_json_with_the_keys_that_others_rely_on(document):
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert list(document) == [
        "data", "protocol", "reference", "sides", "baselines", "left_out", "pairs", "headline",
    ]  # fmt: skip
    assert set(document["sides"][0]) == {
        "key", "name", "preset", "attends", "control", "runs", "seeds", "hidden_size", "parameters",
        "parameters_without_embeddings", "parameters_from_reference", "metrics", "confusion", "cost", "curves",
    }  # fmt: skip
    assert set(document["pairs"][0]) == {
        "first", "second", "kind", "paired", "differences", "mcnemar", "cells", "confusion", "slices", "sentence",
        "notes",
    }  # fmt: skip
    assert set(document["headline"]) == {"pair", "sentence", "notes"}


def test_data_and_protocol(document, dataset):
    data, protocol = document["data"], document["protocol"]
    assert data == {
        "name": dataset.name, "sha256": dataset.sha256, "train": 160, "validation": 20, "test": 20,
        "classes": ["negative", "positive"], "other": None, "seen_in_training": 0,
    }  # fmt: skip
    assert protocol == {
        "epochs": 1, "batch_size": 48, "updates": 4, "seeds": [13, 14], "paired": True,  # 160 / 48, rounded up
        "selection": "best validation loss", "differing": {},
    }  # fmt: skip


def test_each_side_has_the_figures_of_its_runs(document, runs):
    sides = by_key(document)
    assert list(sides) == [PLAIN, CONTROL, ATTENDING] and document["reference"] == ATTENDING
    for side in sides.values():
        reports = [run.report for run in runs if run.id in side["runs"]]
        assert len(reports) == 2 and side["seeds"] == [13, 14]
        for name in ("accuracy", "macro_f1", "loss"):
            told = [report["test"][name] for report in reports]
            assert side["metrics"][name]["seeds"] == pytest.approx(told, abs=1e-6)
        assert np.sum(side["confusion"]) == pytest.approx(20)
        assert side["cost"]["seconds"] == pytest.approx(np.mean([report["seconds"] for report in reports]))
        assert side["cost"]["epochs"] == side["cost"]["best_epoch"] == 1
        assert side["parameters"] == reports[0]["parameters"] and side["hidden_size"] == 4
    assert sides[ATTENDING]["parameters_from_reference"] == 0
    without = [sides[key]["parameters_without_embeddings"] for key in (PLAIN, ATTENDING)]
    assert sides[PLAIN]["parameters_from_reference"] == pytest.approx(without[0] / without[1] - 1)


def test_curves_have_the_mean_and_the_ends_of_the_seeds(document, runs):
    (epoch,) = by_key(document)[PLAIN]["curves"]
    told = [event["validation"]["loss"] for run in runs[:2] for event in run.events()[0] if event["kind"] == "epoch"]
    assert epoch["epoch"] == 1 and epoch["loss"]["n"] == 2
    assert [epoch["loss"][part] for part in ("mean", "low", "high")] == pytest.approx(
        [np.mean(told), min(told), max(told)]
    )


def test_a_pair_by_hand(document, found):
    attention = document["pairs"][0]
    assert [(each["first"], each["second"]) for each in document["pairs"]] == [
        (PLAIN, ATTENDING), (CONTROL, ATTENDING), (PLAIN, CONTROL),
    ]  # fmt: skip
    assert attention["kind"] == "attention" and attention["paired"]
    first, second = (found.probabilities[key].argmax(axis=2) == found.labels for key in (PLAIN, ATTENDING))
    figure = attention["differences"]["accuracy"]
    assert figure["estimate"] == pytest.approx(second.mean() - first.mean())
    assert figure["seeds"] == pytest.approx((second.mean(axis=1) - first.mean(axis=1)).tolist())
    assert figure["covers"] == "texts and seeds"
    for test, ours, theirs in zip(attention["mcnemar"], first, second, strict=True):
        assert (test["fixed"], test["broken"]) == ((~ours & theirs).sum(), (ours & ~theirs).sum())
    assert [test["seed"] for test in attention["mcnemar"]] == [13, 14]
    usually = first.mean(axis=0) > 0.5, second.mean(axis=0) > 0.5
    assert list(attention["cells"]) == list(CELLS) and sum(attention["cells"].values()) == 20
    assert attention["cells"]["fixed"] == (~usually[0] & usually[1]).sum()


def test_figures_are_those_of_the_second_minus_those_of_the_first(found):
    always = np.tile([0.9, 0.1], (2, 20, 1))  # says negative of every text
    made = {**found.probabilities, PLAIN: always, ATTENDING: np.eye(2)[found.labels][None].repeat(2, axis=0)}
    gained = pair(found._replace(probabilities=made), PLAIN, ATTENDING)
    negative = int((found.labels == 0).sum())
    assert gained["confusion"] == [[0, 0], [negative - 20, 20 - negative]]
    assert gained["cells"] == {"both right": negative, "fixed": 20 - negative, "broken": 0, "both wrong": 0}
    assert gained["differences"]["accuracy"]["estimate"] == pytest.approx(1 - negative / 20)


def test_slices_hold_every_text_once(document):
    slices = document["pairs"][0]["slices"]
    assert set(slices) == {"length", "class", "unknown"}  # one cue has no distance
    for rows in slices.values():
        assert sum(row["texts"] for row in rows) == 20
    assert [row["title"] for row in slices["class"]] == ["negative", "positive"]


def test_any_two_sides_on_demand(document, found):
    assert pair(found, PLAIN, ATTENDING) == document["pairs"][0]
    other = pair(found, ATTENDING, PLAIN, figures=text_figures(found))
    assert other["kind"] == "other"
    assert other["differences"]["loss"]["estimate"] == -document["pairs"][0]["differences"]["loss"]["estimate"]
    with pytest.raises(RunError, match="there is no side 'gru'; there are bilstm, "):
        pair(found, PLAIN, "gru")


def test_the_sentences_are_those_of_the_figures(document):
    said = document["headline"]["sentence"]
    assert said.startswith(document["pairs"][0]["sentence"]) and "TF-IDF + logistic regression, at" in said
    assert document["headline"]["pair"] == 0 and document["headline"]["notes"]
    baseline = document["baselines"]["majority"]
    assert baseline["name"] == "Majority class" and baseline["low"] < baseline["accuracy"] < baseline["high"]


def test_the_share_of_averaging_is_that_of_the_same_seeds(runs, found):
    from model.studies.comparison import _averaging_over_learning

    right = {key: found.probabilities[key].argmax(axis=2) == found.labels for key in found.probabilities}
    wanted = 2 * right[CONTROL].mean() - right[PLAIN].mean() - right[ATTENDING].mean()
    assert _averaging_over_learning(found)["estimate"] == pytest.approx(wanted)
    assert _averaging_over_learning(read_predictions(runs[:4])) is None  # no control
    assert _averaging_over_learning(read_predictions(runs[2:])) is None  # no twin
    assert _averaging_over_learning(read_predictions(runs[:5])) is None  # one seed of the control
    assert _averaging_over_learning(read_predictions(runs[::2])) is None  # one seed of each


# -- texts -------------------------------------------------------------------------------------------------------


def test_tokens_and_unknown_words_by_hand(found, runs):
    figures = text_figures(found)
    keys = segment_keys(found.texts)
    words = set(Vocabulary.load(found.sides[0].runs[0].folder / "vocabulary.json").words[2:])
    assert figures.tokens.tolist() == [len(row) for row in keys]
    assert figures.unknown.tolist() == pytest.approx([np.mean([key not in words for key in row]) for row in keys])
    assert np.isnan(figures.distance).all()


def test_a_text_without_tokens_has_no_share_of_unknown_ones(found):
    figures = text_figures(found._replace(texts=["", *found.texts[1:]]))
    assert figures.tokens[0] == 0 and np.isnan(figures.unknown[0])


def test_the_distance_is_the_number_of_tokens_between_the_cues(found):
    dataset = replace(
        found.dataset,
        test=Split(["not so very good", "good", "fine"], ["negative", "positive", "positive"]),
        rationales={"test": [[(12, 16), (0, 3)], [(0, 4)], []]},
    )
    own = found._replace(dataset=dataset, texts=dataset.test.texts, labels=np.array([0, 1, 1]))
    figures = text_figures(own)
    assert figures.distance[0] == 2 and np.isnan(figures.distance[1:]).all()
    assert "distance" in slices_of(own, figures)
    assert text_figures(own._replace(other="elsewhere")).distance is None


# -- other texts, other seeds ------------------------------------------------------------------------------------


def test_the_models_say_of_their_own_test_texts_what_they_kept(runs, document, dataset):
    again = comparison(runs, data=("again", dataset.test))
    assert again["data"]["other"] == "again" and again["data"]["seen_in_training"] == 0
    for side, same in zip(again["sides"], document["sides"], strict=True):
        assert side["metrics"]["loss"]["estimate"] == pytest.approx(same["metrics"]["loss"]["estimate"], abs=1e-6)
        assert side["confusion"] == same["confusion"]
    assert again["baselines"]["majority"] == pytest.approx(document["baselines"]["majority"])
    assert "The texts are those of again" in " ".join(again["headline"]["notes"])


def test_other_texts_have_baselines_of_their_own_and_tell_what_was_trained_on(runs, dataset):
    texts = Split(
        dataset.train.texts[:12] + dataset.validation.texts[:3], dataset.train.labels[:12] + ["positive"] * 3
    )
    assert read_predictions(runs[:3], data=("some", texts)).split == texts
    found = comparison(runs[:3], data=("some", texts))
    assert found["data"]["test"] == 15 and found["data"]["seen_in_training"] == 15
    majority = found["baselines"]["majority"]["accuracy"]
    assert majority * 15 == pytest.approx(round(majority * 15)) and "distance" not in found["pairs"][0]["slices"]


@pytest.mark.parametrize(
    ("split", "words"),
    [
        (
            Split(["x"], ["neutral"]),
            "some has labels that the runs do not know: neutral; they know negative, positive",
        ),
        (Split([], []), "some has no labelled texts"),
    ],
)
def test_other_texts_need_labels_that_the_runs_know(runs, split, words):
    with pytest.raises(DataError, match=words):
        comparison(runs, data=("some", split))


def test_sides_with_other_seeds_are_not_paired(runs):
    found = comparison([runs[0], runs[1], runs[2]])
    (only,) = found["pairs"]
    assert not only["paired"] and only["mcnemar"] == [] and not found["protocol"]["paired"]
    assert only["differences"]["accuracy"]["covers"] == "texts" and only["differences"]["accuracy"]["seeds"] is None


def test_one_side_has_no_pair_and_a_second_copy_is_left_out(runs, tmp_path, dataset, train):
    (copy,) = train(tmp_path, dataset, PLAIN)
    found = comparison([*runs[:2], copy])
    assert found["pairs"] == [] and found["headline"]["pair"] is None
    assert found["left_out"] == [runs[0].id] and found["sides"][0]["runs"] == [copy.id, runs[1].id]
    assert any(runs[0].id in note for note in found["headline"]["notes"])


def test_a_reader_of_predictions_may_be_given(runs, document):
    read = []

    def table_of(run):
        read.append(run.id)
        return run.predictions().sample(frac=1, random_state=1).sort_values("index", ignore_index=True)

    assert comparison(runs, predictions=table_of) == document and len(read) == 6


# -- refusals ----------------------------------------------------------------------------------------------------


def test_runs_on_other_data_are_refused(runs, tmp_path, train):
    (other,) = train(tmp_path, load_builtin("diagnostic:order:200"))
    with pytest.raises(RunError, match=r"on 'diagnostic:keyword:200' and run .* on 'diagnostic:order:200'"):
        comparison([*runs, other])
    (other,) = train(tmp_path, load_builtin("diagnostic:keyword:300"))
    other.spec["data"]["name"] = runs[0].spec["data"]["name"]
    with pytest.raises(RunError, match="another version of it"):
        comparison([*runs, other])


def test_unfinished_runs_are_refused_with_the_way_out(runs, tmp_path, dataset, train):
    (made,) = train(tmp_path, dataset)
    made.folder.joinpath("state.json").unlink()
    with pytest.raises(RunError, match=f"is failed; only finished runs can be compared: resume {made.id}, or leave"):
        comparison([*runs, made])
    with pytest.raises(RunError, match="there is no run to compare"):
        comparison([])


def test_predictions_that_are_missing_or_about_other_texts_are_refused(runs, tmp_path, dataset, train):
    made, other = train(tmp_path, dataset, seeds=2)
    table = other.predictions()
    other.save_predictions(table.assign(label=table["label"].to_numpy()[::-1]))
    with pytest.raises(RunError, match=f"predictions of run {other.id} are about other texts"):
        comparison([made, Run(other.folder)])
    for run in (made, other):
        run.save_predictions(table.head(7))
    with pytest.raises(RunError, match=r"predicted 7 texts, and the test split of .* has 20"):
        comparison([made, other])
    made.folder.joinpath("predictions.parquet").unlink()
    with pytest.raises(RunError, match=r"has no predictions\.parquet; train it again"):
        comparison([made])


def test_metrics_are_those_of_the_kept_probabilities(found, document):
    metrics = classification_metrics(found.probabilities[PLAIN][0], found.labels)
    assert by_key(document)[PLAIN]["metrics"]["macro_f1"]["seeds"][0] == pytest.approx(metrics["macro_f1"])
