"""The classic visual descriptor of one image: oriented gradients in CIELAB, its colour layout, its colour histogram.

No learning and no catalog here: a pure function of one image. What is fitted on a catalog stands in half_whitened_pca.
Every block is the mean over the image and its mirror image, so that a mirrored repin is the same picture, at half the
numbers. Source of the gradient histograms: Dalal and Triggs, CVPR 2005 (scikit-image's `hog`); of folding the four
block normalisations of a cell into their mean: Felzenszwalb et al., TPAMI 2010.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from relpins_resources.encoders.base import Image, Vectors

Array = npt.NDArray[np.float64]

HOG_SIDES = (64, 48, 32)  # pixels of the squares that the image is squeezed into
CELL_SIDE = 8  # pixels
ORIENTATIONS = 9
BLOCK_FLOOR = 0.05  # of an image of norm 1: what is fainter is not blown up
BLOCK_CUT = 0.2
LAYOUT_SIDE = 8
HISTOGRAM_BINS = (6, 6, 6)
HISTOGRAM_RANGE = ((0.0, 100.0), (-60.0, 60.0), (-60.0, 60.0))
HISTOGRAM_SIDE = 32
WEIGHTS = {"hog": 1.0, "layout": 0.2, "histogram": 0.18}  # of the blocks' norms, by tests/benchmarks/encoders.py
VERSION = 1

LAYOUT_DIM = 3 * LAYOUT_SIDE * LAYOUT_SIDE // 2
HISTOGRAM_DIM = int(np.prod(HISTOGRAM_BINS))
HOG_DIM = sum(3 * ORIENTATIONS * (side // CELL_SIDE) ** 2 // 2 for side in HOG_SIDES)
COLOUR_DIM = LAYOUT_DIM + HISTOGRAM_DIM
DESCRIPTOR_DIM = HOG_DIM + COLOUR_DIM


def visual_descriptor(image: Image) -> Vectors:
    """The descriptor (DESCRIPTOR_DIM,) of an RGB uint8 image (height, width, 3) of any size.

    The gradients come first, HOG_DIM numbers, then COLOUR_DIM of colour. Each block is L2-normalised and weighted, so
    that none drowns the others. About 4 ms an image on one core.
    """
    blocks = [WEIGHTS["hog"] * _unit(_gradients(image, side)) for side in HOG_SIDES]
    blocks.append(WEIGHTS["layout"] * _unit(_layout(image)))
    blocks.append(WEIGHTS["histogram"] * _unit(_histogram(image)))
    result: Vectors = np.concatenate(blocks).astype(np.float32)
    return result


def _gradients(image: Image, side: int) -> Array:
    """Histograms of oriented gradients of L, a and b over the left half of the cells, flat."""
    cells = _normalised_over_blocks(_cell_histograms(_lab(image, side)))  # (3, y, x, o)
    mirrored = cells[:, :, ::-1, ::-1]  # an edge at angle t lies at 180 - t in the mirror
    return np.concatenate([_left_half(channel) for channel in cells + mirrored])


def _cell_histograms(lab: Array) -> Array:
    """Gradient magnitudes by orientation in each cell, (3, y, x, ORIENTATIONS), of unit norm over the image.

    The channels lie side by side on one canvas, a cell of repeated edge pixels around each, and the canvas is one
    block: a call for each channel and a loop over blocks, as `hog` would make them, take twice as long.
    """
    from skimage.feature import hog

    n = lab.shape[0] // CELL_SIDE
    around = ((0, 0), (CELL_SIDE, CELL_SIDE))
    canvas = np.hstack([np.pad(lab[..., channel], around, mode="edge") for channel in range(3)])
    cell, block = (CELL_SIDE, CELL_SIDE), (n, 3 * (n + 2))
    histograms: Array = hog(canvas, ORIENTATIONS, cell, block, block_norm="L2", feature_vector=False)
    inner: Array = histograms.reshape(n, 3, n + 2, ORIENTATIONS)[:, :, 1:-1].transpose(1, 0, 2, 3)
    return inner


def _normalised_over_blocks(cells: Array) -> Array:
    """Each cell's mean over its blocks of 2 x 2 cells, L2-normalised and cut at BLOCK_CUT, (channels, y, x, o)."""
    n = cells.shape[1] - 1  # blocks a side
    corners = [np.s_[:, down : down + n, right : right + n] for down in (0, 1) for right in (0, 1)]
    energy = (cells * cells).sum(axis=3)
    block_energy = np.sum([energy[corner] for corner in corners], axis=0)
    norms = np.sqrt(block_energy + BLOCK_FLOOR**2)[..., None]
    sums, counts = np.zeros_like(cells), np.zeros_like(energy)
    for corner in corners:
        sums[corner] += np.minimum(cells[corner] / norms, BLOCK_CUT)
        counts[corner] += 1
    means: Array = sums / counts[..., None]
    return means


def _left_half(symmetric: Array) -> Array:
    return symmetric[:, : symmetric.shape[1] // 2].ravel()


def _layout(image: Image) -> Array:
    lab = _lab(image, LAYOUT_SIDE) - (50.0, 0.0, 0.0)
    return _left_half(lab + lab[:, ::-1])


def _histogram(image: Image) -> Array:
    """Square roots of the shares of colours, so that its cosine is the Bhattacharyya coefficient."""
    pixels = _lab(image, HISTOGRAM_SIDE).reshape(-1, 3)
    pixels = np.clip(pixels, [low for low, _ in HISTOGRAM_RANGE], [high for _, high in HISTOGRAM_RANGE])
    counts, _ = np.histogramdd(pixels, bins=HISTOGRAM_BINS, range=HISTOGRAM_RANGE)
    return np.sqrt(counts.ravel() / len(pixels))


def _lab(image: Image, side: int) -> Array:
    """CIELAB (side, side, 3) of the image, squeezed into a square by area-weighted interpolation."""
    from PIL import Image as PilImage
    from skimage.color import rgb2lab

    small: Any = PilImage.fromarray(image).resize((side, side), PilImage.Resampling.BILINEAR)
    lab: Array = rgb2lab(np.asarray(small))
    return lab


def _unit(block: Array) -> Array:
    norm = float(np.sqrt((block * block).sum()))
    return block / norm if norm > 0 else block
