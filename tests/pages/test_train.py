"""The Train page: data in by three ways, one button, trainings that anybody with the address sees."""

import shutil

import pytest

from model.errors import RunError
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


def test_the_form_opens_on_the_built_in_data(empty_root, queue, visit, said):
    test = visit("train")
    assert not test.exception and not test.error
    assert "5,000 texts" in said(test) and "2 classes" in said(test)
    assert test.multiselect(key="presets").value == ["lstm", "bilstm-additive"]
    assert not test.button(key="train").disabled
    assert "2 trainings on one and the same split" in said(test)


def test_training_queues_every_network_and_seed_and_shows_them(empty_root, queue, visit, said):
    test = visit("train", data="Generated", task="diagnostic:negation")
    test.number_input(key="rows").set_value(200)
    test.number_input(key="seeds").set_value(2)
    test.number_input(key="option-hidden_size").set_value(16).run()
    assert "Hidden size 16" in said(test)
    test.button(key="train").click().run()
    assert not test.exception and not test.error
    assert [run.spec["preset"] for run in queue.submitted] == ["lstm", "lstm", "bilstm-additive", "bilstm-additive"]
    assert [run.spec["seed"] for run in queue.submitted] == [13, 14, 13, 14]
    assert {run.spec["settings"]["hidden_size"] for run in queue.submitted} == {16}
    assert test.query_params["runs"] == ",".join(run.id for run in queue.submitted)
    assert "place 3 in the queue" in said(test).replace("\\", "")


def test_a_full_queue_leaves_no_trace_of_what_found_no_room(empty_root, queue, visit, said):
    queue.error = RunError("the queue is full (1 trainings wait)")
    test = visit("train", data="Generated")
    test.number_input(key="rows").set_value(200).run()
    test.button(key="train").click().run()
    assert "1 of 2 trainings were started: the queue is full" in said(test)
    assert [run.id for run in list_runs(empty_root)] == [queue.submitted[0].id]


def test_no_network_no_button(empty_root, queue, visit):
    test = visit("train")
    test.multiselect(key="presets").set_value([]).run()
    assert test.button(key="train").disabled


def test_settings_go_back_to_the_defaults(empty_root, queue, visit, said):
    test = visit("train")
    test.number_input(key="option-epochs").set_value(3).run()
    assert "Changed: Epochs 3" in said(test)
    test.button(key="settings-reset").click().run()
    assert "Changed" not in said(test)


def test_an_upload_is_previewed_guessed_and_counted(empty_root, queue, visit, said):
    test = visit("train", data="Upload")
    assert test.button(key="train").disabled
    rows = TABLE + "text number 1 about good things,pos,train\n,pos,train\nno label here,,train\n"
    test.file_uploader(key="table").upload("reviews.csv", rows.replace(",train", ",").encode(), "text/csv").run()
    assert not test.exception
    assert list(test.dataframe[0].value.columns) == ["text", "label", "split"]
    assert (
        test.multiselect(key="text-columns").value == ["text"] and test.selectbox(key="label-column").value == "label"
    )
    test.selectbox(key="split-column").set_value("none: split 80/10/10").run()
    page = said(test).replace("\\", "")
    assert "60 texts to use: 48 to train, 6 to validate, 6 to test" in page
    assert "1 empty" in page and "1 no label" in page and "1 exact duplicates" in page
    assert not test.button(key="train").disabled


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("broken.json", b"{", "broken.json"),
        ("one.csv", b"text,label\na b c,x\nd e f,x\ng h i,x\n", "class"),
        ("empty.csv", b"", "empty.csv"),
    ],
)
def test_what_is_no_table_is_said_in_a_sentence(empty_root, queue, visit, name, content, says):
    test = visit("train", data="Upload")
    test.file_uploader(key="table").upload(name, content, "text/csv").run()
    assert not test.exception
    assert says in test.error[0].value
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
    assert "Accuracy on the same 30 test texts" in page and "TF-IDF + logistic regression" in page
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
