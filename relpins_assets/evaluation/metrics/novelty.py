"""How surprising the shown pins are: self-information of their popularity (Zhou et al. 2010)."""

import numpy as np
import numpy.typing as npt


def novelty(lists: npt.NDArray[np.int64], n_saves: npt.NDArray[np.int64], k: int) -> npt.NDArray[np.float64]:
    """(q,) mean of -log2 p(pin) over the first k, in bits; nan for empty lists.

    p(pin) = (n_saves + 1) / (all saves + n): the share of saves before T, one added to each pin so that a pin
    never saved is finite. lists: (q, depth) positions, -1 padded. n_saves: (n,).
    """
    first = lists[:, :k]
    if not n_saves.size:
        return np.full(len(lists), np.nan)
    bits = -np.log2((n_saves + 1) / (n_saves.sum() + len(n_saves)))  # (n,)
    shown = first >= 0
    total, n = (bits[np.maximum(first, 0)] * shown).sum(axis=1), shown.sum(axis=1)
    return np.where(n > 0, total / np.maximum(n, 1), np.nan)
