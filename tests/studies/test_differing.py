"""The texts on which two sides differ: which, in what order, and in what colours."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from model.errors import RunError, SettingsError
from model.estimator import load_run
from model.explain.attribution import attribute
from model.studies.differing import colours, colours_of, differing_texts, text_rows
from model.studies.predictions import read_predictions
from model.studies.sides import sides_of

TEXTS = ["A fine film", "a poor, poor, poor film", "Fine", "poor and long and dull", "not fine", "糟糕的电影"]


@pytest.fixture
def found():
    """Six texts, two seeds of each side; the label of each is the class with index 0, 1, 0, 1, 0, 1."""
    labels = np.array([0, 1, 0, 1, 0, 1])
    first = np.array([[0.9, 0.9, 0.4, 0.2, 0.6, 0.9], [0.8, 0.9, 0.3, 0.4, 0.4, 0.9]])  # of the label
    second = np.array([[0.9, 0.3, 0.9, 0.8, 0.7, 0.9], [0.9, 0.2, 0.8, 0.9, 0.6, 0.9]])

    def both(of_label):
        whole = np.stack([of_label, 1 - of_label], axis=2)
        return np.where(labels[None, :, None] == 0, whole, whole[:, :, ::-1])

    sides = {key: SimpleNamespace(key=key) for key in ("plain", "attention")}
    return SimpleNamespace(
        classes=["neg", "pos"],
        texts=TEXTS,
        labels=labels,
        probabilities={"plain": both(first), "attention": both(second)},
        side=sides.__getitem__,
    )


def places(found, **options):
    return [row["index"] for row in differing_texts(found, "plain", "attention", **options)]


@pytest.mark.parametrize(
    ("cell", "expected"), [("both right", [0, 5]), ("fixed", [2, 3, 4]), ("broken", [1]), ("both wrong", [])]
)
def test_cells_are_what_most_seeds_say(found, cell, expected):
    assert places(found, cell=cell, sort="order") == expected  # of text 4 one of two seeds was right: not most


def test_a_row_has_both_sides_answers(found):
    (row,) = differing_texts(found, "plain", "attention", cell="broken")
    assert row == {
        "index": 1,
        "text": TEXTS[1],
        "label": "pos",
        "cell": "broken",
        "first": {"right": 1.0, "probability": 0.9, "prediction": "pos"},
        "second": {"right": 0.0, "probability": 0.25, "prediction": "neg"},
    }
    half = differing_texts(found, "plain", "attention", cell="fixed", sort="order")[2]
    assert half["first"] == {"right": 0.5, "probability": 0.5, "prediction": "neg"}
    turned = differing_texts(found, "attention", "plain", cell="fixed")
    assert [each["index"] for each in turned] == [1] and turned[0]["first"]["prediction"] == "neg"


def test_of_equally_many_votes_the_likelier_class_is_the_prediction(found):
    found.probabilities["plain"][:, 4] = [[0.6, 0.4], [0.1, 0.9]]
    row = next(row for row in differing_texts(found, "plain", "attention") if row["index"] == 4)
    assert row["first"]["prediction"] == "pos"


def test_orders(found):
    assert places(found, sort="confidence change")[:3] == [1, 3, 2]  # by 0.65, 0.55 and 0.5
    assert places(found, sort="length", label="neg") == [2, 4, 0]
    assert places(found, sort="order") == list(range(6))


def test_filters(found):
    assert places(found, query="FINE", sort="order") == [0, 2, 4]
    assert places(found, query="fine film", sort="order") == [0]
    assert places(found, query="糟糕") == [5] and places(found, query="absent") == []
    assert places(found, label="neg", cell="fixed", sort="order") == [2, 4]
    assert places(found, label="neg", cell="broken") == []


def test_a_sample_is_fair_the_same_each_time_and_no_larger_than_what_there_is(found):
    assert places(found, sample=9, sort="order") == list(range(6))
    drawn = places(found, sample=3, sort="order", seed=1)
    assert len(drawn) == 3 and drawn == places(found, sample=3, sort="order", seed=1) == sorted(drawn)
    assert {place for seed in range(30) for place in places(found, sample=3, seed=seed)} == set(range(6))
    assert places(found, sample=0) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cell": "mended"}, "no kind of text 'mended'; choose from both right, fixed"),
        ({"label": "odd"}, "no class 'odd'; choose from neg, pos"),
        ({"sort": "beauty"}, "no order 'beauty'"),
    ],
)
def test_what_there_is_not_is_said(found, options, message):
    with pytest.raises(SettingsError, match=message):
        places(found, **options)


# -- colours -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def runs(tmp_path_factory, dataset, train):
    root = tmp_path_factory.mktemp("sides")
    control = train(root, dataset, attention_weights="uniform")
    return train(root, dataset, seeds=2) + train(root, dataset, "bilstm", seeds=2) + control


TEXT = "the kitchen was excellent and zzz open"


def test_attention_is_the_mean_over_seeds(runs):
    side = next(side for side in sides_of(runs) if side.attends)
    shown = colours_of(side, TEXT)
    expected = np.mean([load_run(run.folder).attention([TEXT])[0] for run in side.runs], axis=0)
    assert shown["kind"] == "weight" and shown["values"] == pytest.approx(expected, rel=1e-3)
    assert [TEXT[start:end] for start, end, _ in shown["tokens"]] == TEXT.split()
    assert [known for *_, known in shown["tokens"]][5] is False
    assert colours(side.runs[0], TEXT)["values"] != shown["values"]


@pytest.mark.parametrize("key", ["bilstm", "bilstm-additive:uniform"])
def test_without_learned_weights_it_is_leave_one_out_to_one_target(runs, key):
    side = next(side for side in sides_of(runs) if side.key == key)
    shown = colours_of(side, TEXT)
    models = [load_run(run.folder) for run in side.runs]
    target = int(np.mean([model.predict_proba([TEXT])[0] for model in models], axis=0).argmax())
    assert shown["kind"] == "signed" and shown["target"] == ["negative", "positive"][target]
    values = [
        attribute(model.network_, model.vocabulary_.tokenize(TEXT).ids, method="leave_one_out", target=target).values
        for model in models
    ]
    assert shown["values"] == pytest.approx(np.mean(values, axis=0), rel=1e-3, abs=1e-6)


def test_an_empty_text_has_no_colours(runs):
    assert [colours_of(side, " ")["values"] for side in sides_of(runs)] == [[], [], []]


def test_rows_for_a_document_carry_both_sides_colours_and_each_model_is_opened_once(runs):
    found = read_predictions(runs)
    opened = []

    def opening(run):
        opened.append(run.id)
        return models.setdefault(run.id, load_run(run.folder))

    models = {}
    document = text_rows(found, "bilstm", "bilstm-additive", per_cell=2, classifiers=opening)
    assert set(opened) == {run.id for run in runs[:4]}
    assert document["pair"] == ["bilstm", "bilstm-additive"] and json.loads(json.dumps(document)) == document
    cells = [row["cell"] for row in document["rows"]]
    assert 0 < len(cells) <= 8 and all(cells.count(cell) <= 2 for cell in cells)
    for row in document["rows"]:
        assert len(row["tokens"]) == len(row["first_values"]) == len(row["second_values"])
        assert (row["first_kind"], row["second_kind"]) == ("signed", "weight")
        assert row["second_values"] == colours_of(found.side("bilstm-additive"), row["text"])["values"]
    assert text_rows(found, "bilstm", "bilstm-additive", per_cell=2, classifiers=opening) == document
    with pytest.raises(RunError, match="there is no side"):
        text_rows(found, "lstm", "bilstm")


def test_where_a_side_reads_less_it_has_no_values(runs, tmp_path, dataset, train):
    short = train(tmp_path, dataset, "lstm", max_tokens=3)
    found = read_predictions([*runs, *short])
    row = text_rows(found, "lstm", "bilstm", per_cell=1)["rows"][0]
    assert row["first_values"][2] is not None and set(row["first_values"][3:]) == {None}
    assert len(row["tokens"]) == len(row["second_values"]) > 3 and None not in row["second_values"]
