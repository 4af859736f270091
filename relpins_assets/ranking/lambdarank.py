"""LambdaRank by boosted trees: the second model, which sees what a sum of weights cannot.

Burges 2010, as LightGBM has it. Learns from whole lists: all that was shown often enough beside a query, graded by
COEC, and pins drawn at random.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

N_GRADES = 4
ROUNDS = 80
SETTINGS: dict[str, Any] = {
    "objective": "lambdarank",
    "num_leaves": 8,
    "learning_rate": 0.06,
    "min_data_in_leaf": 30,
    "lambda_l2": 5.0,
    "feature_fraction": 0.7,
    "label_gain": list(range(N_GRADES + 1)),
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbosity": -1,
}


def grades(coec: Doubles, bounds: Doubles) -> Ints:
    """(r,) 0 for what was never shown (NaN), else 1 to N_GRADES by where its COEC falls between the bounds."""
    found: Ints = np.where(np.isnan(coec), 0, 1 + np.searchsorted(bounds, np.nan_to_num(coec), side="right"))
    return found


def grade_bounds(coec: Doubles) -> Doubles:
    """(N_GRADES - 1,) the quantiles of COEC between grades."""
    return np.quantile(coec[~np.isnan(coec)], np.arange(1, N_GRADES) / N_GRADES)


def fit_lambdarank(features: Doubles, graded: Ints, sizes: Ints, seed: int, file: Path) -> None:
    """Fit trees and write them to a file.

    Args:
        features: (r, f) of the candidates of all lists, one list after the other.
        graded: (r,) their grades.
        sizes: (q,) how many candidates each list has.
    """
    import lightgbm

    data = lightgbm.Dataset(features, graded, group=sizes, params={"verbosity": -1})
    booster = lightgbm.train({**SETTINGS, "seed": seed}, data, num_boost_round=ROUNDS)
    file.write_text(booster.model_to_string())


class Trees:
    """Fitted trees. out[i] is the score of row i, whatever rows stand beside it."""

    def __init__(self, file: Path) -> None:
        import lightgbm

        self._booster = lightgbm.Booster(model_str=file.read_text())

    def __call__(self, features: Doubles) -> Doubles:
        """(r,) scores of rows (r, f)."""
        return np.asarray(self._booster.predict(features, num_threads=1), np.float64)
