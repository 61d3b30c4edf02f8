"""Training language models from the page: a text by three ways, one button, trainings that anybody sees."""

import re
from dataclasses import fields

import pytest

from model.data.corpora import load_corpus_by_name
from model.networks.language_presets import LANGUAGE_PRESETS
from model.networks.preset_words import LANGUAGE_PRESET_WORDS
from model.runs.run import Run
from model.runs.store import list_runs
from model.training.language_settings import LanguageSettings
from model.training.language_suggestions import COPYING
from pages.components import charts, language_drawings
from pages.components.language_option_words import LANGUAGE_GROUPS, LANGUAGE_OPTIONS
from tests.runs.language_runs import finish_language, language_run

TEXT = "".join(f"The cat sat on mat number {number % 9}, and the dog did not.\n" for number in range(120))
NOVEL = "".join(f"第{number}天，我们去公园散步。天气很好！\n" for number in range(300))


@pytest.fixture
def form(visit):
    """The form, as a new visitor opens it."""
    return lambda **query: visit("next_word", new="1", **query)


@pytest.fixture
def running(empty_root):
    """Two runs that are being trained, one of which began to average its weights."""

    def running(preset: str, *, averaging: bool) -> Run:
        run = language_run(empty_root, preset=preset)
        for event in _events(averaging):
            run.append_event(event)
        run.set_state("running")
        return run

    return [running("lstm-attention-lm", averaging=False), running("awd-lstm-lm", averaging=True)]


def _events(averaging):
    progress = {"kind": "progress", "loss": 6.0, "perplexity": None, "tokens_per_second": 9000.0}
    epoch = {
        "kind": "epoch", "train": {"loss": 4.0, "perplexity": 54.6}, "tokens_per_second": 8000.0, "seconds": 1.0,
        "validation": {"loss": 4.5, "perplexity": 90.0, "tokens": 500}, "learning_rate": 0.002,
    }  # fmt: skip
    return [
        {"kind": "boot", "device": "cpu", "epochs": 3, "tokens": 5000, "resumed_after": 0},
        {**progress, "epoch": 1, "share": 0.5, "learning_rate": 0.001},
        {**epoch, "epoch": 1, "averaging": False},
        {**epoch, "epoch": 2, "averaging": averaging},
    ]


def plain(page):
    """What was said, without Markdown's marks."""
    return page.replace("\\", "").replace("*", "")


# -- the form ----------------------------------------------------------------------------------------------------


def test_generated_text_is_queued_with_every_network_and_seed(empty_root, queue, form, read, said):
    test = form(**{"from": "Generated"})
    test.number_input(key="corpus-words").set_value(2000)
    test.number_input(key="language-seeds").set_value(2)
    test.number_input(key="language-option-hidden_size").set_value(16)
    test.selectbox(key="language-option-tied").set_value(True)
    test.number_input(key="language-option-window").set_value(None)
    read(test)
    assert test.session_state["presets-language"] == ["lstm-lm", "lstm-attention-lm"]
    page = plain(said(test))
    assert "4 trainings on one and the same text" in page
    assert "About 1,600 words to learn from, in 2 steps of 20 × 70, at most 50 times over." in page
    assert page.count("What is to be copied must not be hidden.") == 1
    test.button(key="train-language").click().run()
    assert not test.exception and not test.error
    specs = [run.spec for run in queue.submitted]
    assert [(spec["preset"], spec["seed"]) for spec in specs] == [
        (preset, seed) for preset in ("lstm-lm", "lstm-attention-lm") for seed in (13, 14)
    ]
    settings = LanguageSettings(
        **COPYING | {"preset": "lstm-lm", "epochs": 50, "hidden_size": 16, "tied": True, "window": None}
    )
    assert LanguageSettings.from_dict(specs[0]["settings"]) == settings
    assert {run.kind for run in queue.submitted} == {"language-model"}
    assert {spec["data"]["name"] for spec in specs} == {"repeat:2000"} and specs[0]["data"]["folder"] is None
    assert test.query_params["runs"] == ",".join(run.id for run in queue.submitted)
    assert "new" not in test.query_params and test.title[0].value == "Training"
    assert "place 3 in the queue" in plain(said(test))


def test_a_chinese_text_by_words_and_by_characters(empty_root, queue, form, upload, read, said):
    test = read(upload(form(**{"from": "Upload"}), "公园.txt", NOVEL.encode("gb18030")))
    page = plain(said(test))
    characters = int(re.search(r"([\d,]+) characters: ", page)[1].replace(",", ""))
    assert characters == len(NOVEL) and "300 lines" in page and "encoding: gb18030" in page
    assert test.code[0].value.startswith("第0天，我们去公园散步。")
    words_ = int(re.search(r"About ([\d,]+) words to learn from", page)[1].replace(",", ""))
    test.segmented_control(key="unit").set_value("characters").run()
    found = int(re.search(r"About ([\d,]+) characters to learn", plain(said(test)))[1].replace(",", ""))
    assert 0.75 * characters < found < 0.85 * characters and words_ < found
    assert test.query_params["unit"] == "characters"
    test.button(key="train-language").click().run()
    assert {run.spec["settings"]["unit"] for run in queue.submitted} == {"characters"}
    assert all(run.spec["data"]["folder"] for run in queue.submitted)


def test_a_table_gives_the_texts_of_the_column_that_is_chosen(empty_root, queue, form, upload, read, said):
    rows = "".join(f"{number},the cat number {number} sat here,and there a dog barked\n" for number in range(100))
    test = upload(form(**{"from": "Upload"}), "notes.csv", f"id,first,second\n{rows}".encode())
    read(test)
    assert "100 rows" in plain(said(test))
    box = test.multiselect(key="corpus-columns")
    box.set_value(["second"])
    read(test)
    assert test.code[0].value.startswith("and there a dog barked\n")
    test.multiselect(key="corpus-columns").set_value([]).run()
    assert "Choose a column of texts" in test.warning[0].value and test.button(key="train-language").disabled


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("short.txt", b"Far too short.", "1,000"),
        ("empty.txt", b"", "empty.txt is empty"),
        ("noise.txt", bytes(range(256)) * 40, "noise.txt"),
    ],
)
def test_what_cannot_be_learned_from_is_said_in_a_sentence(
    empty_root, queue, form, upload, read, name, content, says
):
    test = read(upload(form(**{"from": "Upload"}), name, content))
    assert says in test.error[0].value.replace("\\", "")
    assert test.button(key="train-language").disabled


def test_a_table_for_classifiers_is_no_text_of_a_language_model(empty_root, queue, visit, form, upload, read):
    table = "text,label\n" + "".join(f"text number {n} of many,{n % 2}\n" for n in range(60))
    other = read(upload(visit("train", data="Upload"), "labels.csv", table.encode()))
    test = form(**{"from": "Upload", "upload": other.query_params["upload"]})
    assert not test.exception and "labels\\.csv was uploaded for another kind" in test.error[0].value
    assert test.get("file_uploader") and test.button(key="train-language").disabled


def test_without_a_network_there_is_no_button(empty_root, queue, form, read):
    test = form(**{"from": "Generated"})
    for preset in ("lstm-lm", "lstm-attention-lm"):
        test.checkbox(key=f"presets-language-{preset}").uncheck()
    assert read(test).button(key="train-language").disabled


def test_every_option_has_one_place_and_one_sentence(empty_root, queue, form, said):
    options = {field.name: field for field in fields(LanguageSettings)}
    placed = [name for names in LANGUAGE_GROUPS.values() for name in names]
    assert sorted(placed) == sorted(set(options) - {"preset", "seed", "unit"}) == sorted(LANGUAGE_OPTIONS)
    page = said(form(**{"from": "Upload"}))
    for name, words in LANGUAGE_OPTIONS.items():
        assert words.about in page
        assert words.about.endswith(".") and words.about.replace("et al. ", "").count(".") == 1
        assert bool(words.empty) == ("None" in str(options[name].type)), name


def test_settings_of_language_models_and_of_classifiers_are_kept_apart(empty_root, queue, form, said):
    test = form(**{"from": "Upload"})
    test.number_input(key="language-option-epochs").set_value(3)
    test.selectbox(key="language-option-averaging").set_value("non-monotonic").run()
    assert "Changed: Averaging non-monotonic, Epochs 3" in plain(said(test))
    test.query_params.clear()
    test.switch_page("train.py").run()
    assert test.number_input(key="option-epochs").value == 10
    test.query_params["new"] = "1"
    test.switch_page("next_word.py").run()
    assert test.number_input(key="language-option-epochs").value == 3
    test.button(key="settings-reset").click().run()
    assert test.number_input(key="language-option-epochs").value == 10


def test_every_network_has_a_drawing_of_its_own():
    assert list(LANGUAGE_PRESET_WORDS) == sorted(LANGUAGE_PRESETS, key=lambda name: LANGUAGE_PRESETS[name].attention)
    drawn = {preset: language_drawings.svg(preset) for preset in LANGUAGE_PRESETS}
    assert len(set(drawn.values())) == len(drawn)
    for preset, (attends, regularized) in LANGUAGE_PRESETS.items():
        assert "\n" not in drawn[preset] and (charts.COLOURS[0] not in drawn[preset])
        assert ("asks the states" in drawn[preset]) == attends == LANGUAGE_PRESET_WORDS[preset].attends
        assert ("hidden at random" in drawn[preset]) == regularized


# -- the trainings -----------------------------------------------------------------------------------------------


def test_a_running_training_shows_where_it_is(running, queue, visit, said):
    test = visit("next_word", runs=",".join(run.id for run in running))
    assert not test.exception and test.title[0].value == "Training"
    page = plain(said(test))
    assert "AWD-LSTM language model, seed 13: weights are averaged since epoch 2." in page
    assert page.count("weights are averaged") == 1
    assert len(test.get("vega_lite_chart")) == 3
    for part in ("perplexity 54.6", "validation 90.0", "8,000 tokens/s", "learning rate 0.002"):
        assert part in plain(test.progress[0].text)
    test.button(key=f"cancel-{running[0].id}").click().run()
    assert queue.cancelled == [running[0].id]


def test_curves_are_of_both_parts_and_leave_out_what_no_number_holds():
    points = charts.curve_points({"A": _events(False)}, ("perplexity", "tokens_per_second", "learning_rate"))
    found = points.set_index(["part", "epoch"])["perplexity"].to_dict()
    assert found.pop(("training", 0.5)) != found and points["perplexity"].isna().sum() == 1
    assert found == {("training", 1): 54.6, ("training", 2): 54.6, ("validation", 1): 90, ("validation", 2): 90}
    pace = points[points["part"] == "training"]
    assert pace["tokens_per_second"].tolist() == [9000, 8000, 8000] and pace["learning_rate"].max() == 0.002
    assert charts.live_curves(value="perplexity", names=["A"])["encoding"]["y"]["scale"]["type"] == "log"


def test_what_came_out_is_beside_counting_and_leads_on(empty_root, queue, visit, said):
    runs = [language_run(empty_root, preset=preset) for preset in ("lstm-lm", "lstm-attention-lm")]
    for run, perplexity in zip(runs, (30.0, 20.0), strict=True):
        finish_language(run, perplexity=perplexity)
    ids = ",".join(run.id for run in runs)
    test = visit("next_word", runs=ids)
    assert not test.exception
    table = next(text.value for text in test.markdown if text.value.startswith("| Model"))
    lines = plain(table).split("\n")[2:]
    assert [line.split("|")[1].strip() for line in lines] == [
        "LSTM language model + attention, seed 13", "LSTM language model, seed 13",
        "Counts of neighbouring words (Kneser–Ney)", "Counts of single words",
    ]  # fmt: skip
    assert [line.split("|")[2].strip() for line in lines[:2]] == ["20.0", "30.0"]
    assert "1.0 % of them unknown" in said(test)
    test.button(key="compare").click().run()
    assert not test.exception
    assert test.query_params["face"] == "compare" and "runs" not in test.query_params


def test_what_was_copied_is_told_of_generated_text(empty_root, queue, visit, said):
    corpus = load_corpus_by_name("repeat:2000")
    for preset, looked in (("lstm-lm", None), ("lstm-attention-lm", 0.9)):
        run = language_run(empty_root, corpus, preset=preset)
        finish_language(run, corpus)
        copied = {"places": 120, "right": 0.75, "largest": looked, "weight": looked}
        run.save_report(run.report | {"copying": {**copied, "by_k": []}})
        page = plain(said(visit("next_word", runs=run.id)))
        assert f"| 75.0 % | {'–' if looked is None else '90.0 %'} |" in page
    assert "of 120 places where the text repeats itself" in page


def test_one_alone_is_compared_with_nothing(empty_root, queue, visit):
    run = language_run(empty_root)
    finish_language(run)
    test = visit("next_word", runs=run.id)
    assert not test.exception and not [button for button in test.button if button.key == "compare"]


def test_trainings_of_the_other_kind_are_a_link(running, trained, queue, visit, said, empty_root):
    test = visit("train", runs=running[0].id)
    assert not test.exception and not test.progress
    link = next(link for link in test.get("page_link") if "of language models" in link.proto.label)
    assert link.proto.label == "1 of these trainings are of language models: show"
    assert running[0].id in link.proto.query_string


def test_an_address_with_no_such_training(empty_root, queue, visit):
    test = visit("next_word", runs="20200101-000000-abcdef")
    assert not test.exception and "there is no run 20200101-000000-abcdef" in test.error[0].value
    assert list_runs(empty_root) == []
