"""A training that is told "enough" keeps the best of its whole epochs; in the first, what that has learned."""

import dataclasses

import pytest
import torch

from model.training.inference import logits


def _until(events, flag, kind, **wanted):
    """All events of a training that is told "enough" at the first event of this kind."""
    told = []
    for event in events:
        told.append(event)
        if event["kind"] == kind and all(event[name] >= value for name, value in wanted.items()):
            flag.append(True)
    return told


def _kinds(events):
    return [event["kind"] for event in events if event["kind"] != "progress"]


def test_after_an_epoch_the_best_so_far_is_kept(task):
    flag, network = [], task.network()
    events = _until(task.events(network, enough=lambda: bool(flag)), flag, "epoch", epoch=2)
    assert _kinds(events) == ["boot", "epoch", "improved", "epoch", "improved", "done"]
    assert (events[-1]["ended"], events[-1]["epochs"]) == ("stopped", 2)
    assert events[-1]["validation"] == events[-3]["validation"]
    assert "share" not in events[-3]


def test_in_a_later_epoch_what_was_begun_is_dropped(task, every_batch):
    flag, stopped = [], task.network()
    events = _until(task.events(stopped, enough=lambda: bool(flag)), flag, "progress", epoch=3, share=0.5)
    assert events[-2]["kind"] == "progress" and events[-2]["share"] < 0.6, "it ended at once"
    assert (events[-1]["ended"], events[-1]["epochs"], events[-1]["best_epoch"]) == ("stopped", 2, 2)
    flag, whole = [], task.network()
    _until(task.events(whole, enough=lambda: bool(flag)), flag, "epoch", epoch=2)
    assert task.weights(stopped) == task.weights(whole)


def test_the_kept_epoch_is_the_best_not_the_last(task):
    settings = dataclasses.replace(task.settings, epochs=50, patience=None, schedule="none", learning_rate=0.05)
    flag, worse, network = [], [], task.network()
    for event in task.events(network, settings=settings, enough=lambda: bool(flag)):
        if event["kind"] == "epoch":
            worse.append(event["validation"]["loss"])
            if worse[-1] > min(worse):
                flag.append(True)
    assert (event["ended"], event["epochs"], event["best_epoch"]) == ("stopped", len(worse), len(worse) - 1)
    loss = torch.nn.functional.cross_entropy(
        torch.from_numpy(logits(network, task.validation)), task.validation.labels
    )
    assert loss.item() == pytest.approx(min(worse), rel=1e-4)


def test_in_the_first_epoch_what_there_is_is_validated(task, every_batch):
    flag, network = [], task.network()
    events = _until(task.events(network, enough=lambda: bool(flag)), flag, "progress", share=0.5)
    assert _kinds(events) == ["boot", "epoch", "improved", "done"]
    epoch, done = events[-3], events[-1]
    assert 0.5 <= epoch["share"] < 0.6 and epoch["epoch"] == 1
    assert (done["ended"], done["epochs"], done["best_epoch"]) == ("stopped", 1, 1)
    accuracy = (logits(network, task.validation).argmax(1) == task.validation.labels.numpy()).mean()
    assert accuracy == pytest.approx(epoch["validation"]["accuracy"])
    assert task.weights(network) != task.weights(task.network()), "it has learned something"
    seconds = epoch["share"] * len(task.train) / done["documents_per_second"]
    assert 0 < seconds <= done["seconds"], "the rate counts the texts that were read"


@pytest.mark.parametrize(("kind", "share"), [("progress", 0.5), ("epoch", 0)])
def test_killed_before_its_report_a_stopped_training_does_not_train_on(task, every_batch, tmp_path, kind, share):
    path, flag, stopped, again = tmp_path / "checkpoint", [], task.network(), task.network()
    wanted = {"share": share} if share else {}
    first = _until(task.events(stopped, enough=lambda: bool(flag), checkpoint=path), flag, kind, **wanted)
    rest = list(task.events(again, checkpoint=path))
    assert _kinds(rest) == ["boot", "done"]
    assert rest[0]["history"] == [event for event in first if event["kind"] == "epoch"]
    assert (rest[-1]["ended"], rest[-1]["validation"]) == ("stopped", first[-1]["validation"])
    assert task.weights(again) == task.weights(stopped)


def test_the_end_has_its_reason(task):
    *_, done = task.events(task.network(), enough=lambda: False)
    assert done["ended"] == "epochs"
    settings = dataclasses.replace(task.settings, epochs=50, patience=1, schedule="none", learning_rate=0.05)
    *_, early, done = task.events(task.network(), settings=settings)
    assert (early["kind"], done["ended"]) == ("early_stop", "early stop")


def test_asking_changes_nothing(task, every_batch):
    plain, asked, questions = task.network(), task.network(), []
    list(task.events(plain))
    *_, done = task.events(asked, enough=lambda: questions.append(1))
    assert task.weights(plain) == task.weights(asked) and done["ended"] == "epochs"
    assert len(questions) > 4 * 23, "after every progress and every epoch"


def test_more_epochs_go_on_from_the_end_of_fewer(task, tmp_path):
    path = tmp_path / "checkpoint"
    settings = dataclasses.replace(task.settings, schedule="none")
    short = dataclasses.replace(settings, epochs=2)
    list(task.events(task.network(), settings=short, checkpoint=path))
    longer, whole = task.network(), task.network()
    *_, done = task.events(longer, settings=settings, checkpoint=path)
    list(task.events(whole, settings=settings))
    assert done["epochs"] == 4 and task.weights(longer) == task.weights(whole)
