"""From cosines to attributes: a threshold for each attribute, and how likely one above it is true.

theta_a = theta_key + kappa_key * (log n_a - mean log n), then, with enough held-out positives, the attribute's own;
chosen on held-out pins whose words for the attribute were left out. Known positives are few and what is not known is
not false: a pin of which nothing is known for the key counts `UNKNOWN` of a false one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

PRECISION = 0.8
UNKNOWN = 0.2
KAPPAS = (-0.04, -0.02, 0.0, 0.02, 0.04)
LEAST_TRUE = 4
"""So many true ones must stand above a threshold for it to count."""
SHRINK_POSITIVES = 20
"""An attribute's own threshold counts as much as its key's when so many held-out pins have it."""
NEVER = 2.0
"""A threshold that no cosine reaches."""
RIDGE = 4.0


@dataclass(frozen=True)
class Judged:
    """n pairs of a held-out pin and an attribute that was hidden from the towers, or of which nothing is known.

    Attributes:
        attributes: (n,) positions.
        cosines: (n,).
        margins: (n,) cosine over the best other value of the key.
        is_true: (n,) whether the pin has it, as far as is known.
        weights: (n,) how much the pair counts.
    """

    attributes: Ints
    cosines: Doubles
    margins: Doubles
    is_true: npt.NDArray[np.bool_]
    weights: Doubles

    def where(self, mask: npt.NDArray[np.bool_] | Ints) -> Judged:
        return Judged(*(getattr(self, name)[mask] for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class Thresholds:
    """By key: theta, kappa and the calibration's intercept, slope and margin slope; by attribute its own shift.

    Attributes:
        theta, kappa: (keys,).
        shift: (a,) what the attribute's own held-out pins add to its key's formula.
        curve: (keys, 3).
    """

    theta: Doubles
    kappa: Doubles
    shift: Doubles
    curve: Doubles


def fit_thresholds(judged: Judged, key_of: Ints, rarity: Doubles, n_keys: int) -> Thresholds:
    """Thresholds that reach PRECISION per key with the best mean recall over attributes, and their calibration.

    Args:
        key_of: (a,) the key of each attribute.
        rarity: (a,) log n_a - mean log n, frozen.
    """
    theta, kappa = np.full(n_keys, NEVER), np.zeros(n_keys)
    shift, curve = np.zeros(len(key_of)), np.zeros((n_keys, 3))
    keys = key_of[judged.attributes]
    overall = _logistic(_features(judged, 0.0), judged, np.zeros(3), 1e-3)
    for key in range(n_keys):
        own = judged.where(keys == key)
        theta[key], kappa[key] = _best(own, rarity)
        if theta[key] < NEVER:
            for attribute, mine in _by_attribute(own):
                shift[attribute] = _own_shift(mine, theta[key] + kappa[key] * rarity[attribute])
        curve[key] = _logistic(_features(own, 0.0), own, overall, RIDGE)
    return Thresholds(*(np.round(part, 6) for part in (theta, kappa, shift, curve)))


def calibration(judged: Judged, fitted: Thresholds, key_of: Ints) -> dict[str, float]:
    """By confidence given, in tenths that occur: the share of pairs that are true, by weight."""
    given = likelihood(judged.cosines, judged.margins, fitted.curve[key_of[judged.attributes]])
    tenths = np.minimum((given * 10).astype(np.int64), 9)
    total = np.bincount(tenths, judged.weights, 10)
    true = np.bincount(tenths, judged.weights * judged.is_true, 10)
    return {
        f"{at / 10:.1f} to {(at + 1) / 10:.1f}": round(float(true[at] / total[at]), 4) for at in np.flatnonzero(total)
    }


def likelihood(cosines: Doubles, margins: Doubles, curve: Doubles) -> Doubles:
    """How likely pairs are true; `curve` (..., 3) as in Thresholds. Rounded to 1e-6."""
    odds = curve[..., 0] + curve[..., 1] * cosines + curve[..., 2] * margins
    return np.round(1 / (1 + np.exp(-np.clip(odds, -30, 30))), 6)


def _best(own: Judged, rarity: Doubles) -> tuple[float, float]:
    """(theta, kappa) of the best macro recall at the precision asked for; NEVER where none reaches it."""
    best = (-1.0, NEVER, 0.0)
    for kappa in sorted(KAPPAS, key=abs):
        scores = own.cosines - kappa * rarity[own.attributes]
        theta = _lowest(scores, own.is_true, own.weights)
        recall = _macro_recall(own, scores >= theta)
        if theta < NEVER and recall > best[0] + 1e-9:
            best = (recall, theta, kappa)
    return best[1], best[2]


def _lowest(scores: Doubles, is_true: npt.NDArray[np.bool_], weights: Doubles) -> float:
    """The lowest threshold above which the share of true ones, by weight, is PRECISION or more."""
    order = np.argsort(-scores, kind="stable")
    true = np.cumsum((is_true * weights)[order])
    false = np.cumsum((~is_true * weights)[order])
    n_true = np.cumsum(is_true[order])
    precise = (true >= PRECISION * (true + false)) & (n_true >= LEAST_TRUE) & is_true[order]
    return float(scores[order][np.flatnonzero(precise)[-1]]) if precise.any() else NEVER


def _macro_recall(own: Judged, is_kept: npt.NDArray[np.bool_]) -> float:
    if not own.is_true.any():
        return 0.0
    attributes, at = np.unique(own.attributes[own.is_true], return_inverse=True)
    found = np.bincount(at, is_kept[own.is_true], len(attributes))
    return float((found / np.bincount(at, minlength=len(attributes))).mean())


def _by_attribute(own: Judged) -> Iterator[tuple[int, Judged]]:
    """Each attribute that occurs, and its pairs in their order."""
    order = np.argsort(own.attributes, kind="stable")
    attributes, starts = np.unique(own.attributes[order], return_index=True)
    for attribute, places in zip(attributes, np.split(order, starts[1:]), strict=False):
        yield int(attribute), own.where(places)


def _own_shift(mine: Judged, theta: float) -> float:
    """What an attribute's own held-out pins say its threshold should be over its key's, shrunk by how many they are."""
    n_true = int(mine.is_true.sum())
    wanted = _lowest(mine.cosines, mine.is_true, mine.weights) if n_true >= LEAST_TRUE else NEVER
    if wanted == NEVER:
        return 0.0
    return (wanted - theta) * n_true / (n_true + SHRINK_POSITIVES)


def _features(judged: Judged, centre: float) -> Doubles:
    return np.stack([np.ones(len(judged.cosines)), judged.cosines - centre, judged.margins], axis=1)


def _logistic(features: Doubles, judged: Judged, prior: Doubles, ridge: float) -> Doubles:
    """Coefficients of a logistic regression by Newton's method, drawn towards `prior`."""
    beta = prior.copy()
    if not len(features):
        return beta
    step: Callable[[Doubles], Doubles] = lambda odds: 1 / (1 + np.exp(-np.clip(odds, -30, 30)))  # noqa: E731
    for _ in range(30):
        likely = step(features @ beta)
        gradient = features.T @ (judged.weights * (judged.is_true - likely)) - ridge * (beta - prior)
        spread = (features * (judged.weights * likely * (1 - likely))[:, None]).T @ features
        change = np.linalg.solve(spread + (ridge + 1e-6) * np.eye(3), gradient)
        beta = beta + np.clip(change, -5, 5)
        if np.abs(change).max() < 1e-8:
            break
    return beta
