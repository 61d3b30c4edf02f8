"""The sentence on a result and its caveats, from figures worked out by hand."""

import copy
import json
import re

import pytest

from model.compare.significance import wilson_interval
from model.errors import RunError
from model.runs.run import Run
from model.studies.caveats import caveats
from model.studies.result import accuracy_interval, result_sentence

METRICS = {"accuracy": 0.9, "macro_f1": 0.9, "loss": 0.3, "documents": 1000}
REPORT = {
    "epochs": 10,
    "best_epoch": 6,
    "ended": "epochs",
    "vectors": None,
    "validation": METRICS,
    "test": METRICS,
    "baselines": {
        "majority": {**METRICS, "accuracy": 0.5},
        "tfidf_logistic_regression": {**METRICS, "accuracy": 0.85},
    },
    "data": {"rows": 10_000, "duplicates": 0, "leaked_into_test": 0, "dropped": {}},
}


@pytest.fixture
def finished(tmp_path, run):
    """A function that makes a finished run, with changes to its report, its settings and what its epochs told."""

    def make(*, losses=(0.5, 0.4, 0.35), train_accuracy=0.9, settings=None, told=None, **report):
        folder = tmp_path / f"20261121-101213-{len(list(tmp_path.iterdir())):06x}"
        folder.mkdir()
        spec = copy.deepcopy(run.spec)
        spec["settings"] |= {"epochs": 10, **(settings or {})}
        spec["preset"] = spec["settings"]["preset"]
        state = {"state": "done", "since": 0.0, "pid": None, "ticket": None, "message": ""}
        events = told or [
            {
                "kind": "epoch",
                "epoch": number,
                "train": {"accuracy": train_accuracy, "loss": loss},
                "validation": {"loss": loss, "accuracy": 0.9},
            }
            for number, loss in enumerate(losses, 1)
        ]
        files = {"spec": spec, "state": state, "report": {**copy.deepcopy(REPORT), **report}}
        for name, value in files.items():
            (folder / f"{name}.json").write_text(json.dumps(value))
        (folder / "events.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))
        return Run(folder)

    return make


def test_one_run_in_one_sentence(finished):
    run = finished()
    assert accuracy_interval(run) == wilson_interval(900, 1000)
    assert result_sentence([run]) == (
        "Of 1,000 test texts, BiLSTM + additive attention gets 90.0 % right (95 % interval 88.0 to 91.7 %); without a"
        " network, TF-IDF with logistic regression gets 85.0 %."
    )


def test_the_best_network_is_named_first_and_by_its_title(finished):
    worse = finished(settings={"preset": "lstm"}, test={**METRICS, "accuracy": 0.8})
    sentence = result_sentence([worse, finished()])
    assert "BiLSTM + additive attention gets 90.0 %" in sentence and "; LSTM 80.0 % (77.4 to 82.4 %);" in sentence


def test_a_control_is_named_as_one_and_a_training_done_twice_counts_once(finished):
    control = finished(settings={"attention_weights": "uniform"}, test={**METRICS, "accuracy": 0.8})
    sentence = result_sentence([control, finished(), finished()])
    assert "BiLSTM + additive attention, uniform weights 80.0 %" in sentence and "seeds" not in sentence


def test_many_networks_are_not_all_named(finished):
    runs = [
        finished(settings={"preset": name}, test={**METRICS, "accuracy": accuracy})
        for name, accuracy in [("lstm", 0.8), ("gru", 0.7), ("bilstm", 0.9), ("rnn-mean", 0.6), ("han", 0.5)]
    ]
    assert "; 2 more networks at most 60.0 %;" in result_sentence(runs)


def test_seeds_share_an_interval(library):
    sentence = result_sentence(library)
    accuracies = [run.report["test"]["accuracy"] for run in library]
    assert f"gets {50 * sum(accuracies):.1f} % right" in sentence and "; 2 seeds)" in sentence


def test_no_result_without_a_finished_run_or_across_data(finished, run):
    unfinished = finished()
    unfinished.folder.joinpath("state.json").unlink()
    with pytest.raises(RunError, match="none of these trainings is finished"):
        result_sentence([unfinished])
    other = finished()
    other.spec["data"]["sha256"] = "0" * 64
    with pytest.raises(RunError, match="different texts"):
        result_sentence([finished(), other])


def test_a_sound_run_has_no_caveat(finished):
    assert caveats(finished()) == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"test": {**METRICS, "accuracy": 0.51}}, "may have learned nothing: always answering"),
        ({"test": {**METRICS, "accuracy": 0.8}}, "does better: 85.0 % of the same texts against 80.0 %"),
        ({"test": {**METRICS, "accuracy": 0.86}}, "cannot be told from TF-IDF"),
        ({"never_predicted": ["a", "b"]}, "never answers 'a', 'b': give more texts of them"),
        ({"best_epoch": 10, "losses": (0.5, 0.4, 0.3)}, "still falling"),
        ({"epochs": 1, "best_epoch": 1, "settings": {"epochs": 1}, "losses": (0.5,)}, "only once"),
        ({"ended": "stopped", "epochs": 3}, "stopped by hand after 3 of 10 epochs, before its learning rate"),
        ({"ended": "stopped", "epochs": 3, "settings": {"schedule": "none"}}, "after 3 of 10 epochs; the best"),
        ({"test": {**METRICS, "documents": 200}}, r"With 200 test texts its accuracy is known to about ±4 points"),
        (
            {"train_accuracy": 0.999, "losses": (0.4,) * 6, "validation": {**METRICS, "accuracy": 0.8}},
            "99.9 % against",
        ),
        (
            {"data": {"rows": 1000, "duplicates": 90, "leaked_into_test": 5, "dropped": {"empty": 10}}},
            r"105 of 1,000 rows \(10.5 %\) were left out of the data: 90 duplicates, 10 empty, 5 also in the test",
        ),
        ({"vectors": {"source": "x", "types": 0.5, "tokens": 0.3}}, "know only 30.0 % .* others began at random"),
        (
            {
                "vectors": {"source": "x", "types": 0.5, "tokens": 0.3},
                "settings": {"freeze_vectors": True},
            },
            "others stayed as they were drawn",
        ),
        (
            {
                "vectors": {"source": "x", "types": 0.9, "tokens": 0.9},
                "settings": {"vectors": "/secret/place/mine.vec"},
            },
            "needs the file of vectors 'mine.vec'",
        ),
        (
            {
                "test": {**METRICS, "accuracy": 0.95, "macro_f1": 0.6},
                "baselines": {
                    "majority": {**METRICS, "accuracy": 0.9},
                    "tfidf_logistic_regression": {**METRICS, "accuracy": 0.91},
                },
            },
            "One class makes up 90.0 % .* is 0.60",
        ),
    ],
)
def test_each_doubt_has_one_sentence(finished, changes, sentence):
    found = caveats(finished(**changes))
    assert len(found) == 1 and re.search(sentence, found[0]), found
    assert "/secret" not in found[0]


def test_a_last_epoch_that_is_best_by_a_hair_is_no_doubt(finished):
    assert caveats(finished(best_epoch=10, losses=(0.5, 0.300, 0.299))) == []


def test_a_training_stopped_in_its_first_epoch_says_so(finished):
    epoch = {"kind": "epoch", "epoch": 1, "share": 0.25, "train": {"accuracy": 0.5}, "validation": {"loss": 1.0}}
    (sentence,) = caveats(finished(told=[epoch], ended="stopped", epochs=1, best_epoch=1))
    assert "after 25.0 % of the training texts" in sentence


def test_an_older_report_without_the_new_keys_is_fine(finished):
    run = finished()
    report = run.report
    del report["ended"]
    run.save_report(report)
    assert caveats(run) == []


def test_nothing_is_said_before_the_end(finished):
    run = finished()
    run.folder.joinpath("report.json").unlink()
    assert caveats(run) == []
