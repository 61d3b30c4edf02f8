"""The Compare page: one split, honest sentences, and duels beside runs of one's own choice."""

import shutil

import pytest

from model.runs.store import create_run
from model.studies.comparison import comparison
from model.studies.duel import DuelPlan, begin
from pages.components import caches, compare_choice


def _ids(trained, *names):
    return ",".join(trained[name].id for name in names)


def _bare(text):
    """Markdown as people read it."""
    return text.replace("\\", "")


def test_without_a_model_the_page_offers_a_duel(empty_root, visit, said):
    test = visit("compare")
    assert not test.exception
    assert "There is nothing to compare yet" in said(test)
    test.button(key="new-duel").click().run()
    assert test.query_params["new"] == "1" and "New duel" in said(test)


# -- runs of one's own choice ------------------------------------------------------------------------------------


def test_it_opens_with_a_plain_network_and_one_that_attends(root, trained, visit, said):
    test = visit("compare")
    assert not test.exception and not test.error
    assert test.selectbox(key="duel").value == "own"
    assert set(test.multiselect(key="compared").value) == {run.id for run in trained.values()}
    page = _bare(said(test))
    assert (
        "diagnostic:keyword:300 · 30 test texts · 2 sides, 2 seeds each · one split · at most 10 updates each" in page
    )
    assert "TF-IDF + logistic regression" in page and "They also differ in direction" in page
    assert len(test.get("plotly_chart")) == 6


def test_the_sentence_is_the_documents(root, trained, visit, said):
    document = comparison(list(trained.values()))
    test = visit("compare", runs=_ids(trained, *trained))
    place = document["headline"]["pair"]
    assert document["pairs"][place]["sentence"] in [_bare(header.value) for header in test.header]
    page = _bare(said(test))
    assert document["headline"]["sentence"].removeprefix(document["pairs"][place]["sentence"]).strip() in page
    assert all(note in page for note in document["headline"]["notes"])
    assert set(test.query_params["runs"].split(",")) == {run.id for run in trained.values()}


def test_all_seeds_of_a_network_are_added_at_once(root, trained, visit):
    test = visit("compare", runs=_ids(trained, "lstm 13", "bilstm-additive 13"))
    box = test.selectbox(key="add-side")
    assert box.options == [
        "LSTM · diagnostic:keyword:300 · 2 seeds",
        "BiLSTM + additive attention · diagnostic:keyword:300 · 2 seeds",
    ]
    box.select_index(1).run()
    assert not test.exception
    names = ("lstm 13", "bilstm-additive 13", "bilstm-additive 14")
    assert set(test.multiselect(key="compared").value) == {trained[name].id for name in names}
    assert test.selectbox(key="add-side").value is None
    assert test.selectbox(key="add-side").options == ["LSTM · diagnostic:keyword:300 · 2 seeds"]


def test_runs_on_different_texts_are_not_compared(root, trained, visit):
    spec = trained["lstm 13"].spec
    other = create_run(
        root,
        data={**spec["data"], "name": "other", "sha256": "0" * 64, "folder": None},
        settings=spec["settings"],
        versions=spec["versions"],
    )
    try:
        other.save_report(trained["lstm 13"].report)
        other.set_state("done")
        test = visit("compare", runs=f"{_ids(trained, 'lstm 13', 'bilstm-additive 13')},{other.id}")
        assert not test.exception
        assert "tested on different texts" in test.error[0].value
        assert not test.get("plotly_chart")
        test.button(key=f"only-{trained['lstm 13'].id}").click().run()
        assert not test.error and test.get("plotly_chart")
    finally:
        shutil.rmtree(other.folder)


def test_one_run_is_not_enough(root, trained, visit, said):
    test = visit("compare", runs=trained["lstm 13"].id)
    assert "Choose two runs or more" in said(test)


def test_two_seeds_of_one_network_are_one_side(root, trained, visit, said):
    test = visit("compare", runs=_ids(trained, "lstm 13", "lstm 14"))
    assert not test.exception and not test.error
    assert "LSTM gets" in _bare(said(test)) and len(test.get("plotly_chart")) == 2


def test_one_seed_a_side_says_what_its_interval_leaves_out(root, trained, visit, said):
    test = visit("compare", runs=_ids(trained, "lstm 13", "bilstm-additive 13"))
    page = _bare(said(test))
    assert "not the chance in each training" in page
    assert "The intervals cover other test texts alone" in page


def test_a_deleted_run_in_the_address_is_named(root, trained, visit):
    test = visit("compare", runs=f"{_ids(trained, 'lstm 13', 'lstm 14')},20200101-000000-abcdef")
    assert "there is no run 20200101-000000-abcdef" in test.error[0].value
    assert not test.exception


# -- duels -------------------------------------------------------------------------------------------------------


def test_a_finished_duel_is_what_the_page_opens_with(duel_root, dueled, visit, said):
    test = visit("compare")
    assert not test.exception and not test.error
    assert test.query_params["duel"] == dueled.id and "runs" not in test.query_params
    box = test.selectbox(key="duel")
    assert box.options[0].startswith("Duel on diagnostic:keyword:300 · 2 seeds · ") and box.options[1:] == [
        "Runs of my choice"
    ]
    page = _bare(said(test))
    assert "3 sides, 2 seeds each" in page and comparison(dueled.runs())["headline"]["sentence"][-60:] in page
    assert not test.multiselect


def test_a_link_to_runs_leaves_the_duel(duel_root, dueled, visit):
    test = visit("compare", duel=dueled.id)
    chosen = [run.id for run in dueled.runs()[:2]]
    test.query_params.clear()
    test.query_params["runs"] = ",".join(chosen)
    test.run()
    assert test.selectbox(key="duel").value == "own"
    assert test.multiselect(key="compared").value == chosen and "duel" not in test.query_params


def test_a_duel_that_is_gone_is_named(duel_root, visit):
    test = visit("compare", duel="20200101-000000-abcdef")
    assert "there is no duel 20200101-000000-abcdef" in test.error[0].value
    assert not test.exception
    assert not visit("compare", duel="../../etc").exception


def test_two_boxes_choose_the_pair_of_three_sides(duel_root, dueled, visit, said):
    test = visit("compare", duel=dueled.id)
    assert (test.selectbox(key="first").value, test.selectbox(key="second").value) == ("bilstm", "bilstm-additive")
    test.selectbox(key="first").select("bilstm-additive:uniform").run()
    assert not test.exception
    found = caches.pair(dueled.runs(), "bilstm-additive:uniform", "bilstm-additive")
    assert found["kind"] == "control" and found["sentence"] in _bare(said(test))
    assert test.query_params["first"] == "bilstm-additive:uniform"
    back = visit("compare", duel=dueled.id, first="bilstm-additive", second="bilstm")
    turned = caches.pair(dueled.runs(), "bilstm-additive", "bilstm")
    usual = caches.pair(dueled.runs(), "bilstm", "bilstm-additive")
    assert turned["sentence"] in _bare(said(back))
    gaps = [each["differences"]["accuracy"]["estimate"] for each in (turned, usual)]
    assert gaps[0] == pytest.approx(-gaps[1])


@pytest.mark.parametrize("face", ["texts", "growth", "stability", "audit"])
def test_every_face_is_drawn(duel_root, dueled, visit, face):
    test = visit("compare", duel=dueled.id, view=face)
    assert not test.exception and not test.error
    assert test.session_state["view"] == face
    assert test.query_params["view"] == face


def test_a_duel_that_trains_shows_its_trainings(queue, no_demos, monkeypatch, tmp_path, dueled, visit, said):
    monkeypatch.setenv("ATTENTION_LAB_RUNS", str(tmp_path))
    from model.data.diagnostic import generate

    plan = DuelPlan(presets=("lstm", "lstm-additive"), seeds=2, settings={"vectors": "none"})
    duel = begin(tmp_path, generate("keyword", rows=300), plan)
    test = visit("compare", duel=duel.id)
    assert not test.exception and not test.error
    assert "| LSTM | waits | waits |" in _bare(said(test))
    assert "0 of 4 trainings done · 4 waiting" in test.get("progress")[0].proto.text
    assert not test.get("plotly_chart")
    test.button(key="cancel-duel").click().run()
    assert duel.state == "stopped" and "It was cancelled." in said(test).replace("\\", "")
    test.button(key="resume-duel").click().run()
    assert duel.state == "training"


def test_a_duel_can_be_forgotten_without_its_trainings(no_demos, monkeypatch, tmp_path, dueled, visit):
    root = tmp_path / "copy"
    shutil.copytree(dueled.root, root)
    monkeypatch.setenv("ATTENTION_LAB_RUNS", str(root))
    test = visit("compare", duel=dueled.id)
    test.button(key="delete-duel").click().run()
    assert not test.exception
    assert not (root / "duels" / f"{dueled.id}.json").exists()
    assert all((root / run.id / "report.json").exists() for run in dueled.runs())
    assert test.selectbox(key="duel").value == compare_choice.OWN
