"""The Read page: colours without a click, text that stays, slower rows that follow, and every empty state."""

import re

import pytest

from pages.components import caches, read_state


def _type(test, text):
    test.text_area(key=read_state.TEXT).set_value(text)
    return test.run()


def test_without_a_model_the_page_says_what_to_do(empty_root, visit, said):
    test = visit()
    assert not test.exception
    assert "There is no model to read with yet" in said(test)
    assert [link.value for link in test.page_link] == ["Train a model", "Upload one"]


def test_it_opens_with_a_coloured_text_and_two_models(root, trained, visit, drawn):
    test = visit()
    assert not test.exception and not test.error
    attention, plain = drawn(test, "strip-0"), drawn(test, "strip-1")
    assert attention["kind"] == "weight" and plain["kind"] == "signed"
    assert sum(attention["values"]) == pytest.approx(1.0, abs=1e-3)
    assert len(attention["values"]) == len(attention["tokens"]) > 5
    text = test.text_area(key=read_state.TEXT).value
    joined = "".join(gap + token for gap, token in zip(attention["gaps"], attention["tokens"], strict=True))
    assert joined + attention["tail"] == text
    assert text in caches.dataset(trained["lstm 13"]).test.texts
    assert test.query_params["example"] == str(caches.dataset(trained["lstm 13"]).test.texts.index(text))


def test_quick_rows_come_at_once_and_slower_ones_follow(root, visit, drawn, follow):
    import captum.attr  # noqa: F401  (before it is in memory, its rows follow too)

    test = _type(visit(), "a text nobody has read before, quick rows first")
    rows = {row["name"]: row["values"] for row in drawn(test, "rows")["rows"]}
    assert rows["Attention"] and rows["Saliency"] and rows["Input × gradient"]
    assert rows["Integrated gradients"] is None and rows["Leave one out"] is None
    assert drawn(test, "strip-1")["values"] is None
    follow(test)
    assert all(row["values"] for row in drawn(test, "rows")["rows"])
    plain = drawn(test, "strip-1")
    assert plain["values"] and "error" in plain["note"]
    again = visit(text="a text nobody has read before, quick rows first")
    assert drawn(again, "rows")["ask"] == ""


def test_a_pasted_text_recolours_and_stands_in_the_address(root, visit, drawn):
    test = _type(visit(), "<script>alert(1)</script> is typed")
    assert "".join(drawn(test, "strip-0")["tokens"]).startswith("<script>")
    assert test.query_params["text"] == "<script>alert(1)</script> is typed"
    assert "example" not in test.query_params
    _type(test, "x " * 3000)
    assert "text" not in test.query_params
    assert drawn(test, "strip-0")["cut"].strip().startswith("x")


def test_an_address_brings_its_text_back(root, visit):
    assert visit(text="brought by a link").text_area(key=read_state.TEXT).value == "brought by a link"


@pytest.mark.parametrize("example", ["0", "7"])
def test_an_address_brings_a_test_text(root, trained, visit, said, example):
    test = visit(example=example)
    split = caches.dataset(trained["lstm 13"]).test
    assert test.text_area(key=read_state.TEXT).value == split.texts[int(example)]
    assert f"label **{split.labels[int(example)]}**" in said(test)


@pytest.mark.parametrize("example", ["-1", "99999", "²", "nonsense"])
def test_an_address_with_no_such_text_opens_as_usual(root, visit, example):
    test = visit(example=example)
    assert not test.exception and test.text_area(key=read_state.TEXT).value


def test_stepping_through_the_test_texts(root, trained, visit):
    texts = caches.dataset(trained["lstm 13"]).test.texts
    test = visit(example="3")
    test.button(key="take-Next").click().run()
    assert test.text_area(key=read_state.TEXT).value == texts[4]
    test.button(key="take-Previous").click().run()
    test.button(key="take-Previous").click().run()
    assert test.text_area(key=read_state.TEXT).value == texts[2]
    test.button(key="take-Random").click().run()
    assert test.text_area(key=read_state.TEXT).value in texts
    wrong = [place for place, right in enumerate(caches.correct(trained["bilstm-additive 14"])) if not right]
    test = visit(run=trained["bilstm-additive 14"].id, which="wrong", example=str(len(texts) - 1))
    test.button(key="take-Next").click().run()
    if wrong:
        assert test.text_area(key=read_state.TEXT).value == texts[wrong[0]]
    else:
        assert test.button(key="take-Next").disabled


@pytest.mark.parametrize("text", ["", " \n\t "])
def test_an_empty_text_has_its_answer_and_a_warning(root, visit, drawn, said, text):
    test = _type(visit(), text)
    assert not test.exception
    assert "There is no word in this text" in test.warning[0].value
    assert drawn(test, "strip-0")["tokens"] == [] and drawn(test, "rows") is None
    assert "logit of" in said(test)


def test_the_text_survives_another_model_and_errors(root, trained, visit, drawn):
    test = _type(visit(), "my own words stay")
    test.selectbox(key="run").set_value(trained["bilstm-additive 13"].id).run()
    assert test.text_area(key=read_state.TEXT).value == "my own words stay"
    test = visit(run="../../etc/passwd", text="my own words stay")
    assert "is no run id" in test.error[0].value
    assert test.text_area(key=read_state.TEXT).value == "my own words stay"
    assert drawn(test, "strip-0")["tokens"] == ["my", "own", "words", "stay"]


def test_a_deleted_run_in_the_address_is_named(root, visit):
    test = visit(run="20200101-000000-abcdef")
    assert "there is no run 20200101-000000-abcdef" in test.error[0].value


def test_both_models_explain_the_same_label(root, trained, visit, drawn, follow):
    classes = caches.dataset(trained["lstm 13"]).classes
    test = visit(target=classes[1], row="integrated_gradients", text="which label is explained here")
    follow(test)
    assert [drawn(test, f"strip-{place}")["target"] for place in (0, 1)] == [classes[1]] * 2
    first = drawn(test, "strip-0")["values"]
    test.selectbox(key="target").set_value(classes[0]).run()
    follow(test)
    assert drawn(test, "strip-0")["target"] == classes[0]
    assert drawn(test, "strip-0")["values"] != first


def test_one_model_alone(root, trained, visit, drawn):
    test = visit(run=trained["lstm 13"].id, beside="none")
    assert not test.exception
    assert drawn(test, "strip-0")["kind"] == "signed" and drawn(test, "strip-1") is None


def test_a_picked_word_is_shown_with_its_figures(root, visit, drawn, said):
    test = _type(visit(), "pick the third word")
    parts = drawn(test, "strip-0")
    test.session_state["strip-0"] = {"selected": {"token": 2, "text": parts["text_signature"]}}
    test.session_state["pick"] = (parts["text_signature"], 2)
    test.run()
    assert "“third”" in said(test)
    assert [drawn(test, key)["selected"] for key in ("strip-0", "strip-1", "rows")] == [2, 2, 2]
    _type(test, "another text, and the choice is gone")
    assert drawn(test, "strip-0")["selected"] is None


def test_agreement_and_its_control_are_shown(root, visit, drawn, said, follow):
    test = follow(_type(visit(), "do these two agree on the words they rank first, or not"))
    assert "| *20 random rankings* |" in said(test)
    assert re.search(
        r"lowers the probability of \*\*\w+\*\* by .\d\.\d\d, more than \*\*\d+ of 20\*\* random", said(test)
    )
    assert "Attention and leave one out rank these words" in said(test)
