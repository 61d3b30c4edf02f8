"""The demo runs are made kind by kind: those of the other kind, and runs too large to come along, are not touched."""

from dataclasses import replace

import pytest

from model.runs.kinds import CLASSIFIER, LANGUAGE_MODEL
from model.runs.store import list_runs
from model.studies import demo
from model.training.language_settings import LanguageSettings
from model.training.settings import Settings

TINY = LanguageSettings(layers=1, hidden_size=4, embedding_size=4, window=7, epochs=1)


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A place for demo runs, and small ones to make: two language models and a classifier."""
    monkeypatch.setattr(demo, "DEMO_ROOT", tmp_path / "models")
    monkeypatch.setattr(demo, "CLASSIFIERS", {"diagnostic:keyword:200": ("lstm",)})
    monkeypatch.setattr(demo, "Settings", lambda: Settings(hidden_size=4, embedding_size=4, vectors="none", epochs=1))
    monkeypatch.setattr(demo, "LANGUAGE_MODELS", {"repeat:3000": ("lstm-lm", "lstm-attention-lm")})
    monkeypatch.setattr(demo, "LANGUAGE_SETTINGS", {"repeat:3000": TINY})
    return tmp_path / "models"


def _kinds(root):
    return {run.id: run.kind for run in list_runs(root)}


def test_each_kind_is_made_without_touching_the_other(root, capsys):
    demo.main(["classifiers"])
    classifiers = _kinds(root)
    assert set(classifiers.values()) == {CLASSIFIER}
    demo.main(["language-models"])
    first = _kinds(root)
    assert first.items() > classifiers.items() and list(first.values()).count(LANGUAGE_MODEL) == 2
    demo.main(["language-models"])
    again = _kinds(root)
    assert again.items() > classifiers.items() and len(again) == 3 and set(again) != set(first)
    assert "repeat:3000 lstm-lm: test perplexity" in capsys.readouterr().out
    for run in list_runs(root):
        assert run.report and run.state["state"] == "done" and run.predictions() is not None


def test_a_run_too_large_leaves_the_present_ones(root, monkeypatch):
    demo.main(["language-models"])
    before = _kinds(root)
    monkeypatch.setattr(demo, "LARGEST", 10)
    with pytest.raises(SystemExit, match=r"lstm-lm takes [0-9,]+ bytes; 10 are allowed"):
        demo.main(["language-models"])
    assert _kinds(root) == before


def test_another_name_is_refused():
    with pytest.raises(SystemExit, match="models: name classifiers or language-models"):
        demo.main(["models"])


def test_every_language_model_has_its_settings():
    assert demo.LANGUAGE_SETTINGS.keys() == demo.LANGUAGE_MODELS.keys()
    for name, presets in demo.LANGUAGE_MODELS.items():
        for preset in presets:
            replace(demo.LANGUAGE_SETTINGS[name], preset=preset)
