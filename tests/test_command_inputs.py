from argparse import Namespace

import pytest

from model.command_inputs import find, write_report
from model.errors import RunError
from model.runs.kinds import CLASSIFIER, LANGUAGE_MODEL
from model.runs.run import DEMO_ROOT
from model.runs.store import list_runs
from tests.runs.language_runs import language_run


@pytest.mark.parametrize("name, written", [("a.csv", "table"), ("a.CSV", "table"), ("a.html", "page"), ("a", "page")])
def test_a_report_has_the_form_of_its_ending(tmp_path, capsys, name, written):
    options = Namespace(report=str(tmp_path / name), json=False)
    write_report(options, {}, lambda document: "page", {".csv": lambda document: "table"})
    assert (tmp_path / name).read_text() == written
    assert capsys.readouterr().out == f"report in {tmp_path / name}\n\n"


def test_no_report_is_written_unasked(tmp_path, capsys):
    write_report(Namespace(report=None, json=False), {}, lambda document: "page", {})
    assert not list(tmp_path.iterdir()) and capsys.readouterr().out == ""


def test_a_command_for_classifiers_names_those_for_language_models(tmp_path, monkeypatch):
    monkeypatch.setenv("ATTENTION_LAB_RUNS", str(tmp_path))
    run = language_run(tmp_path)
    for name in (run.id, str(run.folder)):
        assert find(name, kind=None).id == find(name, kind=LANGUAGE_MODEL).id == run.id
        with pytest.raises(RunError, match=r"is a language model, which .* language-model evaluate, explain and gen"):
            find(name)


def test_a_command_for_language_models_names_those_for_classifiers():
    demo = next(run.id for run in list_runs(DEMO_ROOT) if run.kind == CLASSIFIER)
    assert find(demo).id == demo
    with pytest.raises(RunError, match="is a classifier, which the commands evaluate, predict, explain, compare and"):
        find(demo, kind=LANGUAGE_MODEL)
