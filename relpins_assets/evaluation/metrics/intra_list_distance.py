"""How unlike each other the pins of one list are (Ziegler et al. 2005; Smyth & McClave 2001)."""

import numpy as np
import numpy.typing as npt

BLOCK = 1024  # lists whose vectors are gathered at once


def intra_list_distance(
    lists: npt.NDArray[np.int64], vectors: npt.NDArray[np.float32], k: int
) -> npt.NDArray[np.float64]:
    """(q,) mean of 1 - cosine over the pairs among the first k; nan for lists of fewer than two.

    lists: (q, depth) positions, -1 padded. vectors: (n, d) L2-normalised; a zero row is unlike everything.
    The cosines of all pairs come from |sum v|^2 = sum |v|^2 + 2 sum of pairs, without forming the pairs.
    """
    distances = np.full(len(lists), np.nan)
    for start in range(0, len(lists), BLOCK):
        first = lists[start : start + BLOCK, :k]
        rows = vectors[np.maximum(first, 0)].astype(np.float64) * (first >= 0)[:, :, None]  # (r, k, d)
        cosines = (np.square(rows.sum(axis=1)).sum(axis=1) - np.square(rows).sum(axis=(1, 2))) / 2
        n = (first >= 0).sum(axis=1)
        n_pairs = n * (n - 1) / 2
        distances[start : start + BLOCK] = np.where(n > 1, 1 - cosines / np.maximum(n_pairs, 1), np.nan)
    return distances
