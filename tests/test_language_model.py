"""A language model says of a text what comes next, token by token, and its figures agree with one another."""

import json
import math

import numpy as np
import pytest
import torch

from model import LanguageModel, load_language_run
from model.errors import DataError, ModelError, SettingsError
from model.language_model import MOST_TOKENS
from model.runs.run import DEMO_ROOT
from model.runs.store import list_runs
from model.text.vocabulary import UNK
from model.training.language_settings import LanguageSettings

LINES = ("apple bread butter", "turtle apple lemon", "bread and cheese", "cheese or butter or lemon", "turtle")


def _lines(count, seed):
    return "".join(line + "\n" for line in np.random.default_rng(seed).choice(LINES, size=count))


TRAIN, VALIDATION = _lines(1500, seed=0), _lines(300, seed=1)
COPYING = ("lstm-attention-lm", "repeat")
SMALL = LanguageSettings(
    hidden_size=16, embedding_size=8, layers=1, window=7, epochs=2, batch_size=4, segment=10, learning_rate=0.02
)
TEXT = "apple bread Butter, apple zeppelin\nbutter"


@pytest.fixture(scope="module")
def model():
    return LanguageModel(SMALL).fit(TRAIN, VALIDATION)


def by_hand(model, text, *, line=False):
    """Probabilities (N - 1, V) of the token after each but the last, one at a time; `line`: as a line begins."""
    network, state, rows = model.network_.eval(), None, []
    with torch.inference_mode():
        if line:
            before = network(torch.from_numpy(model.vocabulary_.encode("\n").astype(np.int64))[None]).state
            state = before._replace(past=network.initial_state(1).past)
        for word in model.vocabulary_.encode(text)[:-1]:
            output = network(torch.tensor([[int(word)]]), state)
            state = output.state
            rows.append(output.logits[0, 0].double().softmax(-1).numpy())
    return np.array(rows)


def test_it_learns(model):
    assert [event["epoch"] for event in model.history_] == [1, 2]
    assert model.metrics(VALIDATION)["perplexity"] < 2.2  # five lines, else certain: 5 ** (1 / 3.8) at best
    assert model.history_[-1]["validation"]["perplexity"] == pytest.approx(
        model.metrics(VALIDATION)["perplexity"], rel=1e-4
    )


def test_perplexity_is_that_of_a_plain_loop_over_the_tokens(model):
    ids, losses = model.token_losses(VALIDATION)
    probabilities = by_hand(model, VALIDATION)
    assert losses == pytest.approx(-np.log(probabilities[np.arange(len(losses)), ids[1:]]), abs=1e-4)
    metrics = model.metrics(VALIDATION)
    assert metrics["perplexity"] == pytest.approx(math.exp(losses.mean(dtype=np.float64)), rel=1e-6)
    assert metrics["tokens"] == len(ids) - 1 and metrics["unknown"] == 0.0


def test_reading_tells_of_every_token_of_a_text_that_begins_a_line(model):
    reading = model.read(TEXT)
    assert [token.text for token in reading.tokens] == [
        "apple", "bread", "Butter", ",", "apple", "zeppelin", "\n", "butter",
    ]  # fmt: skip
    assert [TEXT[token.start : token.end] for token in reading.tokens] == [token.text for token in reading.tokens]
    assert [token.known for token in reading.tokens] == [True, True, True, False, True, False, True, True]
    assert math.isnan(reading.surprise[0])
    chances = by_hand(model, TEXT, line=True)[np.arange(7), model.vocabulary_.encode(TEXT)[1:]]
    assert reading.surprise[1:] == pytest.approx(-np.log2(chances), abs=1e-4)
    metrics, (_, losses) = model.metrics(TEXT), model.token_losses(TEXT)
    assert metrics["unknown"] == pytest.approx(2 / 7)
    assert metrics["bits_per_character"] == pytest.approx(losses.sum() / math.log(2) / len(TEXT), rel=1e-4)
    assert reading.weights.shape == (9, 8)
    assert not np.triu(reading.weights[1:]).any(), "nothing looks at itself or what comes after"
    assert reading.weights[3:].sum(1) == pytest.approx(np.ones(6), abs=1e-5)


def test_a_model_without_attention_has_no_weights():
    plain = LanguageModel(LanguageSettings.from_dict({**SMALL.to_dict(), "preset": "lstm-lm", "epochs": 1}))
    plain.fit(TRAIN, VALIDATION)
    assert plain.read(TEXT).weights is None
    assert plain.explain(TEXT).to_dict()["attention"] is None


def test_next_tokens_are_those_of_the_last_row(model):
    reading, found = model.read(TEXT), model.next_tokens(TEXT, most=5)
    assert [word for word, _ in found] == [model.vocabulary_.shown(word) for word in reading.top_ids[-1]]
    assert [chance for _, chance in found] == pytest.approx(reading.top_probabilities[-1].tolist(), abs=1e-5)
    probabilities = by_hand(model, TEXT + " apple", line=True)[-1]
    assert found[0][1] == pytest.approx(probabilities[UNK + 1 :].max(), abs=1e-5)
    assert len(model.next_tokens(TEXT, most=3)) == 3


def test_what_is_unknown_is_never_told_as_the_next_token():
    settings = LanguageSettings.from_dict({**SMALL.to_dict(), "max_vocabulary": 5, "epochs": 1})
    model = LanguageModel(settings).fit(TRAIN, VALIDATION)
    assert model.metrics(VALIDATION)["unknown"] > 0.5 and by_hand(model, "apple bread").argmax() == UNK
    found = model.next_tokens("apple", most=9)
    assert sorted(word for word, _ in found) == sorted(map(model.vocabulary_.shown, (2, 3, 4)))
    assert model.explain("apple", ()).prediction == found[0][0]
    assert UNK not in model.read("apple bread").top_ids
    assert all(piece.token in dict(found) for piece in model.generate("apple", tokens=20))


def test_a_prediction_is_explained_by_the_tokens_before_it(model):
    explanation = model.explain(TEXT, ("integrated_gradients", "leave_one_out"), position=4)
    plain = json.loads(json.dumps(explanation.to_dict()))
    assert [token["text"] for token in plain["tokens"]] == ["apple", "bread", "Butter", ","]
    assert (plain["target"], plain["position"]) == ("apple", 4), "the token that stands there"
    column = model.token_id("apple")
    assert plain["probabilities"]["apple"] == pytest.approx(by_hand(model, TEXT, line=True)[3][column], abs=1e-5)
    assert len(plain["probabilities"]) in (5, 6) and plain["prediction"] == next(iter(plain["probabilities"]))
    assert len(plain["attention"]["weights"]) == 4 == len(plain["attributions"]["leave_one_out"]["values"])
    assert plain["attributions"]["integrated_gradients"]["convergence_delta"] < 0.05
    assert set(plain["faithfulness"]) == {"attention", "integrated_gradients", "leave_one_out", "random"}
    shorter = model.explain("apple Butter, ", (), target="apple")
    assert plain["attributions"]["leave_one_out"]["values"][1] == pytest.approx(
        plain["logit"] - shorter.to_dict()["logit"], abs=1e-4
    )
    reading = model.read(TEXT)
    assert plain["attention"]["weights"] == pytest.approx(reading.weights[4, :4].tolist(), abs=1e-5)


def test_after_a_text_the_likeliest_token_is_explained_or_any_other(model):
    likeliest = model.next_tokens(TEXT)[0][0]
    explanation = model.explain(TEXT, ())
    assert explanation.target == explanation.prediction == likeliest
    assert len(explanation.tokens) == 8 and explanation.to_dict()["position"] is None
    other = model.explain(TEXT, (), target="Turtle")
    assert other.target == "turtle" and "turtle" in other.probabilities
    assert model.explain(TEXT, (), target="\n").target == model.explain(TEXT, (), target="⏎").target == "⏎"


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"target": "zeppelin"}, ModelError, "'zeppelin' is no word of the model's vocabulary"),
        ({"target": "apple bread"}, ModelError, "'apple bread' is no word"),
        ({"target": ""}, ModelError, "'' is no word"),
        ({"position": 8}, SettingsError, "position is 8; .* 8 tokens have 0 to 7"),
        ({"position": -1}, SettingsError, "position is -1"),
        ({"methods": ("tea-leaves",)}, SettingsError, "tea-leaves"),
    ],
)
def test_what_cannot_be_explained_is_told(model, options, error, message):
    with pytest.raises(error, match=message):
        model.explain(TEXT, **options)


def test_a_text_without_tokens_has_a_defined_answer(model):
    reading = model.read(" ")
    assert reading.tokens == [] and reading.surprise.shape == (0,)
    assert sum(chance for _, chance in model.next_tokens("", most=100)) == pytest.approx(1, abs=0.2)
    explanation = model.explain("").to_dict()
    assert explanation["tokens"] == [] and explanation["attention"]["weights"] == []
    assert len(list(model.generate("", tokens=3))) == 3
    assert model.token_losses("apple")[1].shape == (0,)
    with pytest.raises(DataError, match="fewer than two tokens"):
        model.metrics("apple")


def test_of_a_long_text_the_last_tokens_count(model):
    text = "bread " * 50 + "apple " * MOST_TOKENS
    reading = model.read(text)
    assert len(reading.tokens) == MOST_TOKENS == len(reading.ids)
    assert reading.truncated_at == reading.tokens[0].start == len("bread ") * 50
    assert model.next_tokens(text) == model.next_tokens("apple " * MOST_TOKENS)
    assert model.token_losses(text)[0].shape == (MOST_TOKENS + 50,), "scoring leaves nothing out"


def test_going_on_with_a_text(model):
    drawn = list(model.generate("apple", tokens=20, seed=5))
    assert drawn == list(model.generate("apple", tokens=20, seed=5))
    assert drawn != list(model.generate("apple", tokens=20, seed=6))
    assert all(0 < piece.probability <= 1 for piece in drawn)
    text = "apple" + "".join(piece.text for piece in drawn)
    assert [model.vocabulary_.shown(word) for word in model.vocabulary_.encode(text)[1:]] == [
        piece.token for piece in drawn
    ]
    spaced = list(model.generate("apple ", tokens=20, seed=5))
    assert "apple " + "".join(piece.text for piece in spaced) == text
    first = next(model.generate(TEXT, temperature=0.0))
    assert (first.token, first.probability) == (
        model.next_tokens(TEXT)[0][0],
        pytest.approx(model.next_tokens(TEXT)[0][1], abs=1e-5),
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [({"tokens": 0}, "0 tokens"), ({"temperature": -1.0}, "temperature is -1"), ({"top_k": 0}, "top_k is 0")],
)
def test_numbers_that_write_nothing_are_told(model, options, message):
    with pytest.raises(SettingsError, match=message):
        next(model.generate("apple", **options))


def test_saving_and_loading_change_nothing(model, tmp_path):
    model.save(tmp_path / "whole")
    loaded = load_language_run(tmp_path / "whole")
    assert np.array_equal(loaded.token_losses(TEXT)[1], model.token_losses(TEXT)[1])
    assert loaded.settings == model.settings
    assert {path.name for path in (tmp_path / "whole").iterdir()} == {"vocabulary.json", "model.safetensors"}
    model.save(tmp_path / "half", half_embeddings=True)
    assert LanguageModel.load(tmp_path / "half").metrics(TEXT)["loss"] == pytest.approx(
        model.metrics(TEXT)["loss"], abs=0.01
    )


def test_the_same_seed_is_the_same_model(model):
    again = LanguageModel(SMALL).fit(TRAIN, VALIDATION)
    assert np.array_equal(again.token_losses(TEXT)[1], model.token_losses(TEXT)[1])
    other = LanguageModel(LanguageSettings.from_dict({**SMALL.to_dict(), "seed": 14})).fit(TRAIN, VALIDATION)
    assert not np.array_equal(other.token_losses(TEXT)[1], model.token_losses(TEXT)[1])


def test_characters_are_tokens_of_their_own():
    settings = LanguageSettings.from_dict({**SMALL.to_dict(), "unit": "characters", "epochs": 1})
    model = LanguageModel(settings).fit(TRAIN, VALIDATION)
    reading = model.read("a b")
    assert [token.text for token in reading.tokens] == ["a", " ", "b"]
    metrics = model.metrics(VALIDATION)
    assert metrics["bits_per_character"] == pytest.approx(metrics["bits_per_token"], rel=2e-3)
    written = "".join(piece.text for piece in model.generate("a b", tokens=10))
    assert len(written) == 10
    with pytest.raises(ModelError, match="'é' is no character"):
        model.explain("a b", target="é")


def test_a_text_of_which_no_word_would_be_known_is_told():
    text = " ".join(f"w{place}" for place in range(300))
    with pytest.raises(DataError, match="no token of the training text occurs 2 times"):
        LanguageModel(SMALL).fit(text, text)


def test_a_model_that_was_never_trained_says_so():
    untrained = LanguageModel()
    for use in ("token_losses", "metrics", "read", "next_tokens", "explain"):
        with pytest.raises(ModelError, match="has learned nothing yet"):
            getattr(untrained, use)("a text")
    with pytest.raises(ModelError, match="has learned nothing yet"):
        next(untrained.generate("a text"))
    with pytest.raises(ModelError, match="has learned nothing yet"):
        untrained.save("nowhere")


def test_the_demo_copies_from_the_first_line_on():
    (demo,) = [run for run in list_runs(DEMO_ROOT) if (run.spec["preset"], run.spec["data"]["name"]) == COPYING]
    model = load_language_run(demo.folder, device="cpu")
    words = "tiger chair needle lemon mirror pillow".split()
    for known in range(2, 6):
        text = " ".join(words + words[:known])
        assert model.next_tokens(text)[0][0] == words[known]
        assert model.read(text).weights[-1].argmax() == known, "the word that stood there before"
