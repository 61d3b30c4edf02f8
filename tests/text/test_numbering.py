"""Keys as numbers: what a vocabulary is made of, without the texts."""

import numpy as np

from model.text.numbering import Numbered, Numbering, joined, rank
from model.text.segmentation import segment_keys
from model.text.vocabulary import Vocabulary

TEXTS = ["The cat saw the cat.", "", "A dog, the dog’s!", "北京 cat"]


def test_numbers_are_given_in_order_of_appearance():
    numbering = Numbering()
    flat, lengths = numbering.add(["b a b", "", "c a"])
    assert (flat.tolist(), lengths.tolist()) == ([0, 1, 0, 2, 1], [3, 0, 2])
    assert (flat.dtype, lengths.dtype) == (np.int32, np.int64)
    assert numbering.add(["c d"]).flat.tolist() == [2, 3] and numbering.keys == ["b", "a", "c", "d"]


def test_the_numbers_stand_for_the_keys_of_the_texts():
    numbering = Numbering()
    flat, lengths = numbering.add(TEXTS)
    keys = [numbering.keys[number] for number in flat]
    assert keys == [key for row in segment_keys(TEXTS) for key in row]
    assert lengths.tolist() == [len(row) for row in segment_keys(TEXTS)]


def test_what_another_numbered_is_translated():
    here, there = Numbering(), Numbering()
    here.add(["a b"])
    flat = there.add(["c b c"]).flat
    assert here.translation(there.keys)[flat].tolist() == [2, 1, 2] and here.keys == ["a", "b", "c"]


def test_parts_are_joined_in_their_order():
    parts = [Numbering().add(["a b", "c"]), Numbering().add([]), Numbering().add(["d"])]
    flat, lengths = joined(parts)
    assert (flat.tolist(), lengths.tolist()) == ([0, 1, 2, 0], [2, 1, 1])
    assert [len(column) for column in joined([])] == [0, 0] and isinstance(joined([]), Numbered)


def test_the_order_is_that_of_a_vocabulary():
    keys, counts = ["b", "ä", "a", "Z", "rare"], np.array([2, 2, 2, 5, 0])
    assert [keys[place] for place in rank(keys, counts)] == ["Z", "a", "b", "ä", "rare"]
    assert rank([], np.zeros(0, np.int64)).tolist() == []
    fitted = Vocabulary.fit_keys([["b", "ä", "a", "Z"], ["Z", "a", "b", "ä"]], min_frequency=1)
    keys, counts = ["b", "ä", "a", "Z"], np.array([2, 2, 2, 2])
    assert fitted.words[2:] == [keys[place] for place in rank(keys, counts)]


def test_ties_are_in_code_point_order_however_many():
    keys = [f"k{number:03}" for number in np.random.default_rng(0).permutation(300)]
    counts = np.random.default_rng(1).integers(0, 3, 300)
    assert rank(keys, counts).tolist() == sorted(range(300), key=lambda place: (-counts[place], keys[place]))
