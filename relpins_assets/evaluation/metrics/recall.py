"""Recall at k over min(k, |relevant|): 1 is always within reach, however many pins are relevant."""

import numpy as np
import numpy.typing as npt


def recall(hits: npt.NDArray[np.bool_], n_relevant: npt.NDArray[np.int64], k: int) -> npt.NDArray[np.float64]:
    """(q,) hits among the first k, over min(k, n_relevant); nan where nothing is relevant.

    hits: (q, depth), hits[i, j] is whether the pin at rank j + 1 of list i is relevant.
    n_relevant: (q,) all that is relevant, found or not.
    Plain recall, over all that is relevant, is the same for k >= n_relevant and smaller below.
    """
    n_hits = hits[:, :k].sum(axis=1)
    return np.where(n_relevant > 0, n_hits / np.maximum(np.minimum(k, n_relevant), 1), np.nan)
