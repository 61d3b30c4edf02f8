"""Nearest words: cosines worked out by hand, and rows that cannot be neighbours."""

import numpy as np
import pytest

from model.explain.neighbours import nearest_words


def test_cosines_by_hand_nearest_first():
    matrix = np.array([[0, 0], [9, 9], [1, 0], [2, 0], [1, 1], [0, 3], [-1, 0]])
    found = nearest_words(matrix, 2)
    assert [id for id, _ in found] == [3, 4, 5, 6]
    assert [cosine for _, cosine in found] == pytest.approx([1, 1 / np.sqrt(2), 0, -1])


def test_padding_unknown_and_the_word_itself_are_no_neighbours():
    matrix = np.ones((5, 3))
    assert [id for id, _ in nearest_words(matrix, 3)] == [2, 4]
    assert [id for id, _ in nearest_words(matrix, 3, first=0)] == [0, 1, 2, 4]


def test_rows_without_a_direction_have_no_neighbours_and_are_none():
    matrix = np.array([[1.0, 1], [1, 1], [1, 0], [0, 0], [np.nan, 1], [np.inf, 1], [1, 1]])
    assert [id for id, _ in nearest_words(matrix, 2)] == [6]
    for place in (3, 4, 5):
        assert nearest_words(matrix, place) == []


def test_equal_words_come_by_id_and_no_more_than_k():
    matrix = np.ones((50, 4), dtype=np.float16)
    assert [id for id, _ in nearest_words(matrix, 10, k=3)] == [2, 3, 4]
    assert nearest_words(matrix, 10, k=0) == []
    assert len(nearest_words(matrix, 10, k=100)) == 47
    assert all(cosine == pytest.approx(1) and cosine <= 1 for _, cosine in nearest_words(matrix, 10))


def test_an_id_without_a_row_is_refused():
    for id in (-1, 5):
        with pytest.raises(ValueError, match=f"no word {id} among 5"):
            nearest_words(np.ones((5, 2)), id)


def test_agrees_with_all_cosines():
    matrix = np.random.default_rng(0).normal(size=(400, 20))
    unit = matrix / np.linalg.norm(matrix, axis=1, keepdims=True)
    wanted = [id for id in np.argsort(-(unit @ unit[7])) if id >= 2 and id != 7][:8]
    assert [id for id, _ in nearest_words(matrix, 7)] == wanted
