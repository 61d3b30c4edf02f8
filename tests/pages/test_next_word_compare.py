"""The face that compares language models: what is drawn is the document's, and every state has its words."""

import json
import shutil
from dataclasses import replace

import pytest

from model.data.corpora import load_corpus_by_name
from model.studies.language_comparison import language_comparison
from model.studies.language_training import execute_language, prepare_language
from pages.components import next_word_compare_charts as drawings
from tests.pages.language_models import SMALL

PLAIN, ATTENDING = "lstm-lm", "lstm-attention-lm"


def _train(root, data, presets, seeds):
    settings = replace(SMALL, hidden_size=6, embedding_size=6, segment=50, learning_rate=0.02)
    runs = prepare_language(root, load_corpus_by_name(data), presets=presets, seeds=seeds, settings=settings)
    for run in runs:
        execute_language(run)
    return runs


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    """By what they are: two networks of two seeds on one text, and one on another, shorter one."""
    root = tmp_path_factory.mktemp("compared")
    runs = _train(root, "repeat:31000", [PLAIN, ATTENDING], 2)
    (other,) = _train(root, "repeat:3000", [PLAIN], 1)
    return {f"{run.spec['preset']} {run.spec['seed']}": run for run in runs} | {"other": other}


@pytest.fixture
def compared_root(compared, no_demos, monkeypatch):
    folder = compared["other"].folder.parent
    monkeypatch.setenv("ATTENTION_LAB_RUNS", str(folder))
    return folder


@pytest.fixture(scope="module")
def document(compared):
    return language_comparison([run for name, run in compared.items() if name != "other"])


def ids(compared, *names):
    return ",".join(compared[name].id for name in names)


def _bare(text):
    return text.replace("\\", "")


# -- the drawings ------------------------------------------------------------------------------------------------


def _dots(figure):
    return [value for trace in figure.data if trace.mode == "markers" and trace.customdata for value in trace.x]


def test_every_seed_and_what_counting_reaches_are_on_one_chart(document):
    figure = drawings.perplexities(document)
    drawn, told = _dots(figure), " ".join(annotation.text for annotation in figure.layout.annotations)
    for side in document["sides"]:
        assert set(side["perplexity"]["seeds"]) <= set(drawn)
        assert side["name"] in told and f"{side['parameters_without_embeddings']:,} parameters" in told
    for found in document["baselines"].values():
        shown = found["perplexity"] in drawn or drawings.scale_of(50).value(found["perplexity"]) in told
        assert found["name"] in told and shown
    low, high = figure.layout.xaxis.range
    assert all(low <= value <= high for value in drawn)
    bands = [list(trace.x) for trace in figure.data if trace.mode == "lines"]
    assert [side["perplexity"][end] for side in document["sides"][:1] for end in ("low", "high")] in bands


def test_without_intervals_there_are_no_bands(document):
    short = [{**side, "perplexity": {**side["perplexity"], "low": None, "high": None}} for side in document["sides"]]
    assert not [trace for trace in drawings.perplexities({**document, "sides": short}).data if trace.mode == "lines"]


def test_changes_are_in_percent_with_all_tokens_first(document):
    pair = document["pairs"][0]
    figure = drawings.changes(pair, "distance", document)
    rows = [row for row in pair["slices"]["distance"] if row["note"] is None]
    assert 0 < len(rows) < len(pair["slices"]["distance"])  # of the rest only the table tells
    points = [pair["change"]["estimate"], *(row["change"]["estimate"] for row in rows)]
    assert list(figure.data[-1].x) == pytest.approx([100 * point for point in points])
    labels = list(figure.layout.yaxis.ticktext)
    assert labels[0] == f"all · {document['data']['test']:,}"
    assert labels[1] == f"{rows[0]['title']} · {rows[0]['tokens']:,}"
    bands = [list(trace.x) for trace in figure.data if trace.mode == "lines"]
    assert bands[0] == pytest.approx([100 * pair["change"][end] for end in ("low", "high")])
    assert len(bands) == 1 + len(rows)
    first, second = (side["perplexity"]["estimate"] for side in document["sides"])
    assert figure.data[-1].customdata[0].startswith(f"{first:.2f} → {second:.2f}: ")


def test_copying_is_a_line_a_side_in_a_band_of_its_seeds(document):
    figure = drawings.copied(document["sides"], document, value="right")
    lines = [trace for trace in figure.data if trace.mode == "lines+markers"]
    bands = [trace for trace in figure.data if trace.fill == "toself"]
    for side, line, band in zip(document["sides"], lines, bands, strict=True):
        rows = side["copying"]["by_k"]
        assert list(line.x) == [row["k"] for row in rows] and list(line.y) == [row["right"] for row in rows]
        assert list(band.y) == [row["high"] for row in rows] + [row["low"] for row in reversed(rows)]
    weight = drawings.copied(document["sides"][1:], document, value="weight")
    assert list(weight.data[0].y) == [row["weight"] for row in document["sides"][1]["copying"]["by_k"]]


@pytest.mark.parametrize(("perplexity", "shown"), [(4.5123, "4.512"), (45.123, "45.12"), (145.17, "145.2")])
def test_perplexities_are_written_as_in_the_sentences(perplexity, shown):
    assert drawings.scale_of(perplexity).value(perplexity) == shown


# -- the page ----------------------------------------------------------------------------------------------------


def test_the_face_opens_with_a_network_with_attention_and_one_without(compared_root, compared, document, visit, said):
    test = visit("next_word", face="compare")
    assert not test.exception and not test.error
    chosen = {run.id for name, run in compared.items() if name != "other"}
    assert set(test.session_state["compare-chosen"]) == chosen
    page = _bare(said(test))
    assert document["pairs"][0]["sentence"] in page
    assert all(note in page for note in document["headline"]["notes"])
    assert "2 sides, 2 seeds each" in page and "vocabulary of 53" in page
    for row in document["pairs"][0]["slices"]["distance"]:
        assert f"| {row['title']} | {row['tokens']:,} |" in page
    assert document["pairs"][0]["where"]["distance"] in page
    places = document["sides"][0]["copying"]["places"]
    assert f"{places:,} places of the test text are decided" in page
    assert "five nearest words that it can look back at; spread evenly" in page


def test_the_address_names_the_models(compared_root, compared, visit, said):
    test = visit("next_word", face="compare", compare=ids(compared, f"{PLAIN} 13", f"{ATTENDING} 13"))
    assert not test.exception
    assert "On this text the trained" in said(test) or "This text cannot tell the trained" in _bare(said(test))
    assert test.query_params["compare"] == ids(compared, f"{PLAIN} 13", f"{ATTENDING} 13")


def test_all_seeds_of_a_network_are_added_at_once(compared_root, compared, visit):
    test = visit("next_word", face="compare", compare=ids(compared, f"{ATTENDING} 13"))
    test.selectbox(key="add-side").select_index(1).run()
    assert not test.exception
    assert set(test.session_state["compare-chosen"]) == {
        run.id for name, run in compared.items() if name.startswith(ATTENDING)
    }


def test_one_model_alone_has_its_figure(compared_root, compared, visit, said):
    test = visit("next_word", face="compare", compare=ids(compared, "other"))
    page = _bare(said(test))
    assert not test.exception and "LSTM language model has perplexity" in page
    assert "too short for intervals" in page and "Where the difference lies" not in page
    assert "How far attention reaches" not in page


def test_models_that_do_not_go_together_are_an_error(compared_root, compared, visit):
    test = visit("next_word", face="compare", compare=ids(compared, f"{PLAIN} 13", "other"))
    assert not test.exception
    assert "so their perplexities say nothing about each other" in test.error[0].value


def test_a_model_that_is_gone_is_told(compared_root, compared, visit):
    test = visit("next_word", face="compare", compare=f"20260101-000000-abcdef,{compared['other'].id}")
    assert not test.exception and "20260101-000000-abcdef" in test.error[0].value
    assert test.session_state["compare-chosen"] == [compared["other"].id]


def test_nothing_chosen_asks_for_a_choice(compared_root, visit, said):
    test = visit("next_word", face="compare")
    test.multiselect(key="compare-chosen").set_value([]).run()
    assert not test.exception and "Choose a model or more." in said(test)


def test_any_two_of_three_sides_can_be_chosen(compared_root, compared, visit, said):
    """A third side, made of a run's folder under another preset's name."""
    run = compared[f"{PLAIN} 13"]
    folder = run.folder.parent / "20990101-000000-aaaaaa"
    _copy(run, folder, preset="awd-lstm-lm")
    try:
        chosen = ids(compared, f"{PLAIN} 13", f"{ATTENDING} 13") + f",{folder.name}"
        test = visit("next_word", face="compare", compare=chosen, first="awd-lstm-lm", second=PLAIN)
        assert not test.exception and not test.error
        assert "LSTM language model from the trained AWD-LSTM language model: 0.0 %" in _bare(said(test))
    finally:
        shutil.rmtree(folder)


def test_a_model_deleted_meanwhile_is_left_out(compared_root, compared, visit):
    run = compared[f"{PLAIN} 13"]
    folder = run.folder.parent / "20990101-000000-bbbbbb"
    _copy(run, folder, preset="awd-lstm-lm")
    test = visit("next_word", face="compare", compare=f"{run.id},{folder.name}")
    shutil.rmtree(folder)
    test.run()
    assert not test.exception and test.session_state["compare-chosen"] == [run.id]


def _copy(run, folder, *, preset):
    shutil.copytree(run.folder, folder)
    spec = json.loads((folder / "spec.json").read_text())
    spec["id"], spec["title"], spec["preset"] = folder.name, "A copy", preset
    spec["settings"]["preset"] = preset
    (folder / "spec.json").write_text(json.dumps(spec))
