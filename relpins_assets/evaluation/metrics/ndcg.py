"""Normalised discounted cumulative gain of binary relevance (Järvelin & Kekäläinen 2002)."""

import numpy as np
import numpy.typing as npt


def ndcg(hits: npt.NDArray[np.bool_], n_relevant: npt.NDArray[np.int64], k: int) -> npt.NDArray[np.float64]:
    """(q,) the sum of 1 / log2(rank + 1) over the hits among the first k, over that of the ideal list.

    The ideal list has min(k, n_relevant) hits in front. nan where nothing is relevant.
    hits: (q, depth); n_relevant: (q,), as in `recall`.
    """
    discounts = 1 / np.log2(np.arange(1, k + 1) + 1)  # (k,)
    ideal = np.concatenate([[np.nan], np.cumsum(discounts)])[np.minimum(k, n_relevant)]
    first = hits[:, :k]
    gain: npt.NDArray[np.float64] = (first * discounts[: first.shape[1]]).sum(axis=1) / ideal
    return gain
