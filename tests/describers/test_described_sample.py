"""Which images are described where only a share is: against choosing without any cleverness."""

from __future__ import annotations

import numpy as np
import pytest

from relpins_assets.enrichment.sampling import MICRO, nearest, spread
from relpins_resources.ann import snap
from relpins_resources.encoders.rows import normalised


def rows_of(n: int, seed: int, n_groups: int = 5) -> np.ndarray:
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((n_groups, 8))
    return snap(normalised(centres[rng.integers(n_groups, size=n)] + 0.3 * rng.standard_normal((n, 8))))


def similarities(given: np.ndarray) -> np.ndarray:
    return np.rint(given.astype(np.float64) @ given.astype(np.float64).T * MICRO).astype(int)


def chosen_slowly(given: np.ndarray, kept: list[int], n: int) -> list[int]:
    similar, chosen = similarities(given), list(kept)
    while len(chosen) < n:
        totals = [
            (np.max([similar[j] for j in [*chosen, i]], axis=0).sum(), -i) for i in range(len(given)) if i not in chosen
        ]
        chosen.append(-max(totals)[1])
    return sorted(chosen)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("n_kept", [0, 3, 9])
def test_the_choice_is_the_greedy_one(seed: int, n_kept: int) -> None:
    given = rows_of(40, seed)
    given[7] = given[3]  # a tie
    kept = list(range(0, 4 * n_kept, 4))
    rows, least = spread(given, np.isin(np.arange(40), kept), 0.15)
    assert rows.tolist() == chosen_slowly(given, kept, 6)
    assert least == similarities(given)[rows].max(0).min()
    assert (nearest(given, given[rows]) >= least).all()


def test_every_group_has_one() -> None:
    rng = np.random.default_rng(0)
    group = np.repeat(np.arange(10), 30)
    given = snap(normalised(10 * np.eye(10)[group] + 0.1 * rng.standard_normal((300, 10))))
    rows, least = spread(given, np.zeros(300, bool), 10 / 300)
    assert sorted(group[rows]) == list(range(10))
    assert least > 0.99 * MICRO


def test_one_image_is_chosen() -> None:
    rows, least = spread(rows_of(1, 0), np.zeros(1, bool), 0.01)
    assert (rows.tolist(), least) == ([0], MICRO)
