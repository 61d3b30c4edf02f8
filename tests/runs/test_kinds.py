"""A run is a classifier's or a language model's, and says so."""

import json

import pytest

from model.errors import RunError
from model.runs.catalogue import entries
from model.runs.kinds import CLASSIFIER, LANGUAGE_MODEL, kind_of
from model.runs.run import DEMO_ROOT, Run
from model.runs.store import delete_run, list_runs
from model.runs.texts import corpus_of
from tests.runs.language_runs import finish_language, language_corpus, language_run


def test_a_run_says_of_which_kind_it_is(make_run, root):
    classifier, language = make_run(), language_run(root)
    assert (Run(classifier.folder).kind, Run(language.folder).kind) == (CLASSIFIER, LANGUAGE_MODEL)
    assert "kind" not in classifier.spec, "as all older ones, which stay as they are"
    assert language.spec["kind"] == "language-model" and language.title == "lstm-attention-lm on cats.txt, seed 13"
    assert {run.id for run in list_runs(root)} == {classifier.id, language.id}


@pytest.mark.parametrize("run", list_runs(DEMO_ROOT), ids=lambda run: run.spec["preset"])
def test_the_demo_runs_are_of_the_kind_of_their_preset(run):
    assert run.kind == (LANGUAGE_MODEL if run.spec["preset"].endswith("-lm") else CLASSIFIER)


@pytest.mark.parametrize("kind", ["oracle", None, 1, ["classifier"]])
def test_a_kind_of_the_future_is_no_run_here(make_run, root, kind):
    run = make_run()
    (run.folder / "spec.json").write_text(json.dumps({**run.spec, "kind": kind}))
    with pytest.raises(RunError, match=r"of the unknown kind .* known are classifier, language-model"):
        Run(run.folder)
    assert list_runs(root) == [] and entries(root) == []


def test_what_is_no_spec_at_all_is_told_by_its_shape():
    assert kind_of([]) == CLASSIFIER


def test_the_data_of_one_kind_is_not_that_of_the_other(make_run, root):
    run = language_run(root)
    spec = {key: value for key, value in run.spec.items() if key != "kind"}
    (run.folder / "spec.json").write_text(json.dumps(spec))
    with pytest.raises(RunError, match=r"data\.report has no 'duplicates'"):
        Run(run.folder)


def test_the_text_of_a_run_is_found_beside_it_or_by_name(root, monkeypatch):
    corpus = language_corpus()
    run = language_run(root, corpus)
    assert corpus_of(run) == corpus
    run.spec["data"]["folder"] = None
    monkeypatch.setattr("model.runs.texts.load_corpus_by_name", lambda name: language_corpus(name=name))
    assert corpus_of(run) == corpus
    run.spec["data"]["sha256"] = "0" * 64
    with pytest.raises(RunError, match=r"'cats\.txt' has changed since run .*; train it again"):
        corpus_of(run)


def test_a_library_tells_the_perplexity_of_a_language_model(root):
    run = language_run(root)
    finish_language(run, perplexity=12.5)
    entry = entries(root)[0]
    assert entry.accuracy is None and entry.perplexity == pytest.approx(12.5)
    report = run.report
    for broken in ({}, [], {"test": None}, {"test": {"perplexity": None}}, {"test": {"perplexity": "a"}}):
        run.save_report(broken)
        assert entries(root)[0].perplexity is None, broken
    run.save_report({**report, "test": {"perplexity": 3}})
    assert entries(root)[0].perplexity == 3.0


def test_baselines_of_a_text_go_with_its_last_run(root):
    runs = [language_run(root, title=title) for title in ("one", "two")]
    sha256 = runs[0].spec["data"]["sha256"]
    (root / "baselines").mkdir()
    kept = [root / "baselines" / f"{sha256[:16]}{ending}.json" for ending in ("-words", "-characters")]
    other = root / "baselines" / f"{'0' * 16}-words.json"
    for path in (*kept, other):
        path.write_text("{}")
    delete_run(runs[0], for_good=True)
    assert all(path.exists() for path in kept) and runs[1].data_folder.is_dir()
    delete_run(runs[1], for_good=True)
    assert not any(path.exists() for path in kept) and other.exists() and not runs[1].data_folder.is_dir()
