"""Candidates that are the same for every side, and the choice between them."""

import pytest

from model.studies.search import SEARCH_SEED, TABLE, best, candidates
from model.training.settings import FIRST_SEED, Settings


def test_the_first_candidate_is_the_settings_as_they_are():
    own, *others = candidates(6, Settings(learning_rate=7e-3))
    assert own == {"learning_rate": 7e-3, "dropout": 0.5, "embedding_dropout": 0.3, "word_dropout": 0.1}
    for other in others:
        assert all(other[name] in values for name, values in TABLE.items())


def test_candidates_differ_and_more_of_them_begin_with_the_same():
    many = candidates(50, Settings())
    assert len({tuple(candidate.items()) for candidate in many}) == 50
    assert candidates(4, Settings()) == many[:4]
    for name, values in TABLE.items():
        assert {candidate[name] for candidate in many} == set(values)
    for candidate in many:
        Settings(**candidate)


def test_the_searchs_seed_is_none_of_the_duels():
    assert SEARCH_SEED < FIRST_SEED


def result(candidate, loss, accuracy=0.5):
    return {"side": "lstm", "candidate": candidate, "loss": loss, "accuracy": accuracy, "problem": ""}


@pytest.mark.parametrize(
    ("results", "chosen"),
    [
        ([result(0, 0.5), result(1, 0.4), result(2, 0.6)], 1),
        ([result(0, 0.5, 0.7), result(1, 0.5, 0.8)], 1),
        ([result(1, 0.5), result(0, 0.5)], 0),
        ([result(0, None, None), result(1, 0.9)], 1),
        ([result(0, None, None)], None),
        ([], None),
    ],
)
def test_the_lowest_validation_loss_is_the_best(results, chosen):
    assert best(results) == chosen
