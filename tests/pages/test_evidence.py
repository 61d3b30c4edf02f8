"""The sentences on one text, from numbers given by hand."""

from types import SimpleNamespace

import pytest

from model.explain.agreement import Agreement
from model.explain.faithfulness import Faithfulness
from pages.components.evidence import verdict

RANDOM = [Faithfulness(0.01 * place, 0.3) for place in range(20)]  # drops of 0.00, 0.01, … 0.19


def _said(drop, tau=0.5):
    reading = SimpleNamespace(
        label="good",
        weights=[0.5, 0.5],
        faithfulness=lambda method: Faithfulness(drop, 0.1),
        random_faithfulness=lambda: RANDOM,
        agreement=lambda *pair: Agreement(tau, 2, 0.5),
    )
    return " ".join(verdict(reading))


@pytest.mark.parametrize(
    ("drop", "beaten", "meaning"),
    [
        (0.5, 20, "they matter to the model"),
        (0.185, 19, "they matter to the model"),
        (0.175, 18, "not more than chance can do"),
        (0.095, 10, "not more than chance can do"),
        (0.085, 9, "attention points elsewhere"),
        (-0.1, 0, "attention points elsewhere"),
    ],
)
def test_attention_is_held_against_random_rankings(drop, beaten, meaning):
    said = _said(drop)
    assert f"more than **{beaten} of 20** random rankings" in said
    assert meaning in said


@pytest.mark.parametrize(
    ("tau", "alike"), [(0.6, "much alike"), (0.3, "partly alike"), (0.29, "differently"), (-0.5, "differently")]
)
def test_agreement_in_words(tau, alike):
    assert f"rank these words **{alike}**" in _said(0.5, tau)


def test_nothing_is_said_before_it_is_known():
    reading = SimpleNamespace(
        weights=[1.0], faithfulness=lambda m: None, random_faithfulness=lambda: None, agreement=lambda *pair: None
    )
    assert verdict(reading) == []
