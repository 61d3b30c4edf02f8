"""`explain`: any method, many texts, a page written whole or not at all, and what an interrupt leaves."""

import json
import os
from html.parser import HTMLParser

import pytest

from model.__main__ import main
from model.estimator import AttentionClassifier
from model.explain.attribution import METHODS

HOSTILE = "</style><script>alert(1)</script> \x1b[31mred \x00 \udcff"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run that knows good from bad."""
    folder = tmp_path_factory.mktemp("run")
    table = folder / "films.csv"
    rows = [f"a {'good' if place % 2 else 'bad'} film number {place},{place % 2}" for place in range(60)]
    table.write_text("\n".join(["text,label", *rows]), encoding="utf-8")
    options = ("hidden_size=4", "embedding_size=4", "epochs=1", "vectors=none", "threads=1")
    settings = [part for option in options for part in ("--set", option)]
    assert main(["train", str(table), "--preset", "bilstm-additive", "--runs", str(folder), *settings]) == 0
    return str(next(path.parent for path in folder.glob("*/spec.json")))


@pytest.fixture
def texts(tmp_path):
    path = tmp_path / "texts.csv"
    path.write_text("id,text\n" + "\n".join(f"{place},a good film {place}" for place in range(5)), encoding="utf-8")
    return str(path)


class _Text(HTMLParser):
    """The text in elements of class "text", and the names of all elements."""

    def __init__(self, page):
        super().__init__()
        self.inside, self.texts, self.names = 0, [], set()
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.names.add(tag)
        if self.inside:
            self.inside += 1
        elif dict(attributes).get("class") == "text":
            self.inside = 1
            self.texts.append("")

    def handle_endtag(self, tag):
        self.inside -= bool(self.inside)

    def handle_data(self, data):
        if self.inside:
            self.texts[-1] += data


def test_every_method_of_the_registry(run, capsys):
    arguments = [part for method in METHODS for part in ("--method", method)]
    assert main(["explain", run, "--text", "a good film", *arguments, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert list(document["attributions"]) == list(METHODS)
    for attribution in document["attributions"].values():
        assert set(attribution) == {"values", "convergence_delta", "seconds"}


def test_people_see_each_method_with_its_self_check(run, capsys):
    arguments = ["--method", "integrated_gradients", "--method", "shapley_sampling", "--method", "leave_one_out"]
    assert main(["explain", run, "--text", "a good film", *arguments]) == 0
    lines = {line.strip().split(" (")[0]: line for line in capsys.readouterr().out.splitlines()}
    assert "convergence delta" in lines["integrated gradients"]
    assert "sampling error" in lines["shapley sampling"]
    assert "delta" not in lines["leave one out"] and "good " in lines["leave one out"]


def test_a_row_that_says_nothing_is_named(run, capsys, monkeypatch):
    explain = AttentionClassifier.explain

    def broken(self, *arguments, **options):
        explanation = explain(self, *arguments, **options)
        explanation.attributions["saliency"].values[:] = [0, float("nan"), 1]
        explanation.attributions["input_x_gradient"].values[:] = 0
        return explanation

    monkeypatch.setattr(AttentionClassifier, "explain", broken)
    arguments = ["explain", run, "--text", "a good film", "--method", "saliency", "--method", "input_x_gradient"]
    assert main(arguments) == 0
    out = capsys.readouterr().out
    assert "not a number: it has no answer here" in out
    assert "all zero: it sees no effect of any word" in out
    assert main([*arguments, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["attributions"]["saliency"]["values"] == [0, None, 1]


def test_the_page_shows_what_was_typed_and_a_terminal_obeys_none_of_it(run, tmp_path, capsys):
    page = tmp_path / "page.html"
    page.write_text("older", encoding="utf-8")
    assert main(["explain", run, "--text", HOSTILE, "--method", "saliency", "--html", str(page)]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out and "\x00" not in out and "␛[31mred ␀ \ufffd" in out
    assert f"1 explanation in {page}" in out
    parsed = _Text(page.read_text(encoding="utf-8"))
    assert parsed.texts == [HOSTILE.replace("\x1b", "␛").replace("\x00", "␀").replace("\udcff", "\ufffd")]
    assert "script" not in parsed.names
    assert os.listdir(tmp_path) == ["page.html"]
    assert main(["explain", run, "--text", HOSTILE, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["text"] == HOSTILE


def test_many_texts_make_one_page_and_progress(run, texts, tmp_path, capsys):
    page = tmp_path / "page.html"
    assert main(["explain", run, "--file", texts, "--limit", "3", "--html", str(page), "--json"]) == 0
    out, err = capsys.readouterr()
    assert [document["text"] for document in json.loads(out)] == [f"a good film {place}" for place in range(3)]
    assert err == "3 of 3 texts explained\n"
    assert _Text(page.read_text(encoding="utf-8")).texts == [f"a good film {place}" for place in range(3)]


@pytest.mark.parametrize("format", [["--json"], []])
def test_an_interrupt_keeps_what_was_finished(run, texts, tmp_path, capsys, monkeypatch, format):
    page, explain = tmp_path / "page.html", AttentionClassifier.explain

    def interrupted(self, text, **options):
        if text.endswith("2"):
            raise KeyboardInterrupt
        return explain(self, text, **options)

    monkeypatch.setattr(AttentionClassifier, "explain", interrupted)
    assert main(["explain", run, "--file", texts, "--html", str(page), *format]) == 130
    out, err = capsys.readouterr()
    assert _Text(page.read_text(encoding="utf-8")).texts == ["a good film 0", "a good film 1"]
    assert err.splitlines()[-1].endswith("interrupted; what was finished is kept")
    if format:
        assert len(json.loads(out)) == 2
    else:
        assert "2 explanations in" in out


def test_an_interrupt_before_the_first_leaves_nothing(run, tmp_path, capsys, monkeypatch):
    def interrupted(self, text, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(AttentionClassifier, "explain", interrupted)
    assert main(["explain", run, "--text", "a", "--html", str(tmp_path / "page.html"), "--json"]) == 130
    assert capsys.readouterr().out == ""
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("place", "message"),
    [
        (".", "no file that could be replaced"),
        ("missing/page.html", "no such folder"),
        ("x" * 300, "File name too long"),
    ],
)
def test_a_place_that_cannot_be_written_is_one_line_and_exit_2(run, tmp_path, capsys, place, message):
    assert main(["explain", run, "--text", "a good film", "--html", str(tmp_path / place)]) == 2
    out, err = capsys.readouterr()
    assert out == "" and len(err.splitlines()) == 1 and message in err
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    "arguments", [["--text", "a", "--method", "tea-leaves"], ["--text", "a", "--target", "9"], ["--file", "none.csv"]]
)
def test_after_wrong_input_what_stood_there_stands(run, tmp_path, capsys, arguments):
    page = tmp_path / "page.html"
    page.write_text("older", encoding="utf-8")
    assert main(["explain", run, *arguments, "--html", str(page)]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert page.read_text(encoding="utf-8") == "older"
    assert os.listdir(tmp_path) == ["page.html"]
