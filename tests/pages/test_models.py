"""The Models page: the library, with every action and its error as a sentence."""

import json
import shutil

import pytest

from model.runs.bundle import bundle
from model.runs.run import Run
from model.runs.store import delete_run, deleted_runs, list_runs, rename_run
from pages.components import session


@pytest.fixture
def library(trained, no_demos, monkeypatch, tmp_path):
    """Copies of two runs, to be renamed and deleted."""
    root = tmp_path / "library"
    for name in ("lstm 13", "bilstm-additive 13"):
        shutil.copytree(trained[name].folder, root / trained[name].id)
    monkeypatch.setenv("ATTENTION_LAB_RUNS", str(root))
    return root


def shown(test) -> int:
    """How many cards of runs there are."""
    return len(test.get("menu_button"))


def own(folder, owner):
    """Make a run somebody's."""
    spec = json.loads((folder / "spec.json").read_text())
    (folder / "spec.json").write_text(json.dumps({**spec, "owner": owner}))


ME, YOU = "a" * 64, "b" * 64


def test_an_empty_library(empty_root, visit, said):
    test = visit("models")
    assert not test.exception
    assert "There is no model yet" in said(test)


def test_every_run_has_its_card(library, trained, visit, said):
    test = visit("models")
    assert not test.exception
    page = said(test).replace("\\", "")
    assert page.count("of test texts right") == 2
    assert "BiLSTM + additive attention" in page and "keyword" in page and "seed 13" in page
    assert [link.value for link in test.page_link] == ["Read", "Read"]


def test_a_title_is_shown_as_typed(library, trained, visit, said):
    rename_run(Run(library / trained["lstm 13"].id), title="**bold** ![x](http://e.x/y.png) <b>")
    page = said(visit("models"))
    assert r"\*\*bold\*\* \!\[x\]" in page and r"\<b\>" in page


def test_searching(library, visit, said):
    test = visit("models")
    test.text_input(key="search").set_value("additive keyword").run()
    assert shown(test) == 1
    test.text_input(key="search").set_value("nothing like it").run()
    assert "No model matches" in said(test) and shown(test) == 0


def test_choosing_runs_to_compare(library, trained, visit):
    test = visit("models")
    first, second = (trained[name].id for name in ("lstm 13", "bilstm-additive 13"))
    test.checkbox(key=f"compare-{first}").check().run()
    assert test.page_link[0].proto.disabled
    test.checkbox(key=f"compare-{second}").check().run()
    assert test.page_link[0].value == "Compare 2 chosen" and not test.page_link[0].proto.disabled


def test_demo_runs_are_marked_and_kept(library, trained, visit, said, monkeypatch, tmp_path):
    demos = tmp_path / "demos"
    shutil.copytree(library / trained["lstm 13"].id, demos / trained["lstm 13"].id)
    monkeypatch.setattr(session, "DEMO_ROOT", demos)
    monkeypatch.setattr("model.runs.run.DEMO_ROOT", demos)
    shutil.rmtree(library)
    test = visit("models")
    assert not test.exception
    assert ":gray-badge[demo]" in said(test)
    menu = test.get("menu_button")[0]
    assert list(menu.proto.options) == ["Take along"]


def test_a_failed_run_says_why(library, trained, visit, said):
    run = Run(library / trained["lstm 13"].id)
    (run.folder / "state.json").unlink()
    (run.folder / "report.json").unlink()
    page = said(visit("models"))
    assert "state\\.json is missing" in page


def test_a_bundle_goes_round(library, trained, visit, said, tmp_path):
    run = Run(library / trained["bilstm-additive 13"].id)
    packed = bundle(run.folder, tmp_path / "bundle.zip").read_bytes()
    shutil.rmtree(run.folder)
    test = visit("models")
    test.file_uploader(key="bundle").upload("bundle.zip", packed, "application/zip")
    test.button(key="add-bundle").click().run()
    assert not test.exception and not test.error
    assert "Added" in test.success[0].value
    assert len(list_runs(library)) == 2


@pytest.mark.parametrize("content", [b"not a zip", b""])
def test_what_is_no_bundle_is_refused_in_a_sentence(library, visit, content):
    test = visit("models")
    test.file_uploader(key="bundle").upload("bundle.zip", content, "application/zip")
    test.button(key="add-bundle").click().run()
    assert not test.exception
    assert test.error[0].value
    assert len(list_runs(library)) == 2


def test_searching_in_tags_and_notes_and_by_tag(library, trained, visit, said):
    first, second = (Run(library / trained[name].id) for name in ("lstm 13", "bilstm-additive 13"))
    rename_run(first, tags=["Baseline", "*odd*"], notes="ask Mei")
    rename_run(second, tags=["baseline"])
    test = visit("models")
    for wanted, found in (("baseline", 2), ("mei", 1), ("odd baseline", 1), ("nobody", 0)):
        test.text_input(key="search").set_value(wanted).run()
        assert shown(test) == found, wanted
    test.text_input(key="search").set_value("").run()
    pills = test.button_group(key="tags")
    assert pills.options == ["baseline", r"\*odd\*"]  # one spelling, the most used first
    pills.set_value(["baseline"]).run()
    assert shown(test) == 2
    pills.set_value(["baseline", "*odd*"]).run()
    assert shown(test) == 1 and ":violet-badge[\\*odd\\*]" in said(test)


def test_sorting(library, trained, visit):
    one, two = (Run(library / trained[name].id) for name in ("lstm 13", "bilstm-additive 13"))
    rename_run(one, title="b")
    rename_run(two, title="A")
    for run, accuracy in ((one, 0.5), (two, 0.9)):
        report = run.report
        report["test"]["accuracy"] = accuracy
        run.save_report(report)
    (one.folder / "ballast").write_bytes(bytes(5_000_000))
    test = visit("models")
    orders = {
        "Newest": [two, one],
        "Accuracy": [two, one],
        "Perplexity": [two, one],  # neither has one
        "Name": [two, one],
        "Size": [one, two],
        "Data": [two, one],
    }
    assert set(test.selectbox(key="order").options) == {f"Sort: {order.lower()}" for order in orders}
    for order, wanted in orders.items():
        test.selectbox(key="order").set_value(order).run()
        keys = [box.key for box in test.checkbox]
        assert keys == [f"compare-{run.id}" for run in wanted], order


def test_own_runs_first_and_other_peoples_only_to_look_at(library, trained, visit, said, monkeypatch):
    mine, theirs = trained["lstm 13"], trained["bilstm-additive 13"]  # theirs is the newer one
    own(library / mine.id, ME)
    own(library / theirs.id, YOU)
    monkeypatch.setattr(session, "visitor", lambda: ME)
    test = visit("models")
    assert [box.key for box in test.checkbox] == [f"compare-{mine.id}", f"compare-{theirs.id}"]
    menus = [list(menu.proto.options) for menu in test.get("menu_button")]
    assert menus == [["Take along", "Name, tags, notes", "Delete"], ["Take along"]]
    page = said(test)
    assert page.index("**Yours** · 1") < page.index("**Other people’s** · 1")
    assert page.count(":gray-badge[somebody else’s]") == 1
    test.checkbox(key=f"compare-{theirs.id}").check().run()
    assert not [button for button in test.button if button.key == "delete-chosen"]


def test_no_headings_where_all_is_of_one_kind(library, visit, said):
    assert "**Everybody’s**" not in said(visit("models"))


def test_deleting_and_undoing(library, trained, visit, said):
    test = visit("models")
    for name in ("lstm 13", "bilstm-additive 13"):
        test.checkbox(key=f"compare-{trained[name].id}").check().run()
    test.button(key="delete-chosen").click().run()
    assert not test.exception and shown(test) == 0 and len(deleted_runs(library)) == 2
    assert "Deleted 2 models." in said(test)
    test.button(key="undo").click().run()
    assert not test.exception and shown(test) == 2 and deleted_runs(library) == []
    assert "Deleted" not in said(test)
    assert not [button for button in test.button if button.key == "delete-chosen"]  # nothing is chosen any more


def test_bringing_back_and_emptying(library, trained, visit, said):
    first, second = (Run(library / trained[name].id) for name in ("lstm 13", "bilstm-additive 13"))
    rename_run(first, title="**first**")
    delete_run(first)
    delete_run(second)
    test = visit("models")
    assert r"\*\*first\*\*" in said(test)
    test.button(key=f"restore-{first.id}").click().run()
    assert [run.id for run in list_runs(library)] == [first.id]
    test.button(key="empty-trash").click().run()
    assert deleted_runs(library) == [] and not [b for b in test.button if b.key == "empty-trash"]


def test_what_others_deleted_is_theirs(library, trained, visit, monkeypatch):
    run = Run(library / trained["lstm 13"].id)
    own(run.folder, YOU)
    delete_run(Run(run.folder))
    monkeypatch.setattr(session, "visitor", lambda: ME)
    test = visit("models")
    assert not [button for button in test.button if button.key.startswith("restore-")]


def test_deleting_what_is_trained_meanwhile_is_refused_in_a_sentence(library, trained, visit, said):
    run = Run(library / trained["lstm 13"].id)
    test = visit("models")
    test.checkbox(key=f"compare-{run.id}").check().run()
    with run.claim():
        test.button(key="delete-chosen").click().run()
    assert not test.exception and "is being trained" in test.error[0].value and shown(test) == 2


@pytest.mark.parametrize("state", ["failed", "cancelled", "interrupted"])
def test_an_unfinished_run_can_be_resumed(library, trained, visit, queue, monkeypatch, state):
    run = Run(library / trained["lstm 13"].id)
    (run.folder / "state.json").unlink()
    run.set_state(state, message="because")
    resumed = []
    monkeypatch.setattr(queue, "resume", lambda run, *, by: resumed.append((run.id, by)))
    test = visit("models")
    assert not test.exception
    test.button(key=f"resume-{run.id}").click().run()
    assert resumed == [(run.id, None)]


def test_somebody_elses_cannot_be_resumed(library, trained, visit, monkeypatch):
    run = Run(library / trained["lstm 13"].id)
    (run.folder / "state.json").unlink()
    own(run.folder, YOU)
    run.set_state("cancelled")
    monkeypatch.setattr(session, "visitor", lambda: ME)
    test = visit("models")
    assert not [button for button in test.button if button.key.startswith("resume-")]


def test_an_uploaded_bundle_is_the_visitors(library, trained, visit, monkeypatch, tmp_path):
    run = Run(library / trained["lstm 13"].id)
    packed = bundle(run.folder, tmp_path / "bundle.zip").read_bytes()
    shutil.rmtree(run.folder)
    monkeypatch.setattr(session, "visitor", lambda: ME)
    test = visit("models")
    test.file_uploader(key="bundle").upload("bundle.zip", packed, "application/zip")
    test.button(key="add-bundle").click().run()
    assert Run(run.folder).spec["owner"] == ME


def test_the_disk(library, visit, said):
    assert "On this server’s disk: 2 models" in said(visit("models"))


def test_three_hundred_runs_are_shown_twenty_at_a_time_and_quickly(library, trained, visit):
    import time

    source = library / trained["lstm 13"].id
    for number in range(298):
        shutil.copytree(source, library / f"20260101-000000-{number:06x}")
    test = visit("models")
    time.sleep(2.1)  # until their folders have settled
    test.run()
    started = time.perf_counter()
    test.run()
    assert time.perf_counter() - started < 1.0  # 0.06 s on an idle machine
    assert not test.exception and shown(test) == 20
    test.button(key="more").click().run()
    assert shown(test) == 40
