"""Principal components, divided by the square root of their standard deviation: between PCA and full whitening.

Whitening lets rare directions count as much as common ones and noise as much as signal; half of it was measured best
for retrieval with gradient histograms.
"""

from dataclasses import dataclass

import numpy as np

from relpins_resources.encoders.base import Vectors
from relpins_resources.encoders.rows import in_fixed_batches, normalised, one_thread

FIT_ROWS = 20_000  # of a larger catalog a seeded sample is fitted
FEW_ROWS = 16  # a catalog under this has no directions worth fitting
FEW_ROWS_DIM = 64
ROWS_PER_COMPONENT = 4


@dataclass(frozen=True)
class HalfWhitenedPca:
    """mean (f,) and projection (f, k), float32."""

    mean: Vectors
    projection: Vectors

    @property
    def dim(self) -> int:
        return int(self.projection.shape[1])

    def transform(self, features: Vectors) -> Vectors:
        """L2-normalised (n, k); row i depends on features[i] alone, to the last bit."""

        def forward(rows: Vectors) -> Vectors:
            result: Vectors = np.matmul(rows - self.mean, self.projection)
            return result

        return normalised(in_fixed_batches(features, forward, self.dim))


def fit_half_whitened_pca(features: Vectors, dim: int, seed: int) -> HalfWhitenedPca:
    """Fit on features (n, f), n >= 1; the same inputs give the same bits.

    Keeps `dim` components, or fewer where n has no more to tell: one per ROWS_PER_COMPONENT rows. Under FEW_ROWS rows
    it is a seeded random projection, which keeps angles about as they are.
    """
    n, f = features.shape
    random = np.random.default_rng(seed)
    if n < FEW_ROWS:
        projection = random.standard_normal((f, min(FEW_ROWS_DIM, dim))).astype(np.float32)
        return HalfWhitenedPca(np.zeros(f, np.float32), projection)
    from sklearn.decomposition import PCA

    rows = features if n <= FIT_ROWS else features[np.sort(random.choice(n, FIT_ROWS, replace=False))]
    k = min(dim, n // ROWS_PER_COMPONENT, f)
    with one_thread():
        pca = PCA(k, svd_solver="randomized", iterated_power=4, random_state=seed).fit(rows)
    floor = pca.explained_variance_[0] * 1e-6  # a catalog of few distinct images has no variance beyond them
    scale = np.where(pca.explained_variance_ > floor, np.maximum(pca.explained_variance_, floor) ** -0.25, 0.0)
    projection = (pca.components_.T * scale).astype(np.float32)
    return HalfWhitenedPca(pca.mean_.astype(np.float32), projection)
