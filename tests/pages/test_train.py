"""The Train page: data in by three ways, one button, trainings that anybody with the address sees."""

import shutil

import pytest

from model.errors import RunError
from model.networks.presets import PRESETS
from model.runs.run import Run
from model.runs.store import create_run, list_runs

TABLE = "text,label,split\n" + "".join(
    f"text number {i} about {'good' if i % 2 else 'bad'} things,{'pos' if i % 2 else 'neg'},train\n"
    for i in range(60)
)


@pytest.fixture
def one(trained, empty_root):
    """A run of one's own to play with, beside none other."""

    def one(state: str, message: str = "", events=()) -> Run:
        spec = trained["lstm 13"].spec
        run = create_run(
            empty_root,
            data={**spec["data"], "folder": None},
            settings=spec["settings"],
            versions=spec["versions"],
        )
        for event in events:
            run.append_event(event)
        run.set_state(state, message=message)
        return run

    return one


PROGRESS = {
    "kind": "progress", "epoch": 1, "share": 0.5, "loss": 0.61, "accuracy": 0.66, "documents_per_second": 1234.0,
    "learning_rate": 0.0012,
}  # fmt: skip


@pytest.fixture
def no_estimates(monkeypatch):
    """A measurement on this machine is another test's business."""
    from pages.components import time_estimate

    monkeypatch.setattr(time_estimate, "time_estimate", lambda *args, **options: None)


pytestmark = pytest.mark.usefixtures("no_estimates")


def test_the_form_opens_on_the_built_in_data(empty_root, queue, visit, read, said):
    test = visit("train")
    assert "pressed now, it begins as soon as they are" in said(test)
    assert "Length of the texts" in said(test)  # its place is kept, so that Train is not moved under the pointer
    read(test)
    assert not test.error
    assert "5,000 texts in 2 classes" in said(test).replace("*", "")
    assert test.session_state["presets"] == ["lstm", "bilstm-additive"]
    assert not test.button(key="train").disabled
    assert "2 trainings on one and the same split" in said(test)


def test_training_queues_every_network_and_seed_and_shows_them(empty_root, queue, visit, read, said):
    test = visit("train", data="Generated", task="diagnostic:negation")
    test.number_input(key="rows").set_value(200)
    test.number_input(key="seeds").set_value(2)
    test.text_area(key="watched").set_value("one\n\n two words \nthree\nfour")
    test.number_input(key="option-hidden_size").set_value(16)
    read(test)
    test.button(key="train").click().run()
    assert not test.exception and not test.error
    assert [run.spec["preset"] for run in queue.submitted] == ["lstm", "lstm", "bilstm-additive", "bilstm-additive"]
    assert [run.spec["seed"] for run in queue.submitted] == [13, 14, 13, 14]
    assert {run.spec["settings"]["hidden_size"] for run in queue.submitted} == {16}
    assert {len(run.spec["probe"]) for run in queue.submitted} == {12}
    assert queue.submitted[0].spec["probe"][:3] == ["one", "two words", "three"]
    assert test.query_params["runs"] == ",".join(run.id for run in queue.submitted)
    assert "place 3 in the queue" in said(test).replace("\\", "")


def test_a_press_before_other_texts_are_read_counts_once_they_are(empty_root, queue, visit, read, said):
    test = read(visit("train", data="Generated"))
    test.number_input(key="rows").set_value(200)
    test.button(key="train").click().run()  # as a browser sends them where a number is typed and the button pressed
    assert not test.error and queue.submitted == []
    assert "Begins as soon as the texts are read." in said(test)
    read(test)
    assert test.query_params["runs"] == ",".join(run.id for run in queue.submitted)
    assert [run.spec["data"]["name"] for run in queue.submitted] == ["diagnostic:keyword:200"] * 2
    del test.query_params["runs"]
    read(test).number_input(key="rows").set_value(200)
    assert not read(test).button(key="train").disabled and len(queue.submitted) == 2  # it counted once


def test_a_press_while_the_texts_are_read_counts_once_they_are(empty_root, queue, visit, read, said):
    test = read(visit("train", data="Generated"))
    test.number_input(key="rows").set_value(200).run()  # drawn anew, but perhaps not yet in the browser
    test.button(key="train").click().run()
    assert not test.error and queue.submitted == []
    read(test)
    assert [run.spec["data"]["name"] for run in queue.submitted] == ["diagnostic:keyword:200"] * 2


def test_without_texts_there_is_nothing_to_press(empty_root, queue, visit, read, said):
    test = read(visit("train", data="Upload"))
    assert test.button(key="train").disabled and "Can begin once the texts are chosen and read." in said(test)


def test_a_press_does_not_count_for_texts_chosen_after_it(empty_root, queue, visit, read, said):
    test = read(visit("train", data="Generated"))
    test.number_input(key="rows").set_value(200)
    test.button(key="train").click().run()
    test.number_input(key="rows").set_value(400)
    read(test)
    assert queue.submitted == [] and not test.button(key="train").disabled
    assert "Begins as soon" not in said(test)


def test_a_press_on_texts_that_are_refused_waits_for_nothing(empty_root, queue, visit, upload, read, said):
    test = read(upload(visit("train", data="Upload"), "reviews.csv", TABLE.encode()))
    test.selectbox(key="split-column").set_value("none: split 80/10/10")
    test.selectbox(key="label-column").set_value("text")
    test.button(key="train").click().run()
    read(test)
    assert test.error and "Begins as soon" not in said(test)
    assert queue.submitted == [] and test.button(key="train").disabled


def test_a_full_queue_leaves_no_trace_of_what_found_no_room(empty_root, queue, visit, read, said):
    queue.error = RunError("the queue is full (1 trainings wait)")
    test = visit("train", data="Generated")
    test.number_input(key="rows").set_value(200)
    read(test)
    test.button(key="train").click().run()
    assert "1 of 2 trainings were started: the queue is full" in said(test)
    assert [run.id for run in list_runs(empty_root)] == [queue.submitted[0].id]


def test_no_network_no_button(empty_root, queue, visit, read):
    test = read(visit("train", data="Generated"))
    for preset in ("lstm", "bilstm-additive"):
        test.checkbox(key=f"presets-{preset}").uncheck()
    test.run()
    assert test.button(key="train").disabled


def test_more_trainings_than_fit_are_refused_before_they_begin(empty_root, queue, visit, read, said):
    test = visit("train", data="Generated")
    test.session_state["presets"] = [*PRESETS][:6]
    test.number_input(key="seeds").set_value(10)
    read(test)
    assert "60 trainings are more than the 50 that fit at once" in said(test)
    assert test.button(key="train").disabled


def test_settings_go_back_to_the_defaults(empty_root, queue, visit, read, said):
    test = read(visit("train", data="Generated"))
    test.number_input(key="option-epochs").set_value(3).run()
    assert "Changed: Epochs 3" in said(test)
    test.button(key="settings-reset").click().run()
    assert "Changed" not in said(test)


def test_an_upload_is_previewed_guessed_and_counted(empty_root, queue, visit, upload, read, said):
    test = visit("train", data="Upload")
    assert test.button(key="train").disabled
    rows = TABLE + "text number 1 about good things,pos,train\n,pos,train\nno label here,,train\n"
    test = read(upload(test, "reviews.csv", rows.replace(",train", ",").encode()))
    assert test.query_params["upload"]
    assert (
        test.multiselect(key="text-columns").value == ["text"] and test.selectbox(key="label-column").value == "label"
    )
    test.selectbox(key="split-column").set_value("none: split 80/10/10")
    page = said(read(test)).replace("\\", "").replace("*", "")
    assert "60 texts in 2 classes: 48 to train, 6 to validate, 6 to test" in page
    assert "Left out: 1 duplicates, 1 empty and 1 no label" in page
    assert not test.button(key="train").disabled


def test_a_reload_finds_the_upload_again(empty_root, queue, visit, upload, read, said):
    first = read(upload(visit("train", data="Upload"), "reviews.csv", TABLE.encode()))
    again = read(visit("train", data="Upload", upload=first.query_params["upload"]))
    assert "reviews\\.csv" in said(again) and not again.button(key="train").disabled
    again.button(key="another-file").click().run()
    assert "upload" not in again.query_params and again.get("file_uploader")
    gone = visit("train", data="Upload", upload=first.query_params["upload"])
    assert not gone.exception and "choose the file again" in gone.error[0].value


def test_a_warning_offers_its_mend(empty_root, queue, visit, upload, read, said):
    rare = "text,label\n" + "".join(
        f"text number {i} about things,{'rare' if i % 20 == 0 else 'usual'}\n" for i in range(400)
    )
    test = read(upload(visit("train", data="Upload"), "uneven.csv", rare.encode()))
    button = next(each for each in test.button if each.key.startswith("mend-") and "lass" in each.label)
    button.click().run()
    assert test.selectbox(key="option-class_weights").value == "balanced"
    assert test.button(key=button.key).disabled and test.button(key=button.key).label.endswith(": done")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("broken.json", b"{", "broken.json"),
        ("one.csv", b"text,label\na b c,x\nd e f,x\ng h i,x\n", "class"),
        ("empty.csv", b"", "empty.csv"),
    ],
)
def test_what_is_no_table_is_said_in_a_sentence(empty_root, queue, visit, upload, read, name, content, says):
    test = read(upload(visit("train", data="Upload"), name, content))
    assert says in test.error[0].value.replace("\\", "")
    assert test.button(key="train").disabled


def test_a_running_training_shows_where_it_is(one, queue, visit, said):
    run = one("running", events=[PROGRESS])
    test = visit("train", runs=run.id)
    assert not test.exception
    page = said(test)
    assert "LSTM, seed 13" in page
    assert len(test.get("vega_lite_chart")) == 2
    bar = test.progress[0]
    assert bar.value == round(100 * 0.5 / run.spec["settings"]["epochs"])
    for part in ("epoch 1 of 2", "loss 0\\.610", "1,234 documents/s", "learning rate 0\\.0012"):
        assert part in bar.text
    test.button(key=f"stop-{run.id}").click().run()
    assert queue.stopped == [run.id]
    test.button(key=f"cancel-{run.id}").click().run()
    assert queue.cancelled == [run.id]


def test_a_failure_is_a_sentence_and_can_be_resumed(one, queue, visit, said):
    run = one("failed", message="the loss is no longer a number in epoch 2; lower the learning rate")
    test = visit("train", runs=run.id)
    assert "no longer a number" in test.error[0].value
    test.button(key=f"resume-{run.id}").click().run()
    assert [resumed.id for resumed in queue.resumed] == [run.id]


def test_finished_trainings_lead_to_the_comparison(root, trained, queue, visit, said):
    ids = ",".join(trained[name].id for name in ("lstm 13", "bilstm-additive 13"))
    test = visit("train", runs=ids)
    assert not test.exception
    page = said(test)
    assert "Of 30 test texts" in page and "logistic regression" in page and "95 % interval" in page
    test.button(key="compare").click().run()
    assert not test.exception
    assert test.title[0].value == "Compare"
    assert test.query_params["runs"] == ids


def test_an_address_with_no_such_training(empty_root, queue, visit):
    test = visit("train", runs="20200101-000000-abcdef,../..")
    assert not test.exception
    assert "there is no run 20200101-000000-abcdef" in test.error[0].value
    assert "is no run id" in test.error[1].value


def test_a_server_that_starts_no_jobs_says_why(empty_root, queue, visit):
    queue.trouble = "another Attention Lab server works on these runs"
    test = visit("train")
    assert test.warning[0].value == queue.trouble
    assert test.button(key="train").disabled


def test_a_training_deleted_while_it_is_watched(one, queue, visit):
    run = one("running", events=[PROGRESS])
    test = visit("train", runs=run.id)
    shutil.rmtree(run.folder)
    assert not test.run().exception
