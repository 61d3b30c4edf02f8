"""How attention grew: what the page shows of an epoch is what the training told then."""

import json
import math
import shutil

import pytest


@pytest.fixture
def face(root, trained, visit):
    runs = ",".join(run.id for run in trained.values())
    return lambda **query: visit("compare", runs=runs, view="growth", **query)


def told(run, epoch):
    """What a run told of its probe texts after an epoch, or before training."""
    for event in run.events()[0]:
        if (event["kind"] == "boot" and not epoch) or (event["kind"] == "epoch" and event["epoch"] == epoch):
            return event["probe"]
    raise AssertionError(f"no epoch {epoch}")


def test_it_opens_with_the_epoch_that_was_kept(face, trained, drawn, said):
    run = trained["bilstm-additive 13"]
    test = face()
    assert not test.exception and not test.error
    best = run.report["best_epoch"]
    assert test.select_slider(key="epoch").value == str(best)
    assert drawn(test, "grown-strip-0-0")["values"] == pytest.approx(told(run, best)[0]["weights"], rel=1e-3)
    assert drawn(test, "grown-strip-2-0") and not drawn(test, "grown-strip-3-0")  # three texts at first
    assert len(test.get("plotly_chart")) == 3


@pytest.mark.parametrize("epoch", [0, 1, 2])
def test_the_slider_shows_every_epoch_and_before(face, trained, drawn, said, epoch):
    run = trained["bilstm-additive 13"]
    test = face()
    test.select_slider(key="epoch").set_value(str(epoch)).run()
    output = told(run, epoch)[1]
    assert drawn(test, "grown-strip-1-0")["values"] == pytest.approx(output["weights"], rel=1e-3)
    weights = [weight / sum(output["weights"]) for weight in output["weights"]]
    entropy = -sum(w * math.log(w) for w in weights if w) / math.log(len(weights))
    best = max(output["probabilities"])
    assert f"entropy {100 * entropy:.1f} % of the most it could be" in said(test)
    assert f"{100 * best:.0f} %" in said(test)
    default = run.report["best_epoch"]
    assert test.query_params.get("epoch") == (None if epoch == default else str(epoch))


def test_two_models_stand_beside_each_other(face, trained, drawn, said):
    plain, other = trained["lstm 13"], trained["bilstm-additive 14"]
    test = face(grown=other.id, **{"grown-beside": plain.id, "epoch": "1"})
    assert not test.exception
    assert drawn(test, "grown-strip-0-0")["values"] == pytest.approx(told(other, 1)[0]["weights"], rel=1e-3)
    strip = drawn(test, "grown-strip-0-1")
    assert strip["values"] is None and strip["note"] == "this model has no attention"
    assert "**BiLSTM \\+ additive attention**, seed 14" in said(test) and "**LSTM**, seed 13" in said(test)


def test_more_texts_come_on_demand(face, drawn):
    test = face()
    test.button(key="more-grown").click().run()
    assert drawn(test, "grown-strip-5-0") and not drawn(test, "grown-strip-6-0")


def test_the_label_of_a_probe_is_known(face, said, trained):
    from pages.components import caches

    validation = caches.dataset(trained["lstm 13"]).validation
    probe = trained["bilstm-additive 13"].spec["probe"][0]
    label = validation.labels[validation.texts.index(probe)]
    assert f"label **{label}**" in said(face())


def test_runs_without_probes_say_so(root, trained, tmp_path, monkeypatch, visit, said):
    ids = [f"20200101-000000-00000{number}" for number in range(len(trained))]  # no memory knows them with probes
    for run, run_id in zip(trained.values(), ids, strict=True):
        copied = tmp_path / run_id
        shutil.copytree(run.folder, copied)
        spec = {name: value for name, value in run.spec.items() if name != "probe"}  # as older versions wrote it
        (copied / "spec.json").write_text(json.dumps(spec))
    monkeypatch.setenv("ATTENTION_LAB_RUNS", str(tmp_path))
    test = visit("compare", runs=",".join(ids), view="growth")
    assert not test.exception
    assert "kept no texts from epoch to epoch" in said(test)


@pytest.mark.parametrize("name", ["grown", "grown-beside", "epoch"])
def test_nonsense_in_an_address_is_let_lie(face, name):
    assert not face(**{name: "<script>"}).exception
