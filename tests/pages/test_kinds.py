"""Classifiers and language models in one library: each on the pages that are for it, and on no others."""

import shutil

import pytest

from model.runs.kinds import LANGUAGE_MODEL
from model.runs.run import Run
from model.runs.store import list_runs
from pages.components import session, words
from pages.components.run_kinds import compare_link, kind_of
from pages.components.run_picker import label
from tests.runs.language_runs import finish_language, language_run


@pytest.fixture
def languages(no_demos, monkeypatch, tmp_path):
    """Two finished language models in a library of their own."""
    monkeypatch.setenv("ATTENTION_LAB_RUNS", str(tmp_path / "library"))
    runs = [language_run(tmp_path / "library", preset=preset) for preset in ("lstm-attention-lm", "lstm-lm")]
    for run, perplexity in zip(runs, (45.6, 123.4), strict=True):
        finish_language(run, perplexity=perplexity)
    return runs


@pytest.fixture
def both(languages, trained):
    """The same, with a classifier beside them."""
    classifier = trained["bilstm-additive 13"]
    shutil.copytree(classifier.folder, languages[0].folder.parent / classifier.id)
    return [*languages, Run(languages[0].folder.parent / classifier.id)]


def test_each_page_has_its_kind(both, no_demos):
    attending, plain, classifier = both
    assert [run.id for run in session.finished_runs()] == [classifier.id]
    assert {run.id for run in session.finished_language_models()} == {attending.id, plain.id}
    waiting = language_run(attending.folder.parent)
    assert session.unfinished_runs() == []
    assert [run.id for run in session.unfinished_runs(LANGUAGE_MODEL)] == [waiting.id]
    assert waiting.id not in [run.id for run in session.finished_language_models()]


def test_a_run_in_one_line(both):
    assert label(both[0]) == f"{both[0].title} · perplexity 45.6"
    assert label(both[2]).endswith(" %") and "accuracy" not in label(both[2])
    assert [words.attends(run) for run in both] == [True, False, True]


@pytest.mark.parametrize(
    "value, shown",
    [(1.803, "1.80"), (9.99, "9.99"), (12.34, "12.3"), (123.4, "123"), (12345.6, "12,346"), (None, "∞")],
)
def test_a_perplexity_in_as_many_digits_as_mean_something(value, shown):
    assert words.perplexity(value) == shown


def test_where_runs_of_a_kind_are_compared(both):
    assert compare_link("classifier", ["a", "b"]) == ("compare.py", {"runs": "a,b"})
    assert compare_link(LANGUAGE_MODEL, ["a", "b"]) == ("next_word.py", {"face": "compare", "compare": "a,b"})
    assert kind_of(both[0]).reading == kind_of(both[0]).training == "next_word.py"


# -- the library -----------------------------------------------------------------------------------------------------


def test_cards_of_both_kinds(both, visit, said):
    test = visit("models")
    assert not test.exception
    page = said(test)
    assert "**Perplexity 45.6**" in page and "**Perplexity 123**" in page and "per word of the test text" in page
    assert page.count("of test texts right") == 1
    assert [link.value for link in test.page_link].count("Next word") == 2
    assert [link.value for link in test.page_link].count("Read") == 1
    for wanted, found in (("language model", 2), ("classifier", 1), ("next word", 0)):
        test.text_input(key="search").set_value(wanted).run()
        assert len(test.get("menu_button")) == found, wanted


def test_sorting_by_perplexity_puts_classifiers_last(both, visit):
    attending, plain, classifier = both
    test = visit("models")
    test.selectbox(key="order").set_value("Perplexity").run()
    assert [box.key for box in test.checkbox] == [f"compare-{run.id}" for run in (attending, plain, classifier)]
    test.selectbox(key="order").set_value("Accuracy").run()
    assert test.checkbox[0].key == f"compare-{classifier.id}"


def test_only_runs_of_one_kind_are_compared(both, visit, said):
    attending, plain, classifier = both
    test = visit("models")
    test.checkbox(key=f"compare-{attending.id}").check().run()
    test.checkbox(key=f"compare-{plain.id}").check().run()
    link = test.page_link[0]
    assert link.value == "Compare 2 chosen" and not link.proto.disabled
    assert "face=compare" in link.proto.query_string and attending.id in link.proto.query_string
    test.checkbox(key=f"compare-{classifier.id}").check().run()
    assert not any(link.value.startswith("Compare") for link in test.page_link)
    assert "Classifiers and language models are not compared with each other" in said(test)


def test_what_does_not_fit_a_language_model_is_not_offered(both, visit, said):
    offered = []
    for wanted in ("language model", "classifier"):
        test = visit("models")
        test.text_input(key="search").set_value(wanted).run()
        test.get("menu_button")[0].set_value("Take along").run()
        assert not test.exception and not test.error
        offered.append([name for name in ("bundle", "script", "model card") if f"**The {name}**" in said(test)])
    assert offered == [["bundle"], ["bundle", "script", "model card"]]


def test_a_language_model_goes_round_as_a_bundle(languages, visit, tmp_path):
    from model.runs.bundle import bundle

    packed = bundle(languages[0].folder, tmp_path / "bundle.zip").read_bytes()
    shutil.rmtree(languages[0].folder)
    test = visit("models")
    test.file_uploader(key="bundle").upload("bundle.zip", packed, "application/zip")
    test.button(key="add-bundle").click().run()
    assert not test.exception and not test.error and "Added" in test.success[0].value
    assert len(list_runs(languages[0].folder.parent)) == 2


def test_an_interrupted_training_is_shown_where_it_is_watched(no_demos, monkeypatch, tmp_path, visit, queue):
    monkeypatch.setenv("ATTENTION_LAB_RUNS", str(tmp_path / "library"))
    language_run(tmp_path / "library")
    test = visit("models")
    assert [link.value for link in test.page_link] == ["Show"] and "next_word" in test.page_link[0].proto.page


# -- pages for classifiers -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["read", "trust", "compare"])
@pytest.mark.parametrize("library", ["languages", "both"])
def test_a_page_for_classifiers_says_where_a_language_model_is_read(place, library, request, visit, said):
    runs = request.getfixturevalue(library)
    test = visit(place, **{"runs" if place == "compare" else "run": runs[0].id})
    assert not test.exception and not test.error
    assert "is a language model, which has a page of its own" in said(test).replace("\\", "")
    link = next(link for link in test.page_link if link.value == "Open it in Next word")
    assert "next_word" in link.proto.page and runs[0].id in link.proto.query_string


@pytest.mark.usefixtures("both")
def test_none_of_them_is_offered_there(visit):
    for page, key in (("read", "run"), ("read", "beside"), ("trust", "run"), ("compare", session.COMPARED)):
        test = visit(page)
        assert not test.exception
        boxes = [*test.selectbox, *test.multiselect]
        options = next(box.options for box in boxes if box.key == key)
        assert not any("perplexity" in option or "-lm" in option for option in options), (page, key)


# -- trainings -------------------------------------------------------------------------------------------------------


def test_a_training_tells_perplexity_and_tokens(no_demos, monkeypatch, tmp_path, visit, queue, said):
    monkeypatch.setenv("ATTENTION_LAB_RUNS", str(tmp_path / "library"))
    run = language_run(tmp_path / "library")
    checked = {"loss": 4.0, "perplexity": 54.6, "tokens": 90}
    run.append_event({"kind": "boot", "device": "cpu", "epochs": 2, "tokens": 500, "resumed_after": 0})
    run.append_event({
        "kind": "epoch", "epoch": 1, "train": {"loss": 5.0, "perplexity": 148.4}, "validation": checked,
        "learning_rate": 0.002, "tokens_per_second": 8000.0, "seconds": 0.1, "averaging": False,
    })  # fmt: skip
    run.append_event({
        "kind": "progress", "epoch": 2, "share": 0.5, "loss": 4.5, "perplexity": 90.0, "tokens_per_second": 8123.4,
        "learning_rate": 0.002,
    })  # fmt: skip
    run.set_state("running")
    test = visit("next_word", runs=run.id)
    assert not test.exception
    shown = " ".join(bar.text for bar in test.get("progress"))
    for part in ("perplexity 90.0", "validation 54.6", "8,123 tokens/s", "epoch 2 of 2"):
        assert part in shown.replace("\\", ""), shown


def test_a_finished_training_is_read_on_the_page_for_next_words(languages, visit, queue, said):
    run = languages[0]
    test = visit("next_word", runs=run.id)
    assert not test.exception
    shown = " ".join(bar.text for bar in test.get("progress")).replace("\\", "")
    assert "test perplexity 45.6" in shown and "5,000 tokens/s" in shown
    found = [link for link in test.page_link if link.value == "Next word"]
    assert found and f"run={run.id}" in found[0].proto.query_string
    assert not any(link.value == "Trust" for link in test.page_link)
