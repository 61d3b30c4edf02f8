"""One text under every seed of a side: what is kept, what is summed up, and what is refused."""

import json
from itertools import islice

import numpy as np
import pytest

from model.compare.stability import measures
from model.data.datasets import load_builtin
from model.errors import RunError, SettingsError
from model.estimator import load_run
from model.explain.attribution import attribute
from model.explain.explanation import text_seed
from model.runs.records import FOLDER
from model.runs.store import delete_run
from model.studies import stability as room
from model.studies.sides import sides_of
from model.studies.stability import stability, stability_document, text_stability
from model.studies.stability_words import stability_sentence
from model.studies.trust_texts import sample

FAST = ("leave_one_out",)
TEXT = "the kitchen was excellent and the window open"


def last(steps):
    *_, step = steps
    return step


@pytest.fixture(scope="module")
def side(library):
    return sides_of(library)[0]


def test_a_record_has_every_seeds_weights_attributions_and_probabilities(side):
    record = text_stability(side, TEXT, methods=("leave_one_out", "saliency"))
    assert record["seeds"] == [13, 14] and list(record["attributions"]) == ["saliency", "leave_one_out"]
    assert [TEXT[start:end] for start, end, _ in record["tokens"]] == TEXT.split()
    for place, run in enumerate(side.runs):
        classifier = load_run(run.folder)
        assert record["weights"][place] == pytest.approx(classifier.attention([TEXT])[0], abs=1e-5)
        assert record["probabilities"][place] == pytest.approx(classifier.predict_proba([TEXT])[0], abs=1e-5)
        ids = classifier.vocabulary_.tokenize(TEXT).ids
        values = attribute(classifier.network_, ids, method="leave_one_out", target=record["target"]).values
        assert record["attributions"]["leave_one_out"][place] == pytest.approx(values, abs=1e-5)
    mean = np.mean(record["probabilities"], axis=0)
    assert record["target"] == mean.argmax() and record["classes"] == ["negative", "positive"]
    found = measures(np.array(record["weights"]), seed=text_seed(TEXT) % 2**32)
    assert record["measures"]["attention"] == pytest.approx(found, abs=1e-4)
    assert json.loads(json.dumps(record, allow_nan=False)) == record


@pytest.mark.parametrize("text", ["", "one"])
def test_a_text_without_two_tokens_has_no_stability(side, text):
    record = text_stability(side, text, methods=FAST)
    assert record["measures"]["attention"] == dict.fromkeys(("tau", "distance", "chance", "flipping"))
    assert record["flips"]["attention"] is None and len(record["weights"]) == 2


def test_the_same_texts_for_all_and_nothing_computed_twice(side, dataset, tmp_path, monkeypatch):
    steps = list(stability(side, dataset.test, methods=FAST, limit=3, root=tmp_path))
    assert [step.done for step in steps] == [0, 1, 2, 3]
    assert [record["index"] for record in steps[-1].records] == sample(dataset.test, limit=3, seed=13)
    assert steps[-1].record["label"] == dataset.test.labels[steps[-1].record["index"]]
    monkeypatch.setattr(room, "text_stability", None)
    again = list(stability(side, dataset.test, methods=FAST, limit=3, root=tmp_path))
    assert len(again) == 1 and again[0].records == steps[-1].records
    assert last(stability(side, dataset.test, methods=FAST, limit=9, seconds=0, root=tmp_path)).done == 3


def test_other_methods_are_another_study_and_another_order_of_runs_too(side, dataset, tmp_path):
    last(stability(side, dataset.test, methods=FAST, limit=1, root=tmp_path))
    assert next(stability(side, dataset.test, methods=("saliency",), limit=1, root=tmp_path)).done == 0
    turned = side._replace(runs=side.runs[::-1])
    assert next(stability(turned, dataset.test, methods=FAST, limit=1, root=tmp_path)).done == 0


def test_records_go_with_the_first_run_that_is_deleted(dataset, tmp_path, train):
    runs = train(tmp_path, dataset, seeds=2)
    last(stability(sides_of(runs)[0], dataset.test, methods=FAST, limit=1))
    (kept,) = (tmp_path / FOLDER).iterdir()
    assert kept.name.startswith("several-")
    delete_run(runs[1], for_good=True)
    assert not kept.exists()


def test_each_model_is_opened_once(side, dataset, tmp_path):
    opened = []

    def opening(run):
        opened.append(run.id)
        return load_run(run.folder)

    last(islice(stability(side, dataset.test, methods=FAST, limit=1, root=tmp_path, classifiers=opening), 2))
    assert opened == [run.id for run in side.runs]


def test_a_document_sums_up_and_keeps_a_few_examples(side, dataset, tmp_path, monkeypatch):
    records = last(
        stability(side, dataset.test, methods=("saliency", "leave_one_out"), limit=6, root=tmp_path)
    ).records
    document = stability_document(side, records)
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert (document["side"], document["seeds"], document["texts"]) == ("bilstm-additive", [13, 14], 6)
    taus = [record["measures"]["attention"]["tau"] for record in records]
    assert document["rows"]["attention"]["tau"]["mean"] == pytest.approx(np.mean(taus))
    gap = [tau - record["measures"]["saliency"]["tau"] for tau, record in zip(taus, records, strict=True)]
    assert document["against"]["saliency"]["tau"]["mean"] == pytest.approx(np.mean(gap))
    assert len(document["examples"]) == 6 and "Kendall's tau" in document["sentence"]
    assert any("other seeds are not covered" in note for note in document["notes"])
    tokens = len(records[0]["tokens"])
    monkeypatch.setattr(room, "_EXAMPLE_NUMBERS", tokens * 2 * 3)
    assert [example["index"] for example in stability_document(side, records)["examples"]] == [records[0]["index"]]
    assert stability_document(side, [])["texts"] == 0


def test_alike_models_are_perfectly_stable(side, dataset, tmp_path):
    alike = side._replace(runs=(side.runs[0], side.runs[1]))
    first = load_run(side.runs[0].folder)
    record = text_stability(alike, TEXT, methods=FAST, classifiers=lambda run: first)
    assert record["measures"]["attention"] | {"chance": 0} == {
        "tau": 1.0, "distance": 0.0, "chance": 0, "flipping": 0.0}  # fmt: skip
    assert record["measures"]["attention"]["chance"] > 0


def figure(mean, low, high):
    return {"mean": mean, "low": low, "high": high, "se": 0.1, "n": 40, "undefined": 0}


def test_the_sentence_claims_no_more_than_the_intervals_allow():
    row = {"tau": figure(0.3, 0.2, 0.4), "distance": figure(0.3, 0.2, 0.4), "chance": figure(0.6, 0.5, 0.7)}
    row["flipping"] = figure(0.125, 0.1, 0.15)
    against = {
        "saliency": {"tau": figure(-0.2, -0.3, -0.1)},
        "lime": {"tau": figure(-0.1, -0.3, 0.1)},
        "leave_one_out": {"tau": figure(0.2, 0.15, 0.25)},
    }
    said = stability_sentence({"rows": {"attention": row}, "against": against}, texts=40, seeds=5)
    assert "less stable than saliency (by 0.20, 95 % interval 0.10 to 0.30)" in said
    assert "more stable than leave one out (by 0.20, 95 % interval 0.15 to 0.25)" in said
    assert "cannot tell its stability from that of LIME" in said
    assert "12.5 % of the tokens" in said and "0.30 (95 % interval 0.20 to 0.40)" in said and "0.60 apart" in said
    nothing = {"rows": {"attention": dict.fromkeys(row, figure(None, None, None))}, "against": {}}
    assert stability_sentence(nothing, texts=3, seeds=2).startswith("No text had two tokens")


@pytest.mark.parametrize("preset", ["han", "bilstm-multihead", "lstm-dot"])
def test_other_mechanisms_and_chinese_texts(preset, tmp_path, train):
    dataset = load_builtin("diagnostic:keyword:zh:200")
    side = sides_of(train(tmp_path, dataset, preset, seeds=2))[0]
    (record,) = last(stability(side, dataset.test, methods=FAST, limit=1)).records
    assert record["measures"]["attention"]["tau"] is not None and len(record["tokens"]) > 2
    assert [sum(row) for row in record["weights"]] == pytest.approx([1.0, 1.0], abs=1e-4)


def test_what_has_no_stability_is_said_in_words(side, dataset, tmp_path, train):
    plain = sides_of(train(tmp_path, dataset, "bilstm", seeds=2))[0]
    control = sides_of(train(tmp_path, dataset, seeds=2, attention_weights="uniform"))[0]
    with pytest.raises(RunError, match="BiLSTM has no attention"):
        stability(plain, dataset.test)
    with pytest.raises(RunError, match="frozen uniform weights"):
        text_stability(control, TEXT)
    with pytest.raises(RunError, match=r"one seed alone \(13\)"):
        stability(side._replace(runs=side.runs[:1]), dataset.test)
    with pytest.raises(SettingsError, match="there is no attribution method 'magic'"):
        stability(side, dataset.test, methods=("magic",))
    with pytest.raises(SettingsError, match="nan seconds"):
        stability(side, dataset.test, seconds=float("nan"))


def test_models_that_read_other_tokens_are_refused(side, tmp_path, train, dataset):
    (short,) = train(tmp_path, dataset, max_tokens=3)
    with pytest.raises(RunError, match="do not read the same tokens"):
        text_stability(side._replace(runs=(side.runs[0], short)), TEXT, methods=FAST)
