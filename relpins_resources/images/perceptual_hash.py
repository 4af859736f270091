"""A 64-bit perceptual hash: images that look alike differ in few bits."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy import fft

SIDE = 32
_N_BITS = 64


def phash(image: Image.Image) -> str:
    """Return the perceptual hash of an RGB image: 16 hex digits, one bit per low frequency.

    The luma is reduced to 32 x 32 and transformed by a 2-D DCT-II; a bit says whether one of the 64 lowest
    frequencies (zigzag order, the mean left out) is above their median. A flat image hashes to zeros.
    Source: Zauner, "Implementation and benchmarking of perceptual image hash functions" (2010), DCT hash.
    """
    luma = np.asarray(image.convert("L").resize((SIDE, SIDE), Image.Resampling.BOX), dtype=np.float64)
    return f"{int(hashes_of(luma[None])[0]):016x}"


def hashes_of(luma: npt.NDArray[np.float64]) -> npt.NDArray[np.uint64]:
    """The perceptual hashes (n,) of n pictures' luma (n, 32, 32), 0 to 255: `phash` as numbers."""
    spectrum = fft.dctn(luma, axes=(1, 2), norm="ortho")
    low = np.round(spectrum[:, _ROWS, _COLUMNS], 2)  # (n, 64); rounded so that a flat image has no noise bits
    bits = low > np.median(low, axis=1, keepdims=True)
    return np.ascontiguousarray(np.packbits(bits, axis=1)).view(">u8")[:, 0].astype(np.uint64)


def hamming(a: str, b: str) -> int:
    """Return in how many of 64 bits two perceptual hashes differ (0 to 64; about 32 when unrelated)."""
    return (int(a, 16) ^ int(b, 16)).bit_count()


def _zigzag() -> tuple[np.ndarray, np.ndarray]:
    rows, columns = np.indices((SIDE, SIDE)).reshape(2, -1)
    order = np.lexsort((rows, rows + columns))[1 : _N_BITS + 1]  # without the mean at (0, 0)
    return rows[order], columns[order]


_ROWS, _COLUMNS = _zigzag()
