"""Suggestions: only what differs, within the settings' bounds, by the size of the training texts alone."""

import pytest

from model.training.settings import Settings
from model.training.suggestions import suggested


def values(train, p95=200, **rest):
    profile = {"splits": {"train": train, "validation": 10, "test": 10}, "lengths": {"p95": p95}, **rest}
    return {suggestion.option: suggestion.value for suggestion in suggested(profile)}


@pytest.mark.parametrize(
    ("train", "expected"),
    [
        (8, {"batch_size": 8, "epochs": 40, "patience": 10}),
        (249, {"batch_size": 8, "epochs": 40, "patience": 10}),
        (250, {"batch_size": 16, "epochs": 20, "patience": 8}),
        (999, {"batch_size": 16, "epochs": 20, "patience": 8}),
        (1000, {"batch_size": 16}),
        (2499, {"batch_size": 16}),
        (2500, {}),
        (99_999, {}),
        (100_000, {"epochs": 5}),
        (300_000, {"epochs": 3}),
        (1_000_000, {"epochs": 2}),
    ],
)
def test_few_texts_get_more_steps_and_many_fewer_passes(train, expected):
    assert values(train) == expected


@pytest.mark.parametrize(
    ("p95", "train", "expected"),
    [
        (400, 4000, {}),
        (401, 4000, {"max_tokens": 500}),
        (700, 4000, {"max_tokens": 700}),
        (5000, 4000, {"max_tokens": 1000}),
        (5000, 20_001, {}),
    ],
)
def test_long_texts_are_kept_whole_where_that_does_not_take_too_long(p95, train, expected):
    assert values(train, p95) == expected


@pytest.mark.parametrize("train", [1, 400, 1500, 5000, 100_000, 3_000_000])
@pytest.mark.parametrize("p95", [5, 800])
def test_settings_take_them_and_each_says_why(train, p95):
    profile = {"splits": {"train": train}, "lengths": {"p95": p95}}
    found = suggested(profile)
    assert len({suggestion.option for suggestion in found}) == len(found)
    settings = Settings.from_dict({suggestion.option: suggestion.value for suggestion in found})
    for suggestion in found:
        assert getattr(settings, suggestion.option) != getattr(Settings(), suggestion.option)
        assert suggestion.reason.endswith(".") and suggestion.reason.count(".") == 1


def test_few_texts_never_take_much_longer_than_five_thousand_do():
    usual = 5000 * Settings().epochs / Settings().batch_size
    for train in range(10, 2500, 10):
        settings = Settings.from_dict(values(train))
        assert train * settings.epochs / settings.batch_size <= 1.5 * usual


def test_a_real_profile_is_understood():
    from model.data.diagnostic import generate
    from model.data.profile import profile_of

    assert {suggestion.option for suggestion in suggested(profile_of(generate("keyword", rows=300)))} == {
        *("batch_size", "epochs", "patience")
    }
