"""The Compare page: one split, honest sentences, and a way from each figure to its texts."""

import shutil

import pytest

from model.runs.store import create_run
from pages.components.groups import groups_of


def _ids(trained, *names):
    return ",".join(trained[name].id for name in names)


def test_without_a_model_the_page_says_what_to_do(empty_root, visit, said):
    test = visit("compare")
    assert not test.exception
    assert "There is nothing to compare yet" in said(test)


def test_it_opens_with_a_plain_network_and_one_that_attends(root, trained, visit, said):
    test = visit("compare")
    assert not test.exception and not test.error
    assert set(test.multiselect(key="compared").value) == {run.id for run in trained.values()}
    page = said(test)
    assert "diagnostic:keyword:300 · 30 test texts" in page.replace("\\", "")
    assert "TF-IDF + logistic regression, which reads no order" in page
    assert "They also differ in direction" in page
    assert "exact McNemar test" in page
    assert len(test.get("plotly_chart")) == 4


def test_several_seeds_are_one_group(root, trained, visit, said):
    test = visit("compare", runs=_ids(trained, *trained))
    assert not test.exception
    page = said(test)
    assert "4 trainings" in page and "the chance in each training." in page and "mean of 2 seeds" in page
    assert test.query_params["runs"] == _ids(trained, *trained)
    first, second = groups_of(list(trained.values()))
    assert (first.name, second.name) == ("LSTM", "BiLSTM + additive attention")
    assert [run.spec["seed"] for run in first.runs] == [13, 14]


def test_the_sentence_claims_no_more_than_the_interval(root, trained, visit):
    test = visit("compare", runs=_ids(trained, "lstm 13", "lstm 14", "bilstm-additive 13", "bilstm-additive 14"))
    first, second = groups_of(list(trained.values()))
    interval = first.difference(second)
    verdict = next(element.value for element in test.header if "accuracy (95 %" in element.value)
    assert ("cannot tell" in verdict) == (interval.low <= 0 <= interval.high)
    if "cannot tell" not in verdict:
        assert ("more of these" in verdict) == (interval.low > 0)
    swapped = second.difference(first)
    assert swapped.estimate == pytest.approx(-interval.estimate)


def test_confusion_counts_every_test_text(trained):
    group = groups_of([trained["lstm 13"], trained["lstm 14"]])[0]
    _, counts = group.confusion()
    assert counts.sum() == pytest.approx(30)
    assert counts.diagonal().sum() / 30 == pytest.approx(group.mean)


def test_runs_on_different_texts_are_not_compared(root, trained, visit, said, monkeypatch):
    spec = trained["lstm 13"].spec
    other = create_run(
        root,
        data={**spec["data"], "name": "other", "sha256": "0" * 64, "folder": None},
        settings=spec["settings"],
        versions=spec["versions"],
    )
    try:
        other.save_report(trained["lstm 13"].report)
        other.set_state("done")
        test = visit("compare", runs=f"{_ids(trained, 'lstm 13', 'bilstm-additive 13')},{other.id}")
        assert not test.exception
        assert "tested on different texts" in test.error[0].value
        assert not test.get("plotly_chart")
        test.button(key=f"only-{trained['lstm 13'].id}").click().run()
        assert not test.error and len(test.get("plotly_chart")) == 4
    finally:
        shutil.rmtree(other.folder)


def test_one_run_is_not_enough(root, trained, visit, said):
    test = visit("compare", runs=trained["lstm 13"].id)
    assert "Choose two runs or more" in said(test)


def test_a_deleted_run_in_the_address_is_named(root, trained, visit):
    test = visit("compare", runs=f"{_ids(trained, 'lstm 13', 'lstm 14')},20200101-000000-abcdef")
    assert "there is no run 20200101-000000-abcdef" in test.error[0].value
    assert not test.exception


def test_options_tell_groups_of_one_name_apart(trained):
    class Twin:
        def __init__(self, run, **changes):
            self.spec = {**run.spec, "settings": {**run.spec["settings"], **changes}}

    names = [group.name for group in groups_of([Twin(trained["lstm 13"]), Twin(trained["lstm 13"], hidden_size=32)])]
    assert names == ["LSTM (hidden size 8)", "LSTM (hidden size 32)"]
