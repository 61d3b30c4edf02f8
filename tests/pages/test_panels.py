"""What the Read page draws: methods by choice, heads, sentences, other words and weights, and no work done twice."""

import pandas as pd
import pytest

from model.data.datasets import resolve
from model.data.diagnostic import generate
from model.explain.attribution import METHODS
from model.explain.figures import predict_ids
from model.studies.training import execute, prepare
from pages.components import caches, read_state
from pages.components.other_weights import CHANGES
from pages.components.reading import DEFAULT_ROWS, SAMPLED, Reading
from tests.pages.conftest import SMALL

TEXT = "a plain text of a few words, and one more of them"


@pytest.fixture(scope="module")
def special(tmp_path_factory):
    """Runs with several heads and with sentences, by preset."""
    root = tmp_path_factory.mktemp("special")
    train = generate("keyword", rows=300).train
    texts = [text.replace(" ", ". ", 3) + "!" for text in train.texts]
    path = root / "with full stops.csv"
    pd.DataFrame({"text": texts, "label": train.labels}).to_csv(path, index=False)
    dataset = resolve(str(path))
    runs = prepare(root, dataset, presets=["bilstm-multihead", "han"], seeds=1, settings=SMALL)
    for run in runs:
        execute(run)
    return {run.spec["preset"]: run for run in runs}


@pytest.fixture
def special_root(special, no_demos, monkeypatch):
    """The folder of the special runs, as the pages see it."""
    root = next(iter(special.values())).folder.parent
    monkeypatch.setenv("ATTENTION_LAB_RUNS", str(root))
    return root


def _calls(monkeypatch, run):
    """How often the network of a run has read a text since."""
    network = caches.classifier(run).network_
    calls = []
    encode, conclude = network.encode, network.conclude
    monkeypatch.setattr(
        network, "encode", lambda *args, **options: calls.append("encode") or encode(*args, **options)
    )
    monkeypatch.setattr(
        network, "conclude", lambda *args, **options: calls.append("conclude") or conclude(*args, **options)
    )
    return calls


def _rows(test, drawn):
    return {row["name"]: row for row in drawn(test, "rows")["rows"]}


def test_what_is_drawn_otherwise_asks_no_model(root, trained, visit, drawn, monkeypatch, follow):
    test = follow(visit(text=TEXT, run=trained["bilstm-additive 13"].id, beside="none"))
    calls = _calls(monkeypatch, trained["bilstm-additive 13"])
    before = drawn(test, "strip-0")["values"]
    test.segmented_control(key="row").set_value("integrated_gradients").run()
    assert drawn(test, "strip-0")["values"] != before
    test.select_slider(key="lift").set_value("0.5").run()
    assert drawn(test, "strip-0")["gamma"] == 0.5
    test.selectbox(key="bars").set_value("leave_one_out").run()
    assert drawn(test, "strip-0")["lane_name"] == "leave one out"
    test.segmented_control(key="rows-as").set_value("numbers").run()
    assert calls == []
    test.text_area(key=read_state.TEXT).set_value("another text").run()
    assert calls


def test_every_method_can_be_added_and_says_how_sure_it_is(root, trained, visit, drawn, said, follow):
    rows = "attention,shapley_sampling,kernel_shap,lime,gradient_shap,feature_ablation"
    test = visit(text=TEXT, rows=rows, beside="none")
    assert test.pills(key="rows-chosen").value == rows.split(",")
    follow(test)
    found = _rows(test, drawn)
    assert len(found) == 6 and all(row["values"] for row in found.values())
    for name in ("Gradient SHAP", "Shapley sampling", "Kernel SHAP", "LIME"):
        assert "±" in found[name]["figures"] and "done" not in found[name]["figures"]
    assert "error" in found["Shapley sampling"]["figures"]
    assert test.query_params["rows"] == rows
    test.pills(key="rows-chosen").set_value([]).run()
    assert "rows" not in test.query_params and len(_rows(test, drawn)) == len(DEFAULT_ROWS)


def test_a_sampled_row_can_be_stopped_and_keeps_what_it_has(root, trained, visit, drawn, follow):
    test = visit(text=f"{TEXT} {TEXT} {TEXT}", rows="attention,shapley_sampling", beside="none")
    for _ in range(20):
        if test.get("button") and any(button.key == "stop-shapley_sampling" for button in test.button):
            break
        test.session_state["rows"] = {"asked": drawn(test, "rows")["ask"]}
        test.run()
    test.button(key="stop-shapley_sampling").click().run()
    row = _rows(test, drawn)["Shapley sampling"]
    assert row["values"] and "% done, stopped" in row["figures"]
    follow(test)
    assert _rows(test, drawn)["Shapley sampling"]["figures"] == row["figures"]


def test_heads_have_rows_and_can_colour_the_words(special_root, special, visit, drawn):
    test = visit(text=TEXT, run=special["bilstm-multihead"].id, beside="none")
    rows = _rows(test, drawn)
    heads = [name for name in rows if name.startswith("· head")]
    assert len(heads) == 4
    mean = drawn(test, "strip-0")["values"]
    assert [sum(column) / 4 for column in zip(*(rows[name]["values"] for name in heads), strict=True)] == (
        pytest.approx(mean, abs=1e-3)
    )
    test.selectbox(key="head").set_value("head 2").run()
    assert drawn(test, "strip-0")["values"] == rows["· head 2"]["values"]
    assert test.query_params["head"] == "head 2"


def test_sentences_stand_in_the_margin(special_root, special, visit, drawn):
    test = visit(text="One is here. Two is there! Three", run=special["han"].id, beside="none")
    strip = drawn(test, "strip-0")
    assert [(start, end) for start, end, _ in strip["sentences"]] == [(0, 4), (4, 8), (8, 9)]
    for start, end, weight in strip["sentences"]:
        assert sum(strip["values"][start:end]) == pytest.approx(weight, abs=2e-3)


def test_words_typed_over_and_deleted_stand_beside_the_original(root, trained, visit, drawn, said):
    test = visit(text="one two three", run=trained["bilstm-additive 13"].id, beside="none")
    before = drawn(test, "strip-0")
    test.session_state["pick"] = (before["text_signature"], 1)
    test.run()
    next(box for box in test.text_input if box.label.startswith("Instead of")).set_value("four five").run()
    assert drawn(test, "strip-edited")["tokens"] == ["one", "four", "five", "three"]
    assert drawn(test, "strip-0") == {**before, "selected": 1, "since": drawn(test, "strip-0")["since"]}
    test.button(key="edit-delete").click().run()
    assert drawn(test, "strip-edited")["tokens"] == ["one", "three"]
    assert "| label | as it is | changed | difference |" in said(test)
    classifier = caches.classifier(trained["bilstm-additive 13"])
    ids = classifier.vocabulary_.tokenize("one two three").ids
    expected = predict_ids(classifier.network_, ids[[0, 2]]).probabilities
    assert all(f"| {probability:.3f} |" in said(test) for probability in expected)
    test.button(key="read-edited").click().run()
    assert test.text_area(key=read_state.TEXT).value == "one three"
    test.run()
    assert drawn(test, "strip-0")["tokens"] == ["one", "three"]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("preset", ["bilstm-additive 13", "han"])
def test_every_change_of_the_weights_has_an_answer(
    root, trained, special, visit, drawn, said, monkeypatch, change, preset
):
    if preset == "han":
        monkeypatch.setenv("ATTENTION_LAB_RUNS", str(special["han"].folder.parent))
    run = trained.get(preset) or special[preset]
    test = visit(text=TEXT, run=run.id, beside="none", weights=change, **{"if": "the attention"})
    assert not test.exception
    strip = drawn(test, "strip-weights")
    if strip is None:
        assert "hang on where attention falls" in said(test)
        return
    assert sum(strip["values"]) == pytest.approx(1.0, abs=2e-3)
    assert "of the weight moved" in said(test)


def test_a_weight_set_by_hand_moves_the_others_in_proportion(root, trained, visit, drawn):
    test = visit(text=TEXT, run=trained["bilstm-additive 13"].id, beside="none", **{"if": "the attention"})
    own = drawn(test, "strip-0")["values"]
    test.session_state["pick"] = (drawn(test, "strip-0")["text_signature"], 3)
    test.run()
    test.button(key="weight-zero").click().run()
    changed = drawn(test, "strip-weights")["values"]
    assert changed[3] == 0.0
    expected = [0.0 if i == 3 else value / (1 - own[3]) for i, value in enumerate(own)]
    assert changed == pytest.approx(expected, abs=1e-3)
    test.button(key="weight-all-back").click().run()
    assert drawn(test, "strip-weights")["values"] == pytest.approx(own, abs=1e-3)


def test_the_weight_of_a_sentence_is_set_as_a_whole(special_root, special, visit, drawn):
    test = visit(text="One is here. Two is there!", run=special["han"].id, **{"if": "the attention"})
    test.session_state["pick"] = (drawn(test, "strip-0")["text_signature"], 1)
    test.run()
    own = drawn(test, "strip-0")["values"]
    next(slider for slider in test.slider if slider.label == "Weight of its sentence").set_value(0.25).run()
    changed = drawn(test, "strip-weights")
    assert [weight for _, _, weight in changed["sentences"]] == pytest.approx([0.25, 0.75], abs=1e-3)
    for start, end in ((0, 4), (4, 8)):  # inside, as before
        before, after = own[start:end], changed["values"][start:end]
        assert [v / sum(after) for v in after] == pytest.approx([v / sum(before) for v in before], abs=5e-3)


def test_words_set_by_hand_take_no_more_than_there_is(root, trained, visit, drawn, said):
    test = visit(text="one two three", run=trained["bilstm-additive 13"].id, beside="none", **{"if": "the attention"})
    signature = drawn(test, "strip-0")["text_signature"]
    test.session_state["pick"] = (signature, 0)
    test.run()
    next(slider for slider in test.slider if slider.label.startswith("Weight of")).set_value(1.0).run()
    assert drawn(test, "strip-weights")["values"] == [1.0, 0.0, 0.0]
    test.session_state["pick"] = (signature, 1)
    test.run()
    assert not test.exception and "have all the weight" in said(test)


def test_one_word_tells_where_the_model_learned_it(root, trained, visit, said, drawn):
    train = caches.dataset(trained["bilstm-additive 13"]).train
    word = train.texts[0].split()[0].strip(".,").lower()
    test = visit(text=f"{word} again", **{"of-word": "in training"})
    test.session_state["pick"] = (drawn(test, "strip-0")["text_signature"], 0)
    test.run()
    assert f"of {len(train.texts)} texts:" in said(test)
    assert ":blue-background[" in said(test)
    test.segmented_control(key="of-word").set_value("its nearest words").run()
    assert "| word | cosine | seen in training |" in said(test)


def test_what_is_taken_along_is_what_is_shown(root, trained, visit, drawn, follow):
    follow(visit(text=TEXT, run=trained["bilstm-additive 13"].id, beside="none"))
    reading = Reading(trained["bilstm-additive 13"], TEXT)
    document = reading.explanation()
    expected = (
        caches.classifier(trained["bilstm-additive 13"])
        .explain(TEXT, methods=[m for m in DEFAULT_ROWS if m != "attention"], target=reading.label)
        .to_dict()
    )
    for part in (document, expected):
        for row in part["attributions"].values():
            row.pop("seconds")
    assert document.pop("faithfulness")["attention"] == pytest.approx(
        expected.pop("faithfulness")["attention"], abs=1e-6
    )
    assert document == expected


def test_a_link_brings_back_every_setting(root, trained, visit, drawn):
    settings = {
        "row": "saliency",
        "bars": "no bars",
        "lift": "0.3",
        "scale": "one scale for both",
        "rows-as": "numbers",
    }
    test = visit(
        text=TEXT, **settings, **{"if": "the attention", "weights": "all alike", "of-word": "its nearest words"}
    )
    assert not test.exception
    for name, value in settings.items():
        assert test.query_params[name] == value
    assert drawn(test, "strip-0")["gamma"] == 0.7 and drawn(test, "strip-0")["lane"] is None
    assert drawn(test, "strip-0")["scale"] == drawn(test, "strip-1")["scale"]
    assert test.segmented_control(key="rows-as").value == "numbers"
    assert len(set(drawn(test, "strip-weights")["values"])) == 1


@pytest.mark.parametrize(
    "name", ["rows", "bars", "lift", "scale", "if", "weights", "of-word", "rows-as", "mode", "head"]
)
def test_nonsense_in_an_address_is_let_lie(root, visit, name):
    test = visit(text=TEXT, **{name: "<script>"})
    assert not test.exception and not test.error


def test_the_sampled_methods_are_those_that_sample():
    assert set(SAMPLED) < set(METHODS)
