"""The Next word page: one prediction, a whole text, writing; and every state that is empty, wrong or very long."""

import dataclasses

import pytest

from pages.components import caches
from pages.components import next_word_state as state
from tests.pages.language_models import LANGUAGE_PRESETS, SMALL, language_models

TEXT = "apple river stone apple river"


def read(run, text):
    return caches.language_model(run).read(text)


def bars(drawn, test, number=0):
    return [item["word"] for item in drawn(test, f"bars-{number}")["items"]]


def look_at(test, offset):
    """What a click on a word does; the clicks themselves are the browser tests' business."""
    test.session_state[state.AT] = str(offset)
    return test.run()


# -- states ------------------------------------------------------------------------------------------------------


def test_without_a_model_the_page_offers_a_training(empty_root, queue, visit, said):
    test = visit("next_word")
    assert not test.exception
    assert "There is no language model yet" in said(test)
    test.button(key="new-language-model").click().run()
    assert not test.exception and test.query_params["new"] == "1"
    assert test.title[0].value == "Train a language model"


@pytest.mark.parametrize("face", ["next", "text"])
def test_an_empty_text_says_what_to_do(language_root, visit, said, face):
    test = visit("next_word", face=face, text=" \t ")
    assert not test.exception
    assert "There is no word in this text" in test.info[0].value


@pytest.mark.parametrize("face", ["next", "text", "generate", "nonsense"])
@pytest.mark.parametrize("text", ["apple", "<script>alert(1)</script>", "מילה אחרת כאן", "春天来了", "\n\n"])
def test_any_text_has_its_answer(language_root, visit, face, text):
    test = visit("next_word", face=face, text=text)
    assert not test.exception and not test.error


@pytest.mark.parametrize("run", ["../../etc/passwd", "20200101-000000-abcdef"])
def test_a_run_that_is_not_there_is_named(language_root, visit, drawn, run):
    test = visit("next_word", run=run, text=TEXT)
    assert run[:8] in test.error[0].value
    assert drawn(test, "next-strip-0")["tokens"] == TEXT.split()


@pytest.mark.parametrize(
    ("name", "value"), [("at", "99999"), ("at", "x"), ("word", "<b>"), ("from", "-5"), ("row", "?")]
)
@pytest.mark.parametrize("face", ["next", "text"])
def test_nonsense_in_an_address_is_let_lie(language_root, visit, drawn, face, name, value):
    test = visit("next_word", face=face, text=TEXT, **{name: value})
    assert not test.exception and not test.error


def test_of_a_very_long_text_the_end_is_read(language_root, visit, said, drawn):
    text = "apple river " * 1500
    test = visit("next_word")
    test.text_area(key=state.TEXT).set_value(text).run()
    assert not test.exception
    assert "Only the last 2,000 words are read, from character" in said(test)
    assert len(drawn(test, "next-strip-0")["tokens"]) == 100
    assert "Words 1,901 to 2,000 of 2,000" in said(test)
    assert len(drawn(test, "next-rows")["tokens"]) == 120
    look_at(test, 12 * 900)  # word 1,801 of the text, and 801 of those that are read
    assert drawn(test, "next-strip-0")["selected"] == 100
    assert "Words 701 to 840 of 2,000" in said(test)
    test.segmented_control(key="face").set_value("text").run()
    assert not test.exception
    assert len(drawn(test, "word-map")["rows"]) == 100
    assert drawn(test, "word-map")["first_column"] == 0


@pytest.mark.parametrize("face", ["next", "text", "generate"])
def test_a_model_beside_itself_is_shown_once(language_root, models, visit, drawn, face):
    run = models["lstm-attention-lm"].id
    test = visit("next_word", face=face, text=TEXT, run=run, beside=run)
    assert not test.exception
    assert drawn(test, "next-strip-1") is None and drawn(test, "written-1") is None


# -- one prediction ----------------------------------------------------------------------------------------------


def test_it_opens_with_both_models_on_a_passage_of_the_test_text(language_root, models, visit, drawn, said):
    test = visit("next_word")
    assert not test.exception and not test.error
    text = test.text_area(key=state.TEXT).value
    assert text in caches.corpus(models["lstm-lm"]).test
    assert "passage 1 of" in said(test)
    for number, preset in enumerate(LANGUAGE_PRESETS):
        found = read(models[preset], text)
        vocabulary = caches.language_model(models[preset]).vocabulary_
        assert bars(drawn, test, number)[:5] == [vocabulary.shown(i) for i in found.top_ids[-1].tolist()]
    explained = [drawn(test, f"bars-{number}")["items"] for number in (0, 1)]
    words = [items[drawn(test, f"bars-{number}")["chosen"]]["word"] for number, items in enumerate(explained)]
    assert words[0] == words[1] == explained[0][0]["word"]
    weights = read(models["lstm-attention-lm"], text).weights[-1]
    assert drawn(test, "next-strip-0")["values"] == pytest.approx(weights, abs=1e-3)
    assert drawn(test, "next-strip-0")["uniform"] == pytest.approx(1 / 6)
    assert drawn(test, "next-strip-1")["kind"] == "signed"


def test_stepping_through_the_passages(language_root, visit):
    test = visit("next_word")
    first = test.text_area(key=state.TEXT).value
    test.button(key="passage-Next").click().run()
    second = test.text_area(key=state.TEXT).value
    assert second != first and test.query_params["example"] == "1"
    assert visit("next_word", example="1").text_area(key=state.TEXT).value == second
    test.button(key="passage-Previous").click().run()
    assert test.text_area(key=state.TEXT).value == first


def test_a_click_on_a_word_shows_its_own_prediction(language_root, models, visit, drawn, said):
    test = visit("next_word", text=TEXT, run=models["lstm-attention-lm"].id)
    assert "the word after the text" in said(test)
    look_at(test, TEXT.index("apple", 3))
    assert "“apple”, word 4 of 5" in said(test) and "the 3 words before it" in said(test)
    assert test.query_params["at"] == str(TEXT.index("apple", 3))
    weights = read(models["lstm-attention-lm"], TEXT).weights[3]
    assert drawn(test, "next-strip-0")["values"] == pytest.approx(weights, abs=1e-3)
    assert drawn(test, "next-strip-0")["told"][3:] == ["predicted here", "comes later: not seen"]
    assert "its state asks" in drawn(test, "next-strip-0")["told"][2]
    real = [item for item in drawn(test, "bars-0")["items"] if item["real"]]
    assert [item["word"] for item in real] == ["apple"]
    again = visit("next_word", **test.query_params)
    assert "“apple”, word 4 of 5" in said(again)
    test.button(key="place-After the text").click().run()
    assert "the word after the text" in said(test) and "at" not in test.query_params


def test_the_first_word_is_never_asked_for(language_root, visit, said):
    test = visit("next_word", text=TEXT, at="0")
    assert "word 2 of 5" in said(test) and "the word before it" in said(test)
    assert test.button(key="place-Before").disabled


def test_the_chosen_word_is_explained_by_all_methods(language_root, models, visit, drawn, said):
    test = visit("next_word", text=TEXT)
    word = drawn(test, "bars-0")["items"][2]["word"]
    test.session_state[state.WORD] = word
    test.run()
    assert test.query_params["word"] == word
    assert drawn(test, "bars-0")["chosen"] == 2
    for _ in range(60):
        ask = drawn(test, "next-rows")["ask"]
        if not ask:
            break
        test.session_state["next-rows"] = {"asked": ask}
        test.run()
    rows = {row["name"]: row["values"] for row in drawn(test, "next-rows")["rows"]}
    assert list(rows) == ["Attention", "Saliency", "Input × gradient", "Integrated gradients", "Leave one out"]
    model = caches.language_model(models["lstm-attention-lm"])
    figures = model.explain(TEXT, ["leave_one_out", "integrated_gradients"], target=word).figures
    for name, method in (("Leave one out", "leave_one_out"), ("Integrated gradients", "integrated_gradients")):
        assert rows[name] == pytest.approx(figures.attributions[method].values, abs=1e-3)
    assert f"the probability of **{word}**" in said(test)
    assert "of 20** random rankings" in said(test)


def test_a_model_of_characters_beside_one_of_words(models, no_demos, tmp_path, monkeypatch, visit, drawn):
    settings = dataclasses.replace(SMALL, unit="characters", attention_layers="all", layers=2)
    (characters,) = language_models(tmp_path, "repeat:3000", presets=("lstm-attention-lm",), settings=settings)
    (words,) = language_models(tmp_path, "repeat:3000", presets=("lstm-lm",))
    monkeypatch.setenv("ATTENTION_LAB_RUNS", str(tmp_path))
    test = visit("next_word", run=words.id, beside=characters.id, text=TEXT, at="12")
    assert not test.exception
    assert drawn(test, "next-strip-0")["selected"] == 2 and drawn(test, "next-strip-1")["selected"] == 12
    assert drawn(test, "next-strip-1")["tokens"] == list(TEXT)
    test.selectbox(key="head").set_value(test.selectbox(key="head").options[1]).run()
    per_layer = read(characters, TEXT).per_layer[0, 12]
    assert drawn(test, "next-strip-1")["values"] == pytest.approx(per_layer, abs=1e-3)


# -- a whole text ------------------------------------------------------------------------------------------------


def test_the_map_has_the_weights_of_every_word(language_root, models, visit, drawn, said):
    test = visit("next_word", face="text", text=TEXT)
    found = read(models["lstm-attention-lm"], TEXT)
    drawing = drawn(test, "word-map")
    assert drawing["columns"] == TEXT.split()
    assert [row["word"] for row in drawing["rows"]] == [*TEXT.split(), "the next word"]
    for place, row in enumerate(drawing["rows"]):
        assert row["weights"] == pytest.approx(found.weights[place, row["from"] : max(0, place - 1)], abs=1e-3)
        assert row["reach"] == max(0, min(place - 1, 6))
    assert drawn(test, "surprise-strip")["values"][1:] == pytest.approx(found.surprise[1:], rel=1e-3)
    assert f"{found.surprise[1:].mean():.2f} bits" in said(test)


def test_a_click_on_a_row_shows_it_on_the_text(language_root, models, visit, drawn, said):
    test = visit("next_word", face="text", text=TEXT)
    look_at(test, TEXT.rindex("river"))
    assert "Looked back at for **river**" in said(test)
    assert drawn(test, "word-map")["selected"] == drawn(test, "map-strip")["selected"] == 4
    weights = read(models["lstm-attention-lm"], TEXT).weights[4]
    assert drawn(test, "map-strip")["values"] == pytest.approx(weights, abs=1e-3)
    test.segmented_control(key="face").set_value("next").run()
    assert "“river”, word 5 of 5" in said(test)


def test_a_long_text_is_turned_page_by_page(language_root, models, visit, drawn, said):
    text = " ".join(["apple river stone candle"] * 60)  # 240 words
    test = visit("next_word", face="text", text=text)
    assert len(drawn(test, "word-map")["rows"]) == 100 and test.button(key="map-back").disabled
    test.button(key="map-on").click().run()
    drawing = drawn(test, "word-map")
    assert (drawing["first"], drawing["first_column"], drawing["early"]) == (100, 50, True)
    assert drawing["columns"][0] == "before" and len(drawing["columns"]) == 150
    weights = read(models["lstm-attention-lm"], text).weights
    assert drawing["rows"][0]["early"] == pytest.approx(weights[100, :50].sum(), abs=1e-3)
    test.button(key="map-on").click().run()
    assert drawn(test, "word-map")["rows"][-1]["word"] == "the next word" and test.button(key="map-on").disabled
    assert "Words 201 to 240 of 240" in said(test)
    assert visit("next_word", **test.query_params).query_params["from"] == "200"


def test_the_difference_of_two_models_in_bits(language_root, models, visit, drawn):
    test = visit("next_word", face="text", text=TEXT, **{"surprise-of": "difference"})
    one, other = (read(models[preset], TEXT).surprise for preset in LANGUAGE_PRESETS)
    assert drawn(test, "surprise-strip")["values"][1:] == pytest.approx((other - one)[1:], abs=1e-3)


def test_distances_begin_at_two_and_sum_to_all_weight(language_root, models, visit, said):
    from model.explain.next_word import distance_profile

    test = visit("next_word", face="text", text=TEXT)
    profile = distance_profile(read(models["lstm-attention-lm"], TEXT).weights, longest=5)
    assert profile[:2].tolist() == [0.0, 0.0] and profile.sum() == pytest.approx(1.0)
    assert "**100 %** of its weight on the 5 nearest words" in said(test)  # no more than 4 states can be seen
    long = " ".join(["apple river stone candle"] * 3)
    test = visit("next_word", face="text", text=long)
    weights = read(models["lstm-attention-lm"], long).weights
    near = sum(weights[place, max(0, place - 6) : place].sum() for place in range(13)) / 11
    assert f"**{100 * near:.0f} %** of its weight on the 5 nearest words" in said(test)
    # 1 to 5 states can be seen at five places, the window's 6 at the six others
    assert f"spread evenly it would be {100 * (5 + 6 * 5 / 6) / 11:.0f} %" in said(test)


def test_a_model_without_attention_has_no_map(language_root, models, visit, drawn):
    test = visit("next_word", face="text", text=TEXT, run=models["lstm-lm"].id, beside="none")
    assert drawn(test, "word-map") is None and drawn(test, "surprise-strip")
    assert "looked back at" in test.info[0].value


def test_the_first_visit_finds_the_opening_text_read(language_root, models, visit, monkeypatch):
    from model.language_model import LanguageModel
    from pages.components.warm import warm_up

    warm_up()
    monkeypatch.setattr(LanguageModel, "read", lambda *_: pytest.fail("it was to be read already"))
    assert not visit("next_word").exception
