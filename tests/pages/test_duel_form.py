"""The form of a duel, and its trainings while they run: what is begun is what the controls said."""

import pytest

from model.data.diagnostic import generate
from model.studies.duel import DuelPlan, begin, list_duels
from model.studies.training import execute
from pages.components import duel_progress, session
from pages.components.duel_progress import Mark, time_left

TASK = {"new": "1", "data": "Generated", "task": "diagnostic:keyword"}


@pytest.fixture
def still(monkeypatch):
    """No measuring process: how long trainings take is another test's business."""
    asked = []

    def estimate(data, settings, *, seeds, places):
        asked.append({"settings": settings, "seeds": seeds, "places": places})

    from pages.components import duel_form

    monkeypatch.setattr(duel_form, "time_estimate", estimate)
    return asked


@pytest.fixture
def form(empty_root, queue, still, visit, read):
    """The form with 300 generated texts, read."""
    test = visit("compare", **TASK)
    test.number_input(key="rows").set_value(300)
    read(test)
    assert not test.button(key="start-duel").disabled
    return test


def _bare(text):
    return text.replace("\\", "")


def test_it_opens_with_a_fair_duel(form, still, said):
    assert not form.exception and not form.error
    page = _bare(said(form))
    assert "20 trainings: 4 sides × 5 seeds." in page.replace("**", "")
    assert "the seeds 13 to 17" in page and "at most" in page
    assert "| BiLSTM + additive attention | 64 | " in page and "the reference" in page
    sizes = [line.split(" | ")[3] for line in page.splitlines() if line.startswith(("| LSTM |", "| BiLSTM |"))]
    assert all(abs(float(size.removesuffix(" % |").replace("−", "-"))) <= 5 for size in sizes) and len(sizes) == 2
    assert still[-1]["seeds"] == 5 and still[-1]["places"] == 2
    names = [(each["preset"], each["attention_weights"]) for each in still[-1]["settings"]]
    assert names == [
        ("lstm", "learned"),
        ("bilstm", "learned"),
        ("bilstm-additive", "learned"),
        ("bilstm-additive", "uniform"),
    ]


def test_one_button_begins_it(form, empty_root, said):
    form.number_input(key="duel-seeds").set_value(2).run()
    form.text_input(key="duel-title").set_value("My <b>duel</b>").run()
    form.button(key="start-duel").click().run()
    (duel,) = list_duels(empty_root)
    assert duel.plan == DuelPlan(seeds=2, settings=duel.plan.settings) and duel.title == "My <b>duel</b>"
    assert duel.plan.settings["batch_size"] != 48  # as suggested for so few texts
    assert not form.exception and not form.error
    assert form.query_params["duel"] == duel.id and "new" not in form.query_params
    assert "0 of 8 trainings done · 8 waiting" in form.get("progress")[0].proto.text


def test_every_control_counts(form, empty_root, still, said):
    form.toggle(key="duel-control").set_value(False)
    form.number_input(key="duel-seeds").set_value(3)
    form.number_input(key="duel-search").set_value(4)
    form.session_state["duel-attention"] = ["lstm-additive", "bilstm-dot"]
    form.session_state["duel-match"] = "sizes"
    form.session_state["duel-shares"] = ["30 %", "10 %"]
    form.run()
    assert not form.exception and not form.error
    page = _bare(said(form)).replace("**", "")
    assert "52 trainings: 4 sides × 3 seeds × 3 sizes of the training texts + 4 × 4 for the search." in page
    assert still[-1]["seeds"] == 13
    assert "With the same hidden size the parameters differ" in page
    form.button(key="start-duel").click().run()
    (duel,) = list_duels(empty_root)
    assert duel.plan.presets == ("lstm", "bilstm", "lstm-additive", "bilstm-dot")
    assert (duel.plan.seeds, duel.plan.match, duel.plan.search, duel.plan.shares) == (3, "sizes", 4, (0.1, 0.3))
    assert duel.state == "search"
    page = _bare(said(form))
    assert (
        "| | candidate 1 | candidate 2 | candidate 3 | candidate 4 |" in page and "candidates of the search" in page
    )


def test_one_seed_is_refused_with_the_reason(form, said):
    form.number_input(key="duel-seeds").set_value(1).run()
    assert "One seed cannot tell" in said(form) and form.button(key="start-duel").disabled


def test_no_attention_is_refused(form, said):
    form.session_state["duel-attention"] = []
    form.run()
    assert "at least one kind of attention" in said(form) and form.button(key="start-duel").disabled


def test_a_search_of_one_is_refused(form):
    form.number_input(key="duel-search").set_value(1).run()
    assert "one candidate leaves nothing to choose" in form.error[0].value
    assert form.button(key="start-duel").disabled


def test_attention_weights_are_no_option_of_a_duel(form):
    assert "option-attention_weights" not in [str(box.key) for box in form.selectbox]
    assert form.number_input(key="option-hidden_size").value == 64


def test_a_server_that_starts_nothing_says_so(form, queue, said):
    queue.trouble = "another server works on these runs"
    form.run()
    assert queue.trouble in said(form) and form.button(key="start-duel").disabled


# -- under way ---------------------------------------------------------------------------------------------------


def test_the_time_left_is_that_of_the_rest_on_all_places():
    marks = [Mark("", "done", 0.0, 60.0), Mark("", "running", 20.0, 40.0), Mark("", "waiting")]
    # 20 s of the running one and 6 x 50 s, two at a time
    assert time_left(marks, 6, 2) == pytest.approx((20 + 6 * 50) / 2)
    assert time_left(marks, 0, 8) == 20.0  # no sooner than the one that runs
    assert time_left([Mark("", "waiting")], 3, 2) is None


@pytest.fixture
def halfway(no_demos, queue, monkeypatch, tmp_path):
    """A duel of two sides and two seeds with the first seed done."""
    monkeypatch.setenv("ATTENTION_LAB_RUNS", str(tmp_path))
    settings = {"vectors": "none", "hidden_size": 8, "embedding_size": 8, "epochs": 1}
    plan = DuelPlan(presets=("bilstm", "bilstm-additive"), seeds=2, settings=settings)
    duel = begin(tmp_path, generate("keyword", rows=300), plan, owner="f" * 64)
    for run in duel.runs()[:2]:
        execute(run)
    return duel


def test_finished_trainings_show_their_validation_accuracy(halfway, visit, said):
    test = visit("compare", duel=halfway.id)
    assert not test.exception and not test.error
    shown = [f"{100 * run.report['validation']['accuracy']:.1f} %" for run in halfway.runs()[:2]]
    page = _bare(said(test))
    assert (
        f"| BiLSTM | {shown[0]} | waits |" in page and f"| BiLSTM + additive attention | {shown[1]} | waits |" in page
    )
    assert "2 of 4 trainings done · 2 waiting" in test.get("progress")[0].proto.text


def test_only_its_owner_cancels_it(halfway, visit, said, monkeypatch):
    test = visit("compare", duel=halfway.id)
    assert "Somebody else's duel" in said(test)
    assert "cancel-duel" not in [button.key for button in test.button]
    monkeypatch.setattr(session, "visitor", lambda: "f" * 64)
    test = visit("compare", duel=halfway.id)
    test.button(key="cancel-duel").click().run()
    assert halfway.state == "stopped"


def test_seeds_that_all_sides_have_are_looked_at(halfway):
    first = [run.id for run in halfway.runs()[:2]]
    assert duel_progress._finished(halfway) == first
    execute(halfway.runs()[2])  # the second seed of one side alone
    assert duel_progress._finished(halfway) == first


def test_one_that_failed_is_named_beside_the_rest(halfway, visit, said, monkeypatch):
    monkeypatch.setattr(session, "visitor", lambda: "f" * 64)
    execute(halfway.runs()[2])
    halfway.runs()[3].set_state("failed", message="the disk was full")
    assert halfway.state == "done"
    test = visit("compare", duel=halfway.id)
    assert not test.exception and not test.error and test.get("plotly_chart")
    assert "1 of 4 trainings of this duel did not finish" in said(test)
    test.button(key="resume-duel").click().run()
    assert halfway.state == "training"
