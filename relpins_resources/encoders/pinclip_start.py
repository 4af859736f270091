"""Where the one vector per pin begins: the principal components of image and text together, strongest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from relpins_resources.encoders.base import Vectors
from relpins_resources.encoders.pinclip import Bools, Shown
from relpins_resources.encoders.rows import one_thread

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Start:
    """Of image and of text: means (k,), axes (k, w) that are learnt from, base (w, d); w is less than rows seen."""

    means: tuple[Vectors, Vectors]
    axes: tuple[Vectors, Vectors]
    base: tuple[Vectors, Vectors]

    def components(self, pins: Shown) -> tuple[Vectors, Vectors]:
        """(n, w) of images and of texts; zeros for what a pin lacks."""
        image, text = (
            _centred(part, mean, has) @ axes
            for part, mean, axes, has in zip((pins.image, pins.text), self.means, self.axes, pins.has.T, strict=True)
        )
        return image, text


def starting_point(pins: Shown, dims: Sequence[int], width: int) -> Start:
    """Components of `pins`: `width` of each part at most, `max(dims)` of both; those that no pin spans are zero."""
    with one_thread():
        parts = [(pins.image, pins.has[:, 0]), (pins.text, pins.has[:, 1])]
        means = tuple(_mean(part, has) for part, has in parts)
        axes = tuple(_axes(_centred(part, mean, has), width) for (part, has), mean in zip(parts, means, strict=True))
        start = Start((means[0], means[1]), (axes[0], axes[1]), (_none(axes[0]), _none(axes[1])))
        joined = np.concatenate(start.components(pins), axis=1)
        together = _axes(joined, max(dims))
        base = np.zeros((joined.shape[1], max(dims)), np.float32)
        base[:, : together.shape[1]] = together
        n_image = axes[0].shape[1]
    return Start(start.means, start.axes, (base[:n_image], base[n_image:]))


def _mean(part: Vectors, has: Bools) -> Vectors:
    mean: Vectors = part[has].mean(axis=0, dtype=np.float64).astype(np.float32) if has.any() else _zeros(part.shape[1])
    return mean


def _zeros(n: int) -> Vectors:
    return np.zeros(n, np.float32)


def _none(axes: Vectors) -> Vectors:
    return np.zeros((axes.shape[1], 0), np.float32)


def _centred(part: Vectors, mean: Vectors, has: Bools) -> Vectors:
    centred: Vectors = ((part - mean) * has[:, None]).astype(np.float32)
    return centred


def _axes(rows: Vectors, most: int) -> Vectors:
    """(k, w) principal axes of centred rows (n, k), strongest first, each with its largest coordinate positive.

    Where rows span nothing, one axis of zeros.
    """
    wide: Doubles = rows.astype(np.float64)
    values, found = np.linalg.eigh(wide.T @ wide)
    order = np.argsort(-values, kind="stable")[:most]
    order = order[values[order] > 1e-9 * max(float(values.max(initial=0.0)), 1e-12)]
    if len(order) == 0:
        return np.zeros((rows.shape[1], 1), np.float32)
    axes = found[:, order]
    largest = axes[np.argmax(np.abs(axes), axis=0), np.arange(axes.shape[1])]
    signed: Vectors = (axes * np.sign(largest)).astype(np.float32)
    return signed
