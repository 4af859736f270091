"""Whether a list foresees anything at all."""

import numpy as np
import numpy.typing as npt


def hit(hits: npt.NDArray[np.bool_], n_relevant: npt.NDArray[np.int64], k: int) -> npt.NDArray[np.float64]:
    """(q,) 1 if one of the first k is relevant, else 0; nan where nothing is relevant. Arguments as in `recall`."""
    return np.where(n_relevant > 0, hits[:, :k].any(axis=1), np.nan)
