"""Suggestions for a text: what copying needs for generated lines, smaller steps for a short text, else nothing."""

import pytest

from model.training.language_settings import LanguageSettings
from model.training.language_suggestions import COPYING, suggested_language


def values(name, tokens, unit="words"):
    profile = {"name": name, "tokens": {unit: {"train": tokens, "validation": 9, "test": 9}}}
    found = suggested_language(profile, unit=unit)
    assert all(each.reason.endswith(".") for each in found)
    return {each.option: each.value for each in found}


@pytest.mark.parametrize("name", ["repeat", "repeat:2000", "repeat:zh:5000"])
def test_generated_lines_get_what_copying_needs(name):
    assert values(name, 140_000) == values(name, 1_000_000) == COPYING
    assert values(name, 32_000) == COPYING | {"epochs": 44}  # 32,000 / 1,400 steps an epoch, to make a thousand
    assert values(name, 1_600) == COPYING | {"epochs": 50}
    settings = LanguageSettings.from_dict(COPYING)
    assert settings.window > 60 and all(getattr(LanguageSettings(), name) != value for name, value in COPYING.items())


@pytest.mark.parametrize("unit", ["words", "characters"])
def test_a_short_text_gets_more_and_smaller_steps(unit):
    assert values("novel.txt", 104_999, unit) == {"batch_size": 5, "epochs": 20}
    assert values("novel.txt", 105_000, unit) == {} == values("repeated.txt", 10_000_000, unit)


def test_generated_lines_read_by_characters_are_a_text_like_any_other():
    assert values("repeat", 1_000_000, "characters") == {}
