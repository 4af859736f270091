"""What a detector's score is worth: the share of boxes of that score that hold an object, fitted on labelled pictures.

A curve is a rising line through knots, kept as JSON. The shipped ones lie beside this file in `curves`; they hold for
pictures like those that they were fitted on, and for no others.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from relpins_resources.detectors.base import DetectorUnavailable
from relpins_resources.encoders.versions import short_hash

SHIPPED = Path(str(files("relpins_resources.detectors") / "curves"))
DECIMALS = 4
LEAST_PER_STEP = 150
"""Boxes behind each step of a fitted curve at least: 0.9 is then known to about 0.05."""

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Calibration:
    """Confidence by score: a line through (scores[i], confidences[i]), both rising, flat beyond its ends."""

    scores: tuple[float, ...]
    confidences: tuple[float, ...]

    def __call__(self, score: float) -> float:
        return round(float(np.interp(score, self.scores, self.confidences)), DECIMALS)

    @property
    def version(self) -> str:
        return short_hash(self.scores, self.confidences)

    def as_json(self) -> str:
        return json.dumps({"scores": self.scores, "confidences": self.confidences}, indent=1) + "\n"


def load_calibration(named: str) -> Calibration:
    """A shipped curve by its name, or one from a JSON file.

    Raises:
        DetectorUnavailable: there is none of that name, or it is no rising curve.
    """
    path = SHIPPED / f"{named}.json" if "/" not in named and not named.endswith(".json") else Path(named)
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        scores, confidences = (tuple(float(one) for one in held[name]) for name in ("scores", "confidences"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        shipped = ", ".join(sorted(one.stem for one in SHIPPED.glob("*.json")))
        raise DetectorUnavailable(
            f"calibration {named!r} cannot be read ({type(error).__name__}); name a shipped curve ({shipped}), or a "
            'JSON file such as {"scores": [0, 80], "confidences": [0.1, 0.9]}'
        ) from None
    rises = all(a < b for a, b in pairwise(scores))
    rises = rises and all(a <= b for a, b in pairwise(confidences))
    if not (scores and len(scores) == len(confidences) and rises and confidences[0] >= 0 and confidences[-1] <= 1):
        raise DetectorUnavailable(
            f"calibration {named!r} is no rising curve: scores rise, confidences do not fall and lie from 0 to 1, and "
            "there are as many of both"
        )
    return Calibration(scores, confidences)


def fit_calibration(scores: Sequence[float], is_object: Sequence[bool]) -> Calibration:
    """The rising curve nearest to what happened (least squares), its steps made of LEAST_PER_STEP boxes or more.

    Raises:
        DetectorUnavailable: there are no boxes to fit it on.
    """
    order = np.argsort(np.asarray(scores, np.float64), kind="stable")
    if len(order) == 0:
        raise DetectorUnavailable("a calibration needs labelled boxes; none were given")
    given, held = np.asarray(scores, np.float64)[order], np.asarray(is_object, np.float64)[order]
    groups = np.array_split(np.arange(len(order)), max(1, len(order) // LEAST_PER_STEP))
    pools = [(float(given[at].mean()), float(held[at].mean()), len(at)) for at in groups]
    merged = _pooled(pools)
    knots = {round(score, 2): round(share, DECIMALS) for score, share, _ in merged}
    return Calibration(tuple(knots), tuple(knots.values()))


def _pooled(pools: Sequence[tuple[float, float, int]]) -> list[tuple[float, float, int]]:
    """Neighbours merged until none falls: pool adjacent violators."""
    merged: list[tuple[float, float, int]] = []
    for pool in pools:
        merged.append(pool)
        while len(merged) > 1 and merged[-2][1] >= merged[-1][1]:
            (s1, p1, n1), (s2, p2, n2) = merged[-2:]
            n = n1 + n2
            merged[-2:] = [((s1 * n1 + s2 * n2) / n, (p1 * n1 + p2 * n2) / n, n)]
    return merged
