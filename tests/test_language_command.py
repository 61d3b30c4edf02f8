"""The commands of language models keep their contract: JSON on stdout, one line for wrong input, exit codes."""

import math
from pathlib import Path

import numpy as np
import pytest

from model.__main__ import main
from model.runs.run import Run
from tests.commands import ROOT, exit_code, interrupt, run

SMALL = [
    "--set", "hidden_size=8", "--set", "embedding_size=8", "--set", "layers=1", "--set", "window=9",
    "--set", "epochs=2", "--set", "batch_size=4", "--set", "segment=10",
    "--set", "learning_rate=0.02",
]  # fmt: skip
LINES = ("The apple is red.", "A turtle is green.", "No turtle is an apple!", '"Is it red?" said the turtle.')


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "story.txt"
    path.write_text("\n".join(np.random.default_rng(0).choice(LINES, size=400)), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def trained(text, tmp_path_factory):
    runs = tmp_path_factory.mktemp("runs")
    presets = ["--preset", "lstm-lm", "--preset", "lstm-attention-lm"]
    command = ["language-model", "train", str(text), *presets, "--seeds", "2", "--json"]
    return run([*command, "--runs", str(runs), *SMALL])


@pytest.fixture
def path(trained):
    """The folder of a run with attention."""
    return trained["runs"][2]["path"]


def test_train_says_what_came_of_every_run(trained, text):
    characters = trained["data"]["characters"]
    assert sum(characters.values()) == len(text.read_text())
    assert characters["test"] == pytest.approx(0.1 * sum(characters.values()), abs=40)
    assert [(entry["preset"], entry["seed"]) for entry in trained["runs"]] == [
        ("lstm-lm", 13), ("lstm-lm", 14), ("lstm-attention-lm", 13), ("lstm-attention-lm", 14),
    ]  # fmt: skip
    for entry in trained["runs"]:
        assert set(entry) == {
            "id", "path", "preset", "seed", "parameters", "device", "epochs", "seconds", "tokens_per_second",
            "validation", "test",
        }  # fmt: skip
        assert entry["test"]["perplexity"] == pytest.approx(math.exp(entry["test"]["loss"]))
        assert entry["test"]["perplexity"] < trained["baselines"]["unigram"]["perplexity"]
    assert set(trained["baselines"]) == {"unigram", "kneser_ney"}


def test_evaluate_reads_all_of_a_file_and_the_test_text_of_what_has_a_name(path, text, capsys):
    metrics = run(["language-model", "evaluate", path, str(text), "--json"], capsys)["metrics"]
    words = sum(len(line.replace('"', ' " ').split()) for line in text.read_text().splitlines())
    assert metrics["tokens"] > words and metrics["unknown"] == 0.0
    generated = run(["language-model", "evaluate", path, "repeat:4000", "--json"], capsys)["metrics"]
    assert generated["tokens"] == pytest.approx(400, abs=70) and generated["unknown"] > 0.5
    assert main(["language-model", "evaluate", path, "repeat:4000"]) == 0
    assert "perplexity" in capsys.readouterr().out


def test_explain_one_prediction(path, capsys):
    words = ["--text", "No turtle is", "--method", "leave_one_out"]
    after = run(["language-model", "explain", path, *words, "--json"], capsys)
    assert [token["text"] for token in after["tokens"]] == ["No", "turtle", "is"]
    assert after["position"] is None and after["target"] == after["prediction"]
    assert len(after["attributions"]["leave_one_out"]["values"]) == len(after["attention"]["weights"]) == 3
    inside = run(["language-model", "explain", path, *words, "--position", "2", "--json"], capsys)
    assert (inside["target"], len(inside["tokens"])) == ("is", 2)
    named = run(["language-model", "explain", path, *words, "--target", "Green", "--json"], capsys)
    assert named["target"] == "green"
    assert main(["language-model", "explain", path, *words, "--position", "1"]) == 0
    out = capsys.readouterr().out
    assert "the prediction at token 1, from the 1 before it" in out and "leave one out (" in out


def test_compare_holds_sides_against_each_other_on_the_same_tokens(trained, capsys):
    command = ["language-model", "compare", *(entry["path"] for entry in trained["runs"])]
    document = run([*command, "--json"], capsys)
    losses = [np.mean([entry["test"]["loss"] for entry in trained["runs"][start : start + 2]]) for start in (0, 2)]
    plain, attentive = document["sides"]
    assert plain["perplexity"]["estimate"] == pytest.approx(math.exp(losses[0]), rel=1e-5)
    (pair,) = document["pairs"]
    assert (pair["first"], pair["second"]) == (plain["key"], attentive["key"])
    assert pair["change"]["estimate"] == pytest.approx(math.expm1(losses[1] - losses[0]), rel=1e-4)
    assert main(command) == 0
    out = capsys.readouterr().out
    assert document["headline"]["sentence"] in out and "Kneser-Ney n-grams" in out
    for row in pair["slices"]["distance"]:
        line = next(line for line in out.splitlines() if line.startswith(row["title"]))
        assert f"{row['first']['estimate']:,.2f}" in line and f"{row['change']['estimate']:+.1%}" in line


def test_generate_goes_on_with_a_text(path, capsys):
    command = ["language-model", "generate", path, "--text", "No turtle", "--tokens", "12", "--seed", "3"]
    document = run([*command, "--json"], capsys)
    assert len(document["tokens"]) == 12 and document["text"] == "No turtle"
    assert main(command) == 0
    assert capsys.readouterr().out == document["text"] + document["continuation"] + "\n"
    likeliest = run([*command, "--temperature", "0", "--json"], capsys)
    assert likeliest == run([*command, "--top-k", "1", "--json"], capsys)


def test_no_control_character_of_a_text_reaches_the_terminal(path, capsys):
    assert main(["language-model", "generate", path, "--text", "\x1b[31mred", "--tokens", "1"]) == 0
    assert "\x1b" not in capsys.readouterr().out


def test_people_get_tables_instead_of_json(trained, text, tmp_path, capsys):
    command = ["language-model", "train", str(text), "--runs", str(tmp_path), *SMALL, "--set", "epochs=1"]
    assert main(command) == 0
    out, err = capsys.readouterr()
    assert "frequencies alone: perplexity" in out and "Kneser-Ney n-grams: perplexity" in out
    assert "epoch 1  perplexity" in err


def test_of_generated_text_it_is_said_what_was_copied(tmp_path, capsys):
    command = ["language-model", "train", "repeat:3000", "--preset", "lstm-lm", "--preset", "lstm-attention-lm"]
    command += ["--runs", str(tmp_path), *SMALL, "--set", "epochs=1"]
    (plain, attentive) = run([*command, "--json"], capsys)["runs"]
    assert plain["copying"]["largest"] is None and 0 <= attentive["copying"]["largest"] <= 1
    assert main(command) == 0
    header, first, second = capsys.readouterr().out.splitlines()[-3:]
    assert header.split("  ")[0] == "run" and "k = 21 to 30" in header and "looked at most" in header
    assert first.count("%") < second.count("%")


def test_a_table_has_a_text_a_row(tmp_path, capsys):
    table = tmp_path / "notes.csv"
    rows = [f'{place},"{LINES[place % 3]} again"' for place in range(200)]
    table.write_text("\n".join(["id,note", *rows]), encoding="utf-8")
    command = ["language-model", "train", str(table), "--text-column", "note", "--runs", str(tmp_path / "runs")]
    document = run([*command, "--json", *SMALL, "--set", "epochs=1"], capsys)
    assert document["data"]["rows"] == 200 == sum(document["data"]["lines"].values())


def test_bundles_carry_a_language_model_elsewhere(path, tmp_path, capsys):
    packed = run(["bundle", path, str(tmp_path / "run.zip"), "--json"], capsys)
    there = run(["unbundle", packed["file"], "--runs", str(tmp_path / "runs"), "--json"], capsys)
    command = ["--text", "No turtle is", "--json"]
    before, after = (run(["language-model", "explain", folder, *command], capsys) for folder in (path, there["path"]))
    assert before["logit"] == after["logit"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["language-model", "train", "no-such-file.txt"], "no-such-file.txt"),
        (["language-model", "train", "imdb-review"], "did you mean imdb-reviews"),
        (["language-model", "train", "repeat:few"], "'few' is no number of tokens"),
        (["language-model", "train", "{text}", "--preset", "lstm"], "preset is 'lstm'"),
        (["language-model", "train", "{text}", "--preset", "lstm-atention-lm"], "did you mean 'lstm-attention-lm'"),
        (["language-model", "train", "{text}", "--set", "hidden_size=0"], "hidden_size is 0"),
        (["language-model", "train", "{text}", "--set", "max_tokens=9"], "there is no option 'max_tokens'"),
        (["language-model", "train", "{text}", "--seeds", "0"], "--seeds is 0"),
        (["language-model", "train", "{text}", "--device", "tpu"], "tpu"),
        (["language-model", "explain", "{run}"], "--text"),
        (["language-model", "explain", "{run}", "--text", "a", "--method", "tea-leaves"], "tea-leaves"),
        (["language-model", "explain", "{run}", "--text", "a", "--target", "zebra"], "'zebra' is no word"),
        (["language-model", "explain", "{run}", "--text", "a", "--position", "1"], "position is 1"),
        (["language-model", "generate", "{run}", "--text", "a", "--tokens", "0"], "0 tokens"),
        (["language-model", "generate", "{run}", "--text", "a", "--temperature", "-1"], "temperature is -1"),
        (["language-model", "evaluate", "20260101-000000-abcdef", "{text}"], "20260101-000000-abcdef"),
        (["language-model", "nonsense"], "nonsense"),
        (["language-model"], "COMMAND"),
        (["language-model", "compare", "{run}", "20260101-000000-abcdef"], "20260101-000000-abcdef"),
        (["compare", "{run}"], "is a language model"),
        (["explain", "{run}", "--text", "a"], "is a language model"),
        (["evaluate", "{run}", "{text}"], "is a language model"),
    ],
)
def test_wrong_input_is_one_line_and_exit_2(arguments, message, text, path, tmp_path, capsys):
    arguments = [{"{text}": str(text), "{run}": path}.get(argument, argument) for argument in arguments]
    if arguments[1:2] == ["train"]:
        arguments += ["--runs", str(tmp_path / "runs")]
    assert exit_code(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err and len(err.strip().splitlines()) == 1
    assert not list(tmp_path.glob("runs/2*"))


def test_a_classifier_is_no_language_model(capsys):
    demo = next(path for path in (ROOT / "assets" / "models").iterdir() if Run(path).kind == "classifier")
    assert main(["language-model", "generate", str(demo), "--text", "a"]) == 2
    assert "is a classifier" in capsys.readouterr().err


def test_an_interrupt_keeps_what_is_finished_and_resume_ends_it_as_unbroken(text, tmp_path, capsys):
    options = ["--runs", str(tmp_path), "--json", *SMALL, "--set", "epochs=10", "--set", "patience=none"]
    interrupt(["language-model", "train", str(text), *options], after="epoch 2")
    (folder,) = tmp_path.glob("2*")
    assert Run(folder).state["state"] == "interrupted"
    resumed = run(["resume", str(folder), "--json"], capsys)
    unbroken = run(["language-model", "train", str(text), *options], capsys)["runs"][0]
    assert resumed["test"] == unbroken["test"] and resumed["epochs"] == 10
    weights = [Path(each) / "model.safetensors" for each in (folder, unbroken["path"])]
    assert weights[0].read_bytes()[-1000:] == weights[1].read_bytes()[-1000:]


def test_what_was_resumed_is_shown_to_people(path, capsys):
    assert main(["resume", path]) == 0
    assert "perplexity" in capsys.readouterr().out
