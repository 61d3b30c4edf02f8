"""The command line keeps its contract: JSON on stdout, one line on stderr for wrong input, exit codes."""

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from model.__main__ import main
from model.runs.run import Run
from tests.commands import ROOT, exit_code, interrupt, run

SMALL = ["--set", "hidden_size=8", "--set", "embedding_size=8", "--set", "vectors=none", "--set", "epochs=2"]


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "films.csv"
    rows = ["text,label"] + [
        f'"film number {place}, {"awful" if place % 2 else "splendid"} all through",{place % 2}'
        for place in range(120)
    ]
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def trained(table, tmp_path_factory):
    runs = tmp_path_factory.mktemp("runs")
    command = ["train", str(table), "--preset", "lstm", "--preset", "bilstm-additive", "--seeds", "2", "--json"]
    return run([*command, "--runs", str(runs), *SMALL])


def test_train_says_what_it_did_with_every_row_and_run(trained):
    data = trained["data"]
    left_out = sum(data["dropped"].values()) + data["duplicates"] + data["leaked_into_test"]
    assert data["rows"] == 120 == left_out + data["train"] + data["validation"] + data["test"]
    assert data["classes"] == {"0": 60, "1": 60}
    assert [(entry["preset"], entry["seed"]) for entry in trained["runs"]] == [
        ("lstm", 13), ("lstm", 14), ("bilstm-additive", 13), ("bilstm-additive", 14),
    ]  # fmt: skip
    for entry in trained["runs"]:
        assert set(entry) == {
            "id", "path", "preset", "seed", "parameters", "device", "epochs", "seconds", "documents_per_second",
            "validation", "test",
        }  # fmt: skip
        assert set(entry["test"]) == {"accuracy", "macro_f1", "loss", "documents"}
        assert entry["test"]["documents"] == data["test"]
    assert set(trained["baselines"]) == {"majority", "tfidf_logistic_regression"}
    assert trained["baselines"]["majority"]["accuracy"] == 0.5
    assert trained["baselines"]["tfidf_logistic_regression"]["accuracy"] == 1.0


def test_a_run_folder_holds_everything(trained):
    folder = Path(trained["runs"][0]["path"])
    names = {path.name for path in folder.iterdir() if not path.name.endswith(".lock")}
    assert names == {
        "spec.json", "state.json", "events.jsonl", "vocabulary.json", "model.safetensors", "predictions.parquet",
        "report.json",
    }  # fmt: skip
    predictions = pd.read_parquet(folder / "predictions.parquet")
    accuracy = (predictions["label"] == predictions["prediction"]).mean()
    assert accuracy == pytest.approx(trained["runs"][0]["test"]["accuracy"])
    assert predictions[["p_0", "p_1"]].sum(axis=1).tolist() == pytest.approx([1] * len(predictions))


def test_evaluate_predict_and_explain(trained, table, tmp_path, capsys):
    path = trained["runs"][2]["path"]
    scores = run(["evaluate", path, str(table), "--json"], capsys)
    assert scores["metrics"]["documents"] == 120
    counts = scores["confusion_matrix"]["counts"]
    assert sum(map(sum, counts)) == 120
    assert (counts[0][0] + counts[1][1]) / 120 == pytest.approx(scores["metrics"]["accuracy"])
    assert 0 <= scores["expected_calibration_error"] <= 1

    texts = tmp_path / "texts.csv"
    texts.write_text('id,text\n1,awful\n2,""\n3,splendid\n', encoding="utf-8")
    for ending in ("csv", "jsonl", "parquet"):
        out = tmp_path / f"out.{ending}"
        assert run(["predict", path, str(texts), "--out", str(out), "--json"], capsys)["texts"] == 3
        read = {"csv": pd.read_csv, "jsonl": lambda p: pd.read_json(p, lines=True), "parquet": pd.read_parquet}[
            ending
        ]
        frame = read(out)
        assert list(frame.columns) == ["prediction", "p_0", "p_1"]
        assert len(frame) == 3

    one = run(["explain", path, "--text", "An awful film", "--method", "leave_one_out", "--json"], capsys)
    assert [token["text"] for token in one["tokens"]] == ["An", "awful", "film"]
    assert len(one["attributions"]["leave_one_out"]["values"]) == 3
    many = run(["explain", path, "--file", str(texts), "--limit", "2", "--target", "1", "--json"], capsys)
    assert [entry["target"] for entry in many] == ["1", "1"]
    assert many[1]["tokens"] == []


def test_people_get_tables_instead_of_json(trained, table, capsys):
    path = trained["runs"][2]["path"]
    assert main(["evaluate", path, str(table)]) == 0
    assert "label \\ prediction" in capsys.readouterr().out
    assert main(["explain", path, "--text", "An awful film"]) == 0
    assert "integrated gradients (" in capsys.readouterr().out
    assert main(["datasets"]) == 0
    assert "imdb-short" in capsys.readouterr().out


def test_bundles_carry_a_run_elsewhere(trained, tmp_path, capsys):
    path = trained["runs"][2]["path"]
    packed = run(["bundle", path, str(tmp_path / "run.zip"), "--json"], capsys)
    there = run(["unbundle", packed["file"], "--runs", str(tmp_path / "runs"), "--json"], capsys)
    texts = ["--text", "An awful film", "--json"]
    before, after = (run(["explain", folder, *texts], capsys) for folder in (path, there["path"]))
    assert before["logit"] == after["logit"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "no-such-file.csv"], "no-such-file.csv"),
        (["train", "{table}", "--preset", "bilstm-additve"], "did you mean 'bilstm-additive'"),
        (["train", "{table}", "--set", "hidden_size=0"], "hidden_size is 0"),
        (["train", "{table}", "--seeds", "0"], "--seeds is 0"),
        (["train", "{table}", "--label-column", "colour"], "colour"),
        (["train", "{table}", "--set", "vectors=/no/such.vec"], "such.vec"),
        (["train", "{table}", "--device", "tpu"], "tpu"),
        (["train", "diagnostic:nonsense"], "nonsense"),
        (["explain", "{run}", "--text", "a", "--method", "tea-leaves"], "tea-leaves"),
        (["explain", "{run}", "--text", "a", "--target", "2"], "no class '2'"),
        (["predict", "{run}", "{table}", "--out", "out.docx"], "out.docx"),
        (["evaluate", "20260101-000000-abcdef", "{table}"], "20260101-000000-abcdef"),
        (["resume", "../../etc/passwd"], "etc/passwd"),
        (["nonsense"], "nonsense"),
    ],
)
def test_wrong_input_is_one_line_and_exit_2(arguments, message, table, trained, tmp_path, capsys):
    known = {"{table}": str(table), "{run}": trained["runs"][0]["path"]}
    arguments = [known.get(argument, argument) for argument in arguments]
    if arguments[0] == "train":
        arguments += ["--runs", str(tmp_path / "runs")]
    assert exit_code(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    *before, last = err.strip().splitlines()
    assert message in last
    assert before in ([], [line for line in before if line.startswith("[1/1]")])  # progress, where it got that far
    assert not list(tmp_path.glob("runs/2*"))


def test_wrong_input_has_no_traceback_in_a_shell():
    command = [sys.executable, "-m", "model", "train", "no-such-file.csv"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1


def test_an_interrupt_keeps_what_is_finished_and_resume_ends_it_as_unbroken(table, tmp_path, capsys):
    options = ["--preset", "lstm", "--runs", str(tmp_path), "--json", *SMALL, "--set", "epochs=60"]
    options += ["--set", "patience=none"]
    interrupt(["train", str(table), *options], after="epoch 2")
    (folder,) = tmp_path.glob("2*")
    assert json.loads((folder / "state.json").read_text())["state"] == "interrupted"
    Run(folder).set_state("cancelled")  # as a person might; asking to resume it is asking for it again
    resumed = run(["resume", str(folder), "--json"], capsys)
    unbroken = run(["train", str(table), *options], capsys)["runs"][0]
    assert resumed["test"] == unbroken["test"]
    assert Run(folder).state["state"] == "done"
    assert (folder / "model.safetensors").read_bytes()[-1000:] == (
        Path(unbroken["path"]) / "model.safetensors"
    ).read_bytes()[-1000:]


def test_a_reader_who_has_read_enough_is_no_error():
    command = f"{sys.executable} -m model datasets --json | true"  # gone before the first word
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, shell=True)
    assert done.stderr == ""
