"""How much of the catalog is ever shown."""

import numpy as np
import numpy.typing as npt


def coverage(lists: npt.NDArray[np.int64], n_pins: int, k: int) -> float:
    """Share of the n_pins candidates that stand in the first k of at least one list; nan without candidates.

    lists: (q, depth) positions, -1 padded.
    """
    first = lists[:, :k]
    return len(np.unique(first[first >= 0])) / n_pins if n_pins else float("nan")
