"""How much each pixel stands out from what lies around it: how far any way from the border must climb to reach it.

A part of the picture that a flood from the border cannot reach without crossing a step in lightness or colour is
enclosed by that step, whatever its own texture is. The height of the lowest such step is the difference between the
picture and its reconstruction from its border, upwards and downwards. Source of the idea: boolean maps (Zhang and
Sclaroff, ICCV 2013) and the minimum barrier distance (Zhang et al., ICCV 2015); here one reconstruction for each
polarity of each channel instead of their thresholds and paths.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Steps = npt.NDArray[np.int16]

ROUNDS = 3
"""Sweeps down, up, right and left that make a round; after three boxes do not get better (0.1 ms less than eight)."""


def barriers(channels: Bytes) -> Steps:
    """The steps around every pixel, (..., h, w) of channels (..., h, w), both polarities summed: 0 to 510.

    Whole numbers throughout, and every picture by itself: a batch gives what one picture gives.
    """
    height, width = channels.shape[-2:]
    flat = channels.reshape(-1, height, width)
    risen = filled(flat).astype(np.int16) - flat
    fallen = filled(np.bitwise_not(flat)).astype(np.int16) - np.bitwise_not(flat)
    return (risen + fallen).reshape(channels.shape)


def filled(images: Bytes) -> Bytes:
    """Each image (n, h, w) with its hollows filled up to where they would run over to the border."""
    along_y = np.ascontiguousarray(images.transpose(1, 0, 2))  # (h, n, w)
    along_x = np.ascontiguousarray(images.transpose(2, 1, 0))  # (w, h, n)
    level = np.full_like(along_y, 255)
    level[0], level[-1] = along_y[0], along_y[-1]
    level[:, :, 0], level[:, :, -1] = along_y[:, :, 0], along_y[:, :, -1]
    for _ in range(ROUNDS):
        _sweep(along_y, level)
        turned = np.ascontiguousarray(level.transpose(2, 0, 1))  # (w, h, n)
        _sweep(along_x, turned)
        level = np.ascontiguousarray(turned.transpose(1, 2, 0))
    return level.transpose(1, 0, 2)


def _sweep(ground: Bytes, level: Bytes) -> None:
    """Let the level of each line fall to that of the lines beside it, or to the ground, whichever is higher."""
    reached = np.empty_like(ground[0])
    last = len(ground) - 1
    for line, beside in [*((i, i - 1) for i in range(1, last + 1)), *((i, i + 1) for i in range(last - 1, -1, -1))]:
        np.maximum(level[beside], ground[line], out=reached)
        np.minimum(level[line], reached, out=level[line])
