"""RankSVM: a linear score that puts the better pin of each triplet first.

    min 1/2 ||w||^2 + C sum xi^2,    w . (phi(q, better) - phi(q, worse)) >= 1 - xi

Joachims 2002, on standardised features, with the squared slack of LinearSVC. Differences get a random sign, so that
both classes are there, and the triplets of a query weigh one together.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SIGNIFICANT = 9
"""Digits of a weight: as many as are printed, so that the printed score is the model's."""


def fit_rank_svm(better: Doubles, worse: Doubles, queries: Ints, scale: Doubles, c: float, seed: int) -> Doubles:
    """(f,) weight of each feature as it comes; 0 for one that never differs.

    Args:
        better: (t, f) features of the pins that should stand higher.
        worse: (t, f) of those that should stand lower.
        queries: (t,) which query each triplet is of.
        scale: (f,) standard deviation of each feature; 0 for one to leave out.
        c: how much a triplet in the wrong order costs.
        seed: of the random signs.
    """
    from sklearn.svm import LinearSVC

    varies = (scale > 0) & np.any(better != worse, axis=0)
    weights = np.zeros(len(scale))
    if not varies.any():
        return weights
    differences = (better - worse)[:, varies] / scale[varies]
    sign = np.where(np.random.default_rng(seed).random(len(differences)) < 0.5, 1.0, -1.0)
    sign[:2] = (1.0, -1.0)[: len(sign)]
    if len(sign) == 1:  # both classes have to be there
        differences, sign, queries = np.repeat(differences, 2, axis=0), np.array([1.0, -1.0]), np.repeat(queries, 2)
    per_query = np.bincount(queries)[queries]
    machine = LinearSVC(C=c, fit_intercept=False, dual=True, max_iter=20_000, tol=1e-6, random_state=seed)
    machine.fit(differences * sign[:, None], sign, sample_weight=1.0 / per_query)
    weights[varies] = machine.coef_[0] / scale[varies]
    return rounded(weights)


def rounded(weights: Doubles) -> Doubles:
    """Weights to so many significant digits."""
    return np.array([float(f"{one:.{SIGNIFICANT}g}") for one in weights])
