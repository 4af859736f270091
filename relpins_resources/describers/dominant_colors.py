"""The few colours that a picture is made of, by clustering its pixels in CIELAB."""

from __future__ import annotations

import numpy as np

from relpins_resources.describers.color_names import color_name

_N_CLUSTERS = 8
_N_ROUNDS = 10
_LIGHTNESS_WEIGHT = 0.6  # light and shade on one thing should not split it
_MIN_PERCENT = 5
_MAX_COLORS = 5


def dominant_colors(rgb: np.ndarray, lab: np.ndarray) -> tuple[tuple[str, int], ...]:
    """Return up to 5 named colours with the number of pixels of each, largest first, ties by name.

    Colours under 5 % of the pixels are left out, unless that leaves none.

    Args:
        rgb: uint8 (n, 3), the pixels.
        lab: float (n, 3), the same pixels in CIELAB.
    """
    means, counts = _bins(rgb, lab)
    labels = _clusters(means, counts)
    totals: dict[str, int] = {}
    for label in range(int(labels.max()) + 1):
        chosen = labels == label
        n_pixels = int(counts[chosen].sum())
        if n_pixels:
            name = color_name(counts[chosen] @ means[chosen] / n_pixels)
            totals[name] = totals.get(name, 0) + n_pixels
    ranked = sorted(totals.items(), key=lambda item: (-item[1], item[0]))[:_MAX_COLORS]
    kept = [(name, count) for name, count in ranked if 100 * count >= _MIN_PERCENT * len(rgb)]
    return tuple(kept or ranked[:1])


def _bins(rgb: np.ndarray, lab: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean CIELAB colour (m, 3) and number of pixels (m,) of each occupied cell of a 32 x 32 x 32 grid of sRGB."""
    cells = (rgb.astype(np.int64) >> 3) @ np.array([1024, 32, 1])  # (n,)
    counts = np.bincount(cells, minlength=32768)
    occupied = np.flatnonzero(counts)
    sums = [np.bincount(cells, weights=lab[:, k], minlength=32768)[occupied] for k in range(3)]
    return np.stack(sums, axis=1) / counts[occupied, None], counts[occupied]


def _clusters(means: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Weighted k-means labels (m,), started from the heaviest cell and then the worst served one each time."""
    points = means * np.array([_LIGHTNESS_WEIGHT, 1.0, 1.0])
    centres = _spread(points, counts)
    labels = _relative_distances(points, centres).argmin(axis=1)
    masses = points.T * counts  # (3, m)
    for _ in range(_N_ROUNDS):
        sizes = np.bincount(labels, weights=counts, minlength=len(centres))
        moved = np.stack([np.bincount(labels, weights=mass, minlength=len(centres)) for mass in masses], axis=1)
        centres = np.where(sizes[:, None] > 0, moved / np.maximum(sizes, 1)[:, None], centres)
        previous, labels = labels, _relative_distances(points, centres).argmin(axis=1)
        if np.array_equal(previous, labels):
            break
    return np.asarray(labels)


def _spread(points: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """First centres (k, 3): the heaviest cell, then each time the cell that the centres so far serve worst."""
    chosen = [int(np.argmax(counts))]
    nearest = np.full(len(points), np.inf)
    for _ in range(min(_N_CLUSTERS, len(points)) - 1):
        offsets = points - points[chosen[-1]]
        nearest = np.minimum(nearest, np.einsum("mk,mk->m", offsets, offsets))
        worst = int(np.argmax(nearest * counts))
        if nearest[worst] == 0:
            break
        chosen.append(worst)
    return np.asarray(points[chosen])


def _relative_distances(points: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """(m, k), each less the squared norm of its point, which changes no argmin."""
    return np.asarray(np.einsum("kj,kj->k", centres, centres) - 2 * points @ centres.T)
