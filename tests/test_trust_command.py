"""`trust`: its JSON, what people read, marks from a column, controls, reports, and how it ends."""

import json

import pytest

from model.__main__ import main
from model.data.datasets import load_builtin
from model.runs.rationales import keep_rationale
from model.runs.store import delete_run, list_runs
from model.studies import trust as room
from model.studies.training import execute, prepare
from model.training.settings import Settings

DATA = "diagnostic:keyword:200"
SMALL = {"hidden_size": 4, "embedding_size": 4, "vectors": "none", "epochs": 1}
QUICK = ("--limit", "3", "--method", "leave_one_out")


@pytest.fixture(scope="module")
def dataset():
    return load_builtin(DATA)


@pytest.fixture
def new(tmp_path, dataset):
    """A function that trains a run, in a library of this test."""

    def make(preset="bilstm-additive", *, seed=13, **options):
        settings = Settings(**SMALL, **options)
        *others, run = prepare(tmp_path / "runs", dataset, presets=[preset], seeds=seed - 12, settings=settings)
        for other in others:
            delete_run(other)
        execute(run)
        return run

    return make


@pytest.fixture
def run(new):
    return new()


@pytest.fixture
def ask(capsys):
    """A function that runs the command and gives its JSON and what stood on stderr."""

    def asked(*arguments, code=0):
        assert main(["trust", *map(str, arguments), "--json"]) == code
        out, err = capsys.readouterr()
        return (json.loads(out) if out else None), err

    return asked


def table(path, dataset, cells):
    """The test split as a table, with a column `why`."""
    rows = [
        {"text": text, "label": label, "why": cell} for text, label, cell in zip(*dataset.test, cells, strict=True)
    ]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return path


def test_the_document_has_what_the_contract_says(run, ask):
    document, err = ask(run.folder, DATA, *QUICK)
    assert set(document) == {
        "run", "data", "texts", "tokens", "methods", "summary", "controls", "verdicts", "paragraph",
    }  # fmt: skip
    assert (document["run"], document["data"], document["texts"]) == (run.id, DATA, 3)
    assert document["methods"] == ["leave_one_out"] and document["tokens"] > 3
    assert set(document["summary"]["faithfulness"]["methods"]) == {"attention", "leave_one_out"}
    assert {verdict["outcome"] for verdict in document["verdicts"]} <= {"pass", "fail", "undecided"}
    assert document["paragraph"].startswith("This is about")
    assert "3 of 3 texts tested" in err
    assert document["summary"]["plausibility"]["rationales"]["texts"] == 3  # diagnostic data knows its reasons


def test_a_second_time_nothing_is_computed(run, ask, monkeypatch):
    first, _ = ask(run.folder, DATA, *QUICK)
    monkeypatch.setattr(room, "examine", None)
    assert ask(run.folder, DATA, *QUICK)[0] == first
    assert ask(run.folder, DATA, *QUICK, "--seconds", "0", "--limit", "9")[0]["texts"] == 3


def test_a_budget_that_is_over_says_how_to_go_on(run, ask, monkeypatch, capsys, tmp_path):
    document, err = ask(run.folder, DATA, *QUICK, "--seconds", "0")
    assert document["texts"] == 0 and document["verdicts"] == [] and "Nothing was measured" in document["paragraph"]
    assert "time is up after 0 of 3 texts; the same command goes on from there" in err
    report = ("--report", str(tmp_path / "report.html"))
    assert main(["trust", str(run.folder), DATA, *QUICK, "--seconds", "0", *report]) == 0
    assert "0 texts" in capsys.readouterr().out


def test_people_read_tables_verdicts_and_the_paragraph(run, capsys):
    assert main(["trust", str(run.folder), DATA, *QUICK, "--randomize"]) == 0
    out = capsys.readouterr().out
    for words in (
        "3 texts of diagnostic:keyword:200", "Kendall's tau-b", "attention | leave one out", "comprehensiveness",
        "best of 20 random", "its weights shuffled", "head+attention+encoder", "average precision", "verdicts",
        "This is about the attention",
    ):  # fmt: skip
        assert words in out, words
    assert "None" not in out and "nan" not in out


def test_captums_measures_only_where_asked_for(run, ask, capsys):
    assert ask(run.folder, DATA, *QUICK)[0]["summary"]["captum"] is None
    document, _ = ask(run.folder, DATA, *QUICK, "--method", "saliency", "--captum-metrics")
    found = document["summary"]["captum"]
    assert set(found["infidelity"]) == {"attention", "saliency", "leave_one_out"}
    assert set(found["sensitivity"]) == {"attention", "saliency"}
    assert document["summary"]["undefined"]["sensitivity.leave_one_out"]
    assert main(["trust", str(run.folder), DATA, *QUICK, "--captum-metrics"]) == 0
    out = capsys.readouterr().out
    assert "infidelity" in out and "sensitivity  attention" in out and "too slow" in out


def test_a_run_without_attention(new, ask, capsys):
    plain = new("lstm")
    document, _ = ask(plain.folder, DATA, *QUICK)
    assert document["summary"]["permutation"] is None
    assert document["summary"]["undefined"]["permutation"] == {"no attention": 3}
    assert main(["trust", str(plain.folder), DATA, *QUICK]) == 0
    assert "permutation: 3 texts, no attention" in capsys.readouterr().out


def test_the_attention_of_another_seed(run, new, ask):
    other = new(seed=14)
    document, _ = ask(run.folder, DATA, *QUICK, "--other", other.folder)
    assert list(document["summary"]["forced"]["runs"]) == [other.id]


@pytest.mark.parametrize("form", ["spans", "flags"])
def test_marks_from_a_column(run, dataset, ask, tmp_path, form):
    marks = dataset.rationales["test"]
    if form == "flags":
        tokens = map(room.load_run(run.folder).tokenize, dataset.test.texts)
        cells = [
            " ".join(str(int((token.start, token.end) in spans)) for token in row)
            for row, spans in zip(tokens, marks, strict=True)
        ]
    else:
        cells = [json.dumps(spans) for spans in marks]
    path = table(tmp_path / "texts.jsonl", dataset, cells)
    document, _ = ask(run.folder, path, *QUICK, "--rationales", "why")
    built_in, _ = ask(run.folder, DATA, *QUICK)
    assert document["summary"]["plausibility"] == built_in["summary"]["plausibility"]
    assert document["summary"]["plausibility"]["rationales"]["texts"] == 3


def test_marks_of_people_are_found_by_the_text(run, dataset, ask):
    for text in dataset.test.texts:
        keep_rationale(run.folder.parent, text=text, spans=[(0, 1)], label=None, data=dataset.sha256)
    document, _ = ask(run.folder, DATA, *QUICK)
    assert document["summary"]["plausibility"]["people"]["texts"] == 3


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--method", "guess"), "there is no attribution method 'guess'"),
        (("--limit", "0"), "the limit is 0 texts"),
        (("--seconds", "-1"), "the budget is -1.0 seconds"),
        (("--rationales", "why"), "is built in and has no column 'why'; leave --rationales out"),
        (("--report", "/nowhere/report.html"), "no such folder"),
        (("--other", "/nowhere"), "is no run id"),
    ],
)
def test_wrong_input_is_one_line_and_nothing_is_kept(run, capsys, options, words):
    assert main(["trust", str(run.folder), DATA, *options]) == 2
    out, err = capsys.readouterr()
    assert out == "" and words in err and err.count("\n") == 1 and "Traceback" not in err
    assert not (run.folder.parent / "trust").exists()


def test_a_row_whose_marks_do_not_fit_is_named(run, dataset, capsys, tmp_path):
    cells = ["[]"] * len(dataset.test.texts)
    cells[4] = "0 1"
    path = table(tmp_path / "texts.jsonl", dataset, cells)
    assert main(["trust", str(run.folder), str(path), "--rationales", "why"]) == 2
    err = capsys.readouterr().err
    assert "texts.jsonl, row 5, column 'why' marks 2 tokens, but the text has" in err


def test_labels_unknown_to_the_run(run, capsys, tmp_path):
    path = tmp_path / "other.csv"
    path.write_text("text,label\n" + "\n".join(f"film {place},{place % 2}" for place in range(9)), encoding="utf-8")
    assert main(["trust", str(run.folder), str(path)]) == 2
    assert "which the model does not know; it knows negative, positive" in capsys.readouterr().err


def test_an_interrupt_prints_and_keeps_what_was_finished(run, ask, monkeypatch):
    examine, calls = room.examine, []

    def interrupted(*arguments, **options):
        calls.append(options["index"])
        if len(calls) == 3:
            raise KeyboardInterrupt
        return examine(*arguments, **options)

    monkeypatch.setattr(room, "examine", interrupted)
    document, err = ask(run.folder, DATA, *QUICK, code=130)
    assert document["texts"] == 2 and "interrupted; what was finished is kept" in err
    assert ask(run.folder, DATA, *QUICK)[0]["texts"] == 3 and len(calls) == 4


def test_controls_that_are_there_stand_beside(run, new, ask, capsys):
    assert ask(run.folder, DATA, *QUICK)[0]["controls"] == {}
    uniform, deletions = new(attention_weights="uniform"), new(word_dropout=0.3)
    controls = ask(run.folder, DATA, *QUICK)[0]["controls"]
    assert controls["uniform"]["control"] == uniform.id and controls["uniform"]["faithfulness"] is None
    assert controls["deletions"]["control"] == deletions.id
    assert controls["deletions"]["faithfulness"]["methods"]["attention"]["comprehensiveness"]["mean"]["n"] == 3
    assert controls["uniform"]["texts"] == 20
    assert main(["trust", str(run.folder), DATA, *QUICK]) == 0
    out = capsys.readouterr().out
    assert (
        "Attention frozen to uniform" in out and "random words shown as unknown, the nearest to deleting them" in out
    )


def test_controls_are_trained_when_asked_for(run, ask):
    document, err = ask(run.folder, DATA, *QUICK, "--retrain")
    assert set(document["controls"]) == {"uniform", "deletions"} and "Attention frozen to uniform: training" in err
    assert len(list_runs(run.folder.parent)) == 3
    ask(run.folder, DATA, *QUICK, "--retrain")
    assert len(list_runs(run.folder.parent)) == 3


@pytest.mark.parametrize(("ending", "start"), [("html", "<!"), ("csv", "\ufeff"), ("tex", "% Needs")])
def test_a_report_in_the_form_of_its_ending(run, capsys, tmp_path, ending, start):
    path = tmp_path / f"report.{ending}"
    assert main(["trust", str(run.folder), DATA, *QUICK, "--report", str(path)]) == 0
    assert f"report in {path}" in capsys.readouterr().out
    assert path.read_text(encoding="utf-8").lower().startswith(start.lower())
