"""`compare` and `duel`: their JSON, what people read, reports, and how they end."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from model.__main__ import main
from model.data.datasets import load_builtin
from model.runs.store import list_runs
from model.studies.training import execute, prepare
from model.training.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
DATA = "diagnostic:negation:200"
SMALL = {"hidden_size": 4, "embedding_size": 4, "vectors": "none", "epochs": 1}
SET = [part for name, value in SMALL.items() for part in ("--set", f"{name}={value}")]
SIDES = ("--preset", "lstm", "--preset", "lstm-additive")


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A library with two seeds of each of two networks."""
    root = tmp_path_factory.mktemp("runs")
    settings = Settings(**SMALL)
    for run in prepare(root, load_builtin(DATA), presets=["lstm", "lstm-additive"], seeds=2, settings=settings):
        execute(run)
    return root


@pytest.fixture(scope="module")
def runs(root):
    return [str(run.folder) for run in list_runs(root)]


@pytest.fixture
def ask(capsys):
    """A function that runs a command and gives its JSON and what stood on stderr."""

    def asked(*arguments, code=0):
        assert main([*map(str, arguments), "--json"]) == code
        out, err = capsys.readouterr()
        return (json.loads(out) if out else None), err

    return asked


def test_the_document_has_what_the_contract_says(runs, ask):
    document, err = ask("compare", *runs, "--texts", "2")
    for side in document["sides"]:  # mean, sd, bootstrap interval
        accuracy = side["metrics"]["accuracy"]
        assert accuracy["estimate"] == pytest.approx(sum(accuracy["seeds"]) / 2)
        assert accuracy["sd"] is not None and len(accuracy["bootstrap"]) == 2
    (pair,) = document["pairs"]
    assert (pair["first"], pair["second"]) == ("lstm", "lstm-additive")
    assert [set(test) for test in pair["mcnemar"]] == [{"seed", "fixed", "broken", "p_value"}] * 2
    assert len(pair["differences"]["accuracy"]["bootstrap"]) == 2 and {"fixed", "broken"} <= set(pair["cells"])
    assert "distance" in pair["slices"]  # diagnostic data knows its cue words
    assert document["texts"]["pair"] == ["lstm", "lstm-additive"]
    assert document["stability"]["side"] == "lstm-additive" and document["stability"]["texts"] == 2
    assert document["audit"]["run"] and document["growth"] and document["shares"] is None
    assert "stability: 2 of 2" in err and "audit: 2 of 2" in err


def test_without_texts_nothing_is_explained(runs, ask):
    document, err = ask("compare", *runs, "--texts", "0")
    assert document["texts"] is document["stability"] is document["audit"] is None and document["pairs"] and not err


def test_after_the_budget_no_further_text_is_begun(root, runs, ask, monkeypatch, tmp_path):
    monkeypatch.setattr("model.studies.stability.study_root", lambda run: tmp_path)
    document, err = ask("compare", *runs, "--texts", "2", "--seconds", "0")
    assert document["stability"]["texts"] == 0 and "stability: 0 of 2" in err


def test_a_run_may_be_named_twice_or_by_its_id(root, runs, ask, monkeypatch):
    monkeypatch.setenv("ATTENTION_LAB_RUNS", str(root))
    ids = [Path(run).name for run in runs]
    document, _ = ask("compare", *ids, ids[0], "--texts", "0")
    assert sorted(run for side in document["sides"] for run in side["runs"]) == sorted(ids)


def test_people_read_the_sentence_the_tables_and_what_to_know(runs, capsys):
    assert main(["compare", *runs, "--texts", "2"]) == 0
    out = capsys.readouterr().out
    for words in (
        "diagnostic:negation:200: 20 test texts, 160 train; seeds 13, 14; at most 4 updates, best validation loss",
        "LSTM + additive attention minus LSTM", "95 %", "bootstrap over texts", "Majority class", "macro F1",
        "TF-IDF + logistic regression, at", "McNemar's exact test", "accuracy in %, by class", "both right",
        "parameters", "one prediction, ms", "stability of LSTM + additive attention over 2 seeds, 2 texts",
        "audit of run", "to know", "Parameters without embeddings:",
    ):  # fmt: skip
        assert words in out, words
    assert "None" not in out and "nan" not in out and "+0.0 " not in out and "−0.0 " not in out


def test_other_labelled_texts(runs, ask, tmp_path, capsys):
    path = tmp_path / "mine.csv"
    rows = [f"this film was {word},{label}" for word, label in [("good", "positive"), ("bad", "negative")] * 6]
    path.write_text("text,label\n" + "\n".join(f"{place} {row}" for place, row in enumerate(rows)), encoding="utf-8")
    document, _ = ask("compare", *runs, "--data", path, "--texts", "2")
    assert document["data"]["other"] == "mine.csv" and document["data"]["test"] == 12
    assert document["stability"]["texts"] == 2 and document["audit"]["texts"] == 12
    own, _ = ask("compare", *runs, "--data", DATA, "--texts", "0")  # that is what they were tested on
    assert own["data"]["other"] is None
    assert main(["compare", *runs, "--data", str(path), "--texts", "0"]) == 0
    assert "12 test texts of mine.csv" in capsys.readouterr().out


@pytest.mark.parametrize(("ending", "start"), [("html", "<!"), ("csv", "\ufeff"), ("tex", "%")])
def test_a_report_in_the_form_of_its_ending(runs, capsys, tmp_path, ending, start):
    path = tmp_path / f"report.{ending}"
    assert main(["compare", *runs, "--texts", "1", "--report", str(path)]) == 0
    assert f"report in {path}" in capsys.readouterr().out
    assert path.read_text(encoding="utf-8").lower().startswith(start)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--texts", "-1"), "--texts is -1; give 0 for none, or how many"),
        (("--seconds", "-1"), "--seconds is -1.0; it must be 0 or more"),
        (("--report", "/nowhere/report.html"), "no such folder"),
        (("--data", "/nowhere.csv"), "nowhere.csv"),
        (("20261121-101213-4f9c02",), "there is no run 20261121-101213-4f9c02"),
    ],
)
def test_wrong_input_is_one_line(runs, capsys, options, words):
    assert main(["compare", *runs, *options]) == 2
    out, err = capsys.readouterr()
    assert out == "" and words in err and err.count("\n") == 1 and "Traceback" not in err


def test_runs_on_other_data_are_one_line_too(runs, capsys, tmp_path):
    (other,) = prepare(
        tmp_path, load_builtin("diagnostic:order:200"), presets=["lstm"], seeds=1, settings=Settings(**SMALL)
    )
    assert main(["compare", *runs, str(other.folder)]) == 2
    assert "only finished runs can be compared: wait for it, or leave it out" in capsys.readouterr().err
    execute(other)
    assert main(["compare", *runs, str(other.folder)]) == 2
    assert "compare runs on one split" in capsys.readouterr().err


# -- duel --------------------------------------------------------------------------------------------------------


def test_a_duel_trains_compares_and_is_not_trained_twice(ask, tmp_path):
    root, report = tmp_path / "runs", tmp_path / "duel.html"
    asked = ("duel", DATA, *SIDES, "--seeds", "1", *SET, "--share", "0.5", "--texts", "1", "--runs", root)
    document, err = ask(*asked, "--report", report)
    assert document["duel"]["state"] == "done" and document["duel"]["trainings"]["done"] == 4
    assert document["duel"]["plan"]["match"] == "parameters" and "4 of 4 trainings done" in err
    assert [side["key"] for side in document["sides"]] == ["lstm", "lstm-additive"]
    assert document["protocol"]["seeds"] == [13] and document["protocol"]["paired"]
    assert document["shares"]["shares"] == [0.5, 1.0] and report.stat().st_size > 10_000
    again, _ = ask(*asked)
    assert again["duel"]["id"] == document["duel"]["id"] and len(list_runs(root)) == 4
    assert again["sides"] == document["sides"]


def test_of_attention_alone_the_other_sides_come_along():
    from model.compare_command import _sides

    assert {"bilstm", "bilstm-additive", "bilstm-additive:uniform"} <= set(_sides(["bilstm-additive"]))
    assert _sides(["bilstm-additive:uniform"]) == ("bilstm-additive:uniform",)
    assert _sides(["lstm", "lstm-additive", "lstm"]) == ("lstm", "lstm-additive")
    assert _sides(None) == ("lstm", "bilstm", "bilstm-additive", "bilstm-additive:uniform")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--preset", "lstm-magic"), "lstm-magic"),
        (("--preset", "lstm:uniform"), "lstm"),
        (("--seeds", "0"), "seeds is 0"),
        (("--search", "1"), "search is 1"),
        (("--share", "1.5"), "1.5"),
        (("--set", "seed=4"), "seed is what a duel compares"),
        (("--set", "droput=1"), "droput"),
        (("--report", "/nowhere/report.html"), "no such folder"),
        (("--texts", "-1"), "--texts is -1"),
    ],
)
def test_a_wrong_duel_is_one_line_and_nothing_is_kept(capsys, tmp_path, options, words):
    assert main(["duel", DATA, "--runs", str(tmp_path / "runs"), *options]) == 2
    out, err = capsys.readouterr()
    assert out == "" and words in err and err.count("\n") == 1 and "Traceback" not in err
    assert not (tmp_path / "runs").exists()


@pytest.mark.slow
def test_an_interrupted_duel_keeps_what_is_finished_and_goes_on(tmp_path):
    asked = ["duel", DATA, *SIDES, "--seeds", "3", *SET, "--texts", "0", "--json", "--runs", str(tmp_path)]
    command = [sys.executable, "-m", "model", *asked]
    first = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and not any(run.report for run in list_runs(tmp_path)):
        time.sleep(0.2)
    os.kill(first.pid, signal.SIGINT)
    out, err = first.communicate(timeout=60)
    assert first.returncode == 130 and out == "" and "what was finished is kept" in err and "Traceback" not in err
    done = {run.id for run in list_runs(tmp_path) if run.report}
    second = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert second.returncode == 0, second.stderr
    document = json.loads(second.stdout)
    assert done and done <= {run for side in document["sides"] for run in side["runs"]}
    assert len(list_runs(tmp_path)) == 6
