"""The classic visual descriptor of one image: oriented gradients in CIELAB, its colour layout, its colour histogram.

No learning and no catalog here: a pure function of one image. What is fitted on a catalog stands in half_whitened_pca.
Source of the gradient histograms: Dalal and Triggs, CVPR 2005 (scikit-image's `hog`); of folding the four block
normalisations of a cell into their mean: Felzenszwalb et al., TPAMI 2010.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from relpins_resources.encoders.base import Image, Vectors

Array = npt.NDArray[np.float64]

HOG_SCALES = ((64, 8), (32, 8))  # (side of the square that the image is squeezed into, side of a cell), pixels
ORIENTATIONS = 9
LAYOUT_SIDE = 8
HISTOGRAM_BINS = (6, 6, 6)
HISTOGRAM_RANGE = ((0.0, 100.0), (-60.0, 60.0), (-60.0, 60.0))
HISTOGRAM_SIDE = 32
WEIGHTS = {"hog": 1.0, "layout": 0.4, "histogram": 0.2}  # of the blocks' norms; measured, see tests/benchmarks
VERSION = 1

_HOG_DIM = sum(3 * ORIENTATIONS * (side // cell) ** 2 for side, cell in HOG_SCALES)
DESCRIPTOR_DIM = _HOG_DIM + 3 * LAYOUT_SIDE**2 + int(np.prod(HISTOGRAM_BINS))


def visual_descriptor(image: Image) -> Vectors:
    """The descriptor (DESCRIPTOR_DIM,) of an RGB uint8 image (height, width, 3) of any size.

    Each block is L2-normalised and weighted, so that none drowns the others; about 3 ms an image on one core.
    """
    blocks = [_gradients(image, side, cell) for side, cell in HOG_SCALES]
    weights = [WEIGHTS["hog"]] * len(blocks) + [WEIGHTS["layout"], WEIGHTS["histogram"]]
    blocks += [_layout(image), _histogram(image)]
    weighted = [weight * _unit(block) for weight, block in zip(weights, blocks, strict=True)]
    result: Vectors = np.concatenate(weighted).astype(np.float32)
    return result


def _gradients(image: Image, side: int, cell: int) -> Array:
    """Histograms of oriented gradients of L, a and b, (3 * cells * cells * ORIENTATIONS,)."""
    from skimage.feature import hog

    lab = _lab(image, side) / 100.0
    channels = []
    for channel in range(3):
        blocks = hog(lab[..., channel], ORIENTATIONS, (cell, cell), (2, 2), feature_vector=False)
        channels.append(_mean_over_blocks(blocks).ravel())
    return np.concatenate(channels)


def _mean_over_blocks(blocks: Array) -> Array:
    """Cell histograms (y + 1, x + 1, o) from those of overlapping 2 x 2 blocks (y, x, 2, 2, o)."""
    height, width, _, _, orientations = blocks.shape
    sums = np.zeros((height + 1, width + 1, orientations))
    counts = np.zeros((height + 1, width + 1, 1))
    for down in (0, 1):
        for right in (0, 1):
            cells = np.s_[down : down + height, right : right + width]
            sums[cells] += blocks[:, :, down, right]
            counts[cells] += 1
    return sums / counts


def _layout(image: Image) -> Array:
    return (_lab(image, LAYOUT_SIDE) - (50.0, 0.0, 0.0)).ravel()


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
