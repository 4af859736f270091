"""Row-wise arithmetic whose result for one row does not depend on the rows beside it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from relpins_resources.encoders.base import Vectors

BATCH_ROWS = 128


def normalised(rows: npt.NDArray[np.floating]) -> Vectors:
    """Each row over its L2 norm, (n, d) float32; a row of zeros becomes the first axis, so that norms are 1."""
    wide = rows.astype(np.float64)  # (n, d)
    norms = np.sqrt(np.einsum("nd,nd->n", wide, wide))
    wide[norms == 0, 0] = 1.0
    norms[norms == 0] = 1.0
    result: Vectors = (wide / norms[:, None]).astype(np.float32)
    return result


def in_fixed_batches(rows: Vectors, function: Callable[[Vectors], Vectors], dim: int) -> Vectors:
    """function(rows), (n, dim), called on batches of BATCH_ROWS rows; the last is padded with zero rows.

    Matrix products of another shape may sum in another order, and so differ in the last bit.
    """
    out = np.empty((len(rows), dim), np.float32)
    with one_thread():
        for start in range(0, len(rows), BATCH_ROWS):
            batch = rows[start : start + BATCH_ROWS]
            padded = np.zeros((BATCH_ROWS, rows.shape[1]), np.float32)
            padded[: len(batch)] = batch
            out[start : start + len(batch)] = function(padded)[: len(batch)]
    return out


def one_thread() -> AbstractContextManager[Any]:
    """Matrix products on one thread: shared among more they sum in another order, and differ in the last bit."""
    limits: AbstractContextManager[Any] = _thread_pools().limit(limits=1, user_api="blas")
    return limits


@lru_cache(maxsize=1)
def _thread_pools() -> Any:
    import scipy.linalg  # noqa: F401  # brings a BLAS of its own, which must be loaded to be limited
    from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

    return ThreadpoolController()
