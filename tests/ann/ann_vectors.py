"""Vectors and backends for the tests of ann."""

import importlib.util

import numpy as np

from relpins_resources.ann import ANN_BACKENDS

INSTALLED = [name for name in ANN_BACKENDS if name != "faiss" or importlib.util.find_spec("faiss")]
APPROXIMATE = [name for name in INSTALLED if name != "exact"]


def clustered(n: int, dim: int, seed: int = 0) -> np.ndarray:
    """(n, dim) unit rows around n / 50 centres."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((max(1, n // 50), dim))
    rows = centres[rng.integers(len(centres), size=n)] + 0.6 * rng.standard_normal((n, dim))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
