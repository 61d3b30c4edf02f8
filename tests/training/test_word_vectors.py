"""Which vectors a training begins with: what its settings ask for, if that fits its words."""

import pytest

from model.errors import SettingsError
from model.text.vocabulary import Vocabulary
from model.training.settings import Settings
from model.training.word_vectors import columns_of, pretrained_vectors

WORDS = Vocabulary.fit(["good good film film"], min_frequency=1)


@pytest.fixture
def vectors(tmp_path):
    """A file of vectors of two dimensions, which knows one of the two words."""
    path = tmp_path / "vectors.txt"
    path.write_text("good 1.0 2.0\nother 3.0 4.0\n", encoding="utf-8")
    return str(path)


def test_without_vectors_the_columns_are_the_option_or_64():
    for size, columns in ((None, 64), (7, 7)):
        settings = Settings(vectors="none", embedding_size=size)
        assert pretrained_vectors(settings, WORDS) is None
        assert columns_of(settings, None) == columns


def test_vectors_decide_the_columns(vectors):
    for size in (None, 2):
        settings = Settings(vectors=vectors, embedding_size=size)
        found = pretrained_vectors(settings, WORDS)
        assert found.matrix[WORDS.words.index("good")].tolist() == [1.0, 2.0]
        assert columns_of(settings, found) == 2


def test_a_size_that_contradicts_the_vectors_is_an_error_that_names_both(vectors):
    with pytest.raises(SettingsError, match=r"embedding_size is 8, but the vectors .* have 2 dimensions"):
        pretrained_vectors(Settings(vectors=vectors, embedding_size=8), WORDS)
