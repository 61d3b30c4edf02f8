from argparse import Namespace

import pytest

from model.command_inputs import write_report


@pytest.mark.parametrize("name, written", [("a.csv", "table"), ("a.CSV", "table"), ("a.html", "page"), ("a", "page")])
def test_a_report_has_the_form_of_its_ending(tmp_path, capsys, name, written):
    options = Namespace(report=str(tmp_path / name), json=False)
    write_report(options, {}, lambda document: "page", {".csv": lambda document: "table"})
    assert (tmp_path / name).read_text() == written
    assert capsys.readouterr().out == f"report in {tmp_path / name}\n\n"


def test_no_report_is_written_unasked(tmp_path, capsys):
    write_report(Namespace(report=None, json=False), {}, lambda document: "page", {})
    assert not list(tmp_path.iterdir()) and capsys.readouterr().out == ""
