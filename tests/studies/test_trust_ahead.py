"""Texts of a study are attributed together, and each record is the one that its text has alone."""

import pytest

from model.explain.attribution import attribute_many
from model.explain.figures import predict_ids
from model.studies import trust as room

METHODS = ("saliency", "integrated_gradients", "leave_one_out", "kernel_shap")


def last(steps):
    *_, step = steps
    return step


def close(a, b):
    """The same but for what float32 rounds."""
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(close(a[name], b[name]) for name in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(close, a, b))
    return a == pytest.approx(b, abs=1e-4) if isinstance(a, float) else a == b


@pytest.mark.parametrize("randomize", (False, True))
def test_records_do_not_depend_on_what_ran_beside(study, monkeypatch, tmp_path, randomize):
    options = {"methods": METHODS, "limit": 6, "randomize": randomize}
    together = last(study(root=tmp_path / "together", **options)).records
    monkeypatch.setattr(room, "AHEAD_TEXTS", 1)
    by_ones = last(study(root=tmp_path / "ones", **options)).records
    monkeypatch.setattr(room._Reader, "look_ahead", lambda reader, texts: None)
    alone = last(study(root=tmp_path / "alone", **options)).records
    assert len(alone) == 6 and close(together, alone) and close(by_ones, alone)


def test_texts_are_attributed_some_at_a_time(study, monkeypatch):
    calls = []

    def counted(network, texts, **options):
        calls.append((options["method"], len(texts)))
        return attribute_many(network, texts, **options)

    monkeypatch.setattr(room, "attribute_many", counted)
    monkeypatch.setattr(room, "AHEAD_TEXTS", 3)
    assert last(study(methods=METHODS, limit=7)).done == 7
    ahead = METHODS[:3]  # sampling takes its time: of that nothing is done before its turn
    assert calls == [(method, count) for count in (3, 3, 1) for method in ahead]
    calls.clear()
    monkeypatch.setattr(room, "AHEAD_TOKENS", 1)
    assert last(study(methods=("saliency",), limit=3)).done == 3
    assert calls == [("saliency", 1)] * 3


def test_what_is_kept_is_not_attributed_again(study, monkeypatch):
    last(study(limit=4))
    calls = []
    monkeypatch.setattr(
        room, "attribute_many", lambda *given, **more: calls.append(given) or attribute_many(*given, **more)
    )
    last(study(limit=6))
    assert [len(texts) for _, texts in calls] == [2]


def test_copies_are_asked_about_the_class_that_the_model_predicts(study, monkeypatch):
    asked, attributed = set(), set()

    def predicting(network, ids):
        asked.add(network)
        return predict_ids(network, ids)

    def attributing(network, texts, **options):
        attributed.add(network)
        return attribute_many(network, texts, **options)

    monkeypatch.setattr(room, "predict_ids", predicting)
    monkeypatch.setattr(room, "attribute_many", attributing)
    last(study(methods=("saliency",), limit=3, randomize=True))
    assert len(asked) == 1 < len(attributed)
