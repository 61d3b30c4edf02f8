"""Writing on the Next word page: what the model says, stopped, gone on with, and the same again."""

import numpy as np
import pytest

from pages.components import caches

TEXT = "apple river stone apple river"


def write(test, tokens):
    """As the clock does, until so many words are there."""
    for _ in range(100):
        if not any(button.key == "stop-writing" for button in test.button):
            return test
        test.run()
    raise AssertionError("it never ended")


def test_it_writes_what_the_model_says_and_goes_on(language_root, models, visit, drawn):
    test = visit("next_word", face="generate", text=TEXT, seed="5")
    assert drawn(test, "written-0")["tokens"] == [] and drawn(test, "written-0")["tail"] == TEXT
    test.button(key="write").click().run()
    assert 0 < len(drawn(test, "written-0")["tokens"]) < 50
    write(test, 50)
    model = caches.language_model(models["lstm-attention-lm"])
    pieces = [piece.text for piece in model.generate(TEXT, tokens=100, seed=5)]
    assert joined(drawn(test, "written-0")) == TEXT + "".join(pieces[:50])
    test.button(key="write").click().run()
    write(test, 100)
    assert joined(drawn(test, "written-0")) == TEXT + "".join(pieces)
    assert test.query_params["tokens"] == "100"


def joined(drawing):
    pairs = zip(drawing["gaps"], drawing["tokens"], strict=True)
    return "".join(gap + token.removeprefix("⏎") for gap, token in pairs) + drawing["tail"]


def test_writing_is_stopped_and_stays(language_root, visit, drawn):
    test = visit("next_word", face="generate", text=TEXT)
    test.button(key="write").click().run()
    test.button(key="stop-writing").click().run()
    there = drawn(test, "written-0")["tokens"]
    assert 0 < len(there) < 50
    test.run()
    assert drawn(test, "written-0")["tokens"] == there
    assert test.query_params["tokens"] == str(len(there))


def test_an_address_writes_the_same_again_and_another_seed_does_not(language_root, visit, drawn):
    address = {"face": "generate", "text": TEXT, "tokens": "20", "seed": "7", "temperature": "1.3"}
    first = write(visit("next_word", **address), 20)
    again = write(visit("next_word", **address), 20)
    assert joined(drawn(first, "written-0")) == joined(drawn(again, "written-0"))
    again.button(key="write-another").click().run()
    write(again, 20)
    assert again.query_params["seed"] == "8"
    assert joined(drawn(first, "written-0")) != joined(drawn(again, "written-0"))


def test_the_likeliest_words_need_no_seed(language_root, models, visit, drawn):
    address = {"face": "generate", "text": TEXT, "tokens": "10", "temperature": "0"}
    one, other = (write(visit("next_word", **address, seed=seed), 10) for seed in ("1", "2"))
    assert joined(drawn(one, "written-0")) == joined(drawn(other, "written-0"))
    found = caches.language_model(models["lstm-attention-lm"]).read(TEXT)
    vocabulary = caches.language_model(models["lstm-attention-lm"]).vocabulary_
    likeliest = vocabulary.shown(int(found.top_ids[-1, 0]))
    assert drawn(one, "written-0")["tokens"][0].removeprefix("⏎").strip() == likeliest.replace("⏎", "")
    assert drawn(one, "written-0")["values"][0] == pytest.approx(-np.log2(found.top_probabilities[-1, 0]), rel=1e-3)
