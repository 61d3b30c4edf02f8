"""The Models page: the library, with every action and its error as a sentence."""

import shutil

import pytest

from model.runs.bundle import bundle
from model.runs.run import Run
from model.runs.store import list_runs
from pages.components import session


@pytest.fixture
def library(trained, no_demos, monkeypatch, tmp_path):
    """Copies of two runs, to be renamed and deleted."""
    root = tmp_path / "library"
    for name in ("lstm 13", "bilstm-additive 13"):
        shutil.copytree(trained[name].folder, root / trained[name].id)
    monkeypatch.setenv("ATTENTION_LAB_RUNS", str(root))
    return root


def test_an_empty_library(empty_root, visit, said):
    test = visit("models")
    assert not test.exception
    assert "There is no model yet" in said(test)


def test_every_run_has_its_card(library, trained, visit, said):
    test = visit("models")
    assert not test.exception
    assert len(test.metric) == 2
    page = said(test).replace("\\", "")
    assert "BiLSTM + additive attention" in page and "keyword" in page and "seed 13" in page
    assert [link.value for link in test.page_link] == ["Read", "Read"]


def test_a_title_is_shown_as_typed(library, trained, visit, said):
    from model.runs.store import rename_run

    rename_run(Run(library / trained["lstm 13"].id), title="**bold** ![x](http://e.x/y.png) <b>")
    page = said(visit("models"))
    assert r"\*\*bold\*\* \!\[x\]" in page and r"\<b\>" in page


def test_searching(library, visit, said):
    test = visit("models")
    test.text_input(key="search").set_value("additive keyword").run()
    assert len(test.metric) == 1
    test.text_input(key="search").set_value("nothing like it").run()
    assert "No model matches" in said(test) and not test.metric


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
