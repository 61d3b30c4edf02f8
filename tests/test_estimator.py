"""The estimator keeps its contract: scikit-learn's, and ours."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score

from model import AttentionClassifier, load_run
from model.data.tokenizing import tokenize_splits
from model.errors import DataError, ModelError, SettingsError

FILLER = "the film was on a screen in some town by the sea and people came to see it with their friends".split()
SMALL = {
    "hidden_size": 8,
    "embedding_size": 8,
    "vectors": "none",
    "epochs": 6,
    "learning_rate": 0.02,
    "batch_size": 16,
}


def _texts(count: int, seed: int = 0) -> tuple[list[str], list[str]]:
    generator = np.random.default_rng(seed)
    texts, labels = [], []
    for place in range(count):
        words = generator.choice(FILLER, size=generator.integers(4, 12)).tolist()
        label = ("bad", "good")[place % 2]
        words.insert(int(generator.integers(len(words))), {"bad": "awful", "good": "Splendid"}[label])
        texts.append(" ".join(words))
        labels.append(label)
    return texts, labels


TEXTS, LABELS = _texts(300)
NEW, NEW_LABELS = _texts(60, seed=1)


@pytest.fixture(scope="module")
def fitted():
    return AttentionClassifier("bilstm-additive", **SMALL).fit(TEXTS, LABELS)


def test_it_learns(fitted):
    assert fitted.classes_.tolist() == ["bad", "good"]
    assert fitted.score(NEW, NEW_LABELS) > 0.95
    assert set(fitted.predict(NEW)) == {"bad", "good"}


def test_probabilities_logits_and_decisions_are_one(fitted):
    logits, probabilities = fitted.logits(NEW), fitted.predict_proba(NEW)
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(len(NEW)))
    assert np.log(probabilities[:, 1] / probabilities[:, 0]) == pytest.approx(logits[:, 1] - logits[:, 0], abs=1e-4)
    assert fitted.decision_function(NEW) == pytest.approx(logits[:, 1] - logits[:, 0])


def test_three_classes_have_a_decision_each():
    labels = [place % 3 for place in range(len(TEXTS))]
    model = AttentionClassifier("lstm", **{**SMALL, "epochs": 1}).fit(TEXTS, labels)
    assert model.classes_.tolist() == [0, 1, 2]
    assert model.decision_function(NEW).shape == (len(NEW), 3)
    assert model.predict(NEW).dtype.kind == "i"


def test_tokens_are_the_text_as_typed(fitted):
    text = "  The FILM was\tSplendid… Fitzwilliam"
    tokens = fitted.tokenize(text)
    assert [text[token.start : token.end] for token in tokens] == [token.text for token in tokens]
    assert {token.text: token.known for token in tokens}["Splendid"]
    assert not {token.text: token.known for token in tokens}["Fitzwilliam"]


def test_attention_is_aligned_with_the_tokens(fitted):
    for text, weights in zip(NEW, fitted.attention(NEW), strict=True):
        assert len(weights) == len(fitted.tokenize(text))
        assert weights.sum() == pytest.approx(1, abs=1e-5)
    assert AttentionClassifier("lstm", **{**SMALL, "epochs": 1}).fit(TEXTS, LABELS).attention(NEW) is None


def test_an_explanation_says_what_the_classifier_says(fitted):
    text = NEW[0]
    explanation = fitted.explain(text, methods=("saliency", "leave_one_out")).to_dict()
    json.dumps(explanation)
    assert explanation["prediction"] == fitted.predict([text])[0]
    assert explanation["attention"]["weights"] == pytest.approx(fitted.attention([text])[0].tolist(), abs=1e-6)
    place = fitted.class_index(explanation["target"])
    assert explanation["logit"] == pytest.approx(fitted.logits([text])[0, place], abs=1e-5)
    words = [token["text"] for token in explanation["tokens"]]
    values = explanation["attributions"]["leave_one_out"]["values"]
    assert words[int(np.argmax(values))] in ("awful", "Splendid")
    for index in range(len(words)):  # deleting the word from a text of plain words is deleting the token
        shorter = " ".join(words[:index] + words[index + 1 :])
        assert values[index] == pytest.approx(explanation["logit"] - fitted.logits([shorter])[0, place], abs=1e-4)
    assert set(explanation["faithfulness"]) == {"attention", "saliency", "leave_one_out", "random"}
    other = fitted.explain(text, methods=("saliency",), target="good")
    assert other.target == "good"
    with pytest.raises(ModelError, match="no class 'ugly'"):
        fitted.explain(text, target="ugly")


def test_an_empty_text_has_a_defined_answer(fitted):
    probabilities = fitted.predict_proba(["", " \t\n", *NEW])
    assert np.isfinite(probabilities).all()
    assert probabilities[0] == pytest.approx(probabilities[1])
    with pytest.warns(UserWarning, match="no tokens"):
        explanation = fitted.explain("").to_dict()
    assert explanation["tokens"] == []
    assert explanation["attention"]["weights"] == []


def test_long_texts_are_cut_and_it_is_said(fitted):
    text = "film " * 1000
    explanation = fitted.explain(text, methods=()).to_dict()
    assert len(explanation["tokens"]) == fitted.max_tokens
    assert text[: explanation["truncated_at"]].split() == ["film"] * fitted.max_tokens


def test_saving_and_loading_change_nothing(fitted, tmp_path):
    fitted.save(tmp_path / "whole")
    loaded = AttentionClassifier.load(tmp_path / "whole")
    assert np.array_equal(loaded.logits(NEW), fitted.logits(NEW))
    assert loaded.get_params() == {**fitted.get_params(), "device": "auto"}
    assert {path.name for path in (tmp_path / "whole").iterdir()} == {"vocabulary.json", "model.safetensors"}
    fitted.save(tmp_path / "half", half_embeddings=True)
    assert load_run(tmp_path / "half").logits(NEW) == pytest.approx(fitted.logits(NEW), abs=0.02)
    assert (load_run(tmp_path / "half").predict(NEW) == fitted.predict(NEW)).all()


def test_labels_keep_their_type_over_saving(tmp_path):
    model = AttentionClassifier("lstm", **{**SMALL, "epochs": 1}).fit(TEXTS, [3, 7] * 150)
    model.save(tmp_path)
    assert AttentionClassifier.load(tmp_path).predict(NEW).tolist() == model.predict(NEW).tolist()
    assert type(AttentionClassifier.load(tmp_path).classes_.tolist()[0]) is int


def test_a_model_that_does_not_fit_its_settings_is_refused(fitted, tmp_path):
    fitted.save(tmp_path)
    tensors = load_file(tmp_path / "model.safetensors")
    with pytest.raises(ModelError, match="there is no model"):
        AttentionClassifier.load(tmp_path / "elsewhere")
    save_file(tensors, tmp_path / "model.safetensors")
    with pytest.raises(ModelError, match="of format None"):
        AttentionClassifier.load(tmp_path)
    fitted.save(tmp_path)
    from safetensors import safe_open

    with safe_open(tmp_path / "model.safetensors", "pt") as file:
        metadata = file.metadata()
    tensors["head.weight"] = torch.zeros(5, 5)
    save_file(tensors, tmp_path / "model.safetensors", metadata=metadata)
    with pytest.raises(ModelError, match=r"head.weight is \(5, 5\), expected \(2, 16\)"):
        AttentionClassifier.load(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"\x80\x04pickle")
    with pytest.raises(ModelError, match="cannot be read as a model"):
        AttentionClassifier.load(tmp_path)


def test_the_same_seed_is_the_same_model(fitted):
    again = clone(fitted).fit(TEXTS, LABELS)
    assert np.array_equal(again.logits(NEW), fitted.logits(NEW))
    other = clone(fitted).set_params(seed=14).fit(TEXTS, LABELS)
    assert not np.array_equal(other.logits(NEW), fitted.logits(NEW))


def test_scikit_learn_accepts_it():
    model = AttentionClassifier("lstm-additive", **{**SMALL, "epochs": 3})
    scores = cross_val_score(model, np.asarray(TEXTS, dtype=object), np.asarray(LABELS), cv=2)
    assert scores.shape == (2,)
    assert scores.mean() > 0.8
    search = GridSearchCV(model, {"hidden_size": [4, 8]}, cv=2).fit(TEXTS, LABELS)
    assert search.best_params_["hidden_size"] in (4, 8)


def test_limes_text_explainer_accepts_its_probabilities(fitted):
    lime_text = pytest.importorskip("lime.lime_text")
    explainer = lime_text.LimeTextExplainer(class_names=fitted.classes_.tolist(), random_state=0)
    text = next(text for text in NEW if "Splendid" in text)
    result = explainer.explain_instance(text, fitted.predict_proba, num_features=3, num_samples=200)
    assert result.as_list()[0][0] == "Splendid"


def test_unfitted_use_says_so():
    for use in ("predict", "predict_proba", "logits", "decision_function", "attention"):
        with pytest.raises(NotFittedError):
            getattr(AttentionClassifier(), use)(["a text"])
    with pytest.raises(NotFittedError):
        AttentionClassifier().tokenize("a text")
    with pytest.raises(NotFittedError):
        AttentionClassifier().explain("a text")
    with pytest.raises(NotFittedError):
        AttentionClassifier().probabilities(tokenize_splits({"train": (["a text"], [0])}, [0, 1]), "train")


@pytest.mark.parametrize(
    ("texts", "labels", "error", "message"),
    [
        ("one text", ["a"], DataError, "texts is one string"),
        (["a", 3], ["x", "y"], DataError, "text 1 is 3"),
        (["a", "b"], ["x"], DataError, "2 texts but 1 labels"),
        (["a", "b"], ["x", "x"], DataError, "at least two classes"),
    ],
)
def test_wrong_input_is_named(texts, labels, error, message):
    with pytest.raises(error, match=message):
        AttentionClassifier(**SMALL).fit(texts, labels)


def test_wrong_settings_are_named_at_fit():
    with pytest.raises(SettingsError, match="hidden_size is -1"):
        AttentionClassifier(hidden_size=-1).fit(TEXTS, LABELS)
    with pytest.raises(DataError, match="labels that training has not: ugly"):
        AttentionClassifier(**SMALL).fit(TEXTS, LABELS, validation=(["a", "b"], ["good", "ugly"]))


def test_validation_texts_are_validated_on_and_nothing_else():
    texts, labels = ["good film", "bad film"] * 20, ["yes", "no"] * 20
    options = {**SMALL, "epochs": 8, "learning_rate": 0.05, "patience": None}
    model = AttentionClassifier("lstm", **options).fit(texts, labels, validation=(texts, labels[::-1]))
    last = model.history_[-1]
    assert last["train"]["accuracy"] > 0.8 and last["validation"]["accuracy"] < 0.1


def test_the_vocabulary_has_room_for_so_many_words():
    texts = ["a b c d e", "a b c e d", "b a c d", "c d e a b"] * 5
    model = AttentionClassifier("lstm", **{**SMALL, "epochs": 1}, max_vocabulary=4).fit(texts, ["x", "y"] * 10)
    assert model.vocabulary_.words == ["<pad>", "<unk>", "a", "b"]


def test_it_trains_with_its_threads_and_gives_the_caller_s_back(monkeypatch):
    seen, before = [], torch.get_num_threads()
    monkeypatch.setattr("model.training.loop.keep_memory", lambda: seen.append(torch.get_num_threads()))
    AttentionClassifier("lstm", **{**SMALL, "epochs": 1}, threads=2).fit(TEXTS[:20], LABELS[:20])
    assert seen == [2] and torch.get_num_threads() == before


def test_a_training_that_goes_on_knows_its_whole_history(tmp_path):
    given = {"validation": (NEW, NEW_LABELS), "checkpoint": tmp_path / "checkpoint"}
    begun = AttentionClassifier("lstm", **SMALL).training_events(TEXTS, LABELS, **given)
    while next(begun)["kind"] != "epoch":
        pass
    next(begun)  # the checkpoint is written
    begun.close()
    model = AttentionClassifier("lstm", **SMALL)
    boot, *_ = model.training_events(TEXTS, LABELS, **given)
    assert boot["resumed_after"] == 1
    assert [event["epoch"] for event in model.history_] == [1, 2, 3, 4, 5, 6]


def test_vectors_decide_the_embedding_size(tmp_path):
    path = tmp_path / "tiny.vec"
    path.write_text("3 4\nfilm 1 0 0 0\nawful 0 1 0 0\nsplendid 0 0 1 0\n", encoding="utf-8")
    options = {**SMALL, "epochs": 1, "embedding_size": None, "vectors": str(path), "freeze_vectors": True}
    model = AttentionClassifier("lstm", **options).fit(TEXTS, LABELS)
    row = model.vocabulary_.words.index("awful")
    assert model.network_.embedding.weight[row].tolist() == [0, 1, 0, 0]
    assert 0 < model.vectors_["tokens"] < 1
    with pytest.raises(SettingsError, match="embedding_size is 8, but the vectors"):
        AttentionClassifier("lstm", **{**options, "embedding_size": 8}).fit(TEXTS, LABELS)
