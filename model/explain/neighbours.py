"""Words whose embeddings point the same way: what the model takes for nearly the same."""

import numpy as np


def nearest_words(matrix: np.ndarray, id: int, *, k: int = 8, first: int = 2) -> list[tuple[int, float]]:
    """The `k` words nearest to word `id` by cosine, nearest first, as (id, cosine); equal ones by id.

    matrix (V, E) holds a row a word. Ids below `first` are no words (PAD, UNK) and are left out, as are the word
    itself and rows that are zero or not finite; a word with such a row has no neighbours. Raises ValueError for an
    id without a row.
    """
    if not 0 <= id < len(matrix):
        raise ValueError(f"there is no word {id} among {len(matrix)}")
    matrix = np.asarray(matrix, dtype=np.float32)
    word = matrix[id]
    length = float(np.linalg.norm(word))
    if not np.isfinite(length) or length == 0:
        return []
    # Lengths and products in one pass each, without a second matrix of unit rows.
    lengths = np.sqrt(np.einsum("ve,ve->v", matrix, matrix))  # (V,)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        cosines = (matrix @ (word / length)) / lengths  # (V,)
    cosines[~np.isfinite(cosines)] = -np.inf
    cosines[:first] = cosines[id] = -np.inf
    count = min(max(k, 0), int(np.isfinite(cosines).sum()))
    if not count:
        return []
    least = np.partition(cosines, -count)[-count]
    places = np.flatnonzero(cosines >= least)  # in the order of ids, which a stable sort keeps among equals
    places = places[np.argsort(-cosines[places], kind="stable")][:count]
    return [(int(place), float(np.clip(cosines[place], -1, 1))) for place in places]
