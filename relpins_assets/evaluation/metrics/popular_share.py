"""How much of what is shown is what everybody knows."""

import math

import numpy as np
import numpy.typing as npt

POPULAR = 0.01  # of all pins


def popular_share(lists: npt.NDArray[np.int64], n_saves: npt.NDArray[np.int64], k: int) -> npt.NDArray[np.float64]:
    """(q,) share of the first k that are among the 1 % most saved pins before T; nan for empty lists.

    The 1 % is rounded up; ties go to the smaller position. lists: (q, depth) positions, -1 padded. n_saves: (n,).
    """
    first = lists[:, :k]
    if not n_saves.size:
        return np.full(len(lists), np.nan)
    popular = np.zeros(len(n_saves), dtype=bool)
    popular[np.argsort(-n_saves, kind="stable")[: math.ceil(POPULAR * len(n_saves))]] = True
    shown = first >= 0
    n_popular, n = (popular[np.maximum(first, 0)] & shown).sum(axis=1), shown.sum(axis=1)
    return np.where(n > 0, n_popular / np.maximum(n, 1), np.nan)
