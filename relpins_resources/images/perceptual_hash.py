"""A 64-bit perceptual hash: images that look alike differ in few bits."""

from __future__ import annotations

import numpy as np
from PIL import Image
from scipy import fft

_SIDE = 32
_N_BITS = 64


def phash(image: Image.Image) -> str:
    """Return the perceptual hash of an RGB image: 16 hex digits, one bit per low frequency.

    The luma is reduced to 32 x 32 and transformed by a 2-D DCT-II; a bit says whether one of the 64 lowest
    frequencies (zigzag order, the mean left out) is above their median. A flat image hashes to zeros.
    Source: Zauner, "Implementation and benchmarking of perceptual image hash functions" (2010), DCT hash.
    """
    luma = np.asarray(image.convert("L").resize((_SIDE, _SIDE), Image.Resampling.BOX), dtype=np.float64)
    spectrum = fft.dctn(luma, norm="ortho")  # (32, 32)
    low = np.round(spectrum[_ROWS, _COLUMNS], 2)  # (64,); rounded so that a flat image has no noise bits
    bits = low > np.median(low)
    return f"{int.from_bytes(np.packbits(bits).tobytes(), 'big'):016x}"


def hamming(a: str, b: str) -> int:
    """Return in how many of 64 bits two perceptual hashes differ (0 to 64; about 32 when unrelated)."""
    return (int(a, 16) ^ int(b, 16)).bit_count()


def _zigzag() -> tuple[np.ndarray, np.ndarray]:
    rows, columns = np.indices((_SIDE, _SIDE)).reshape(2, -1)
    order = np.lexsort((rows, rows + columns))[1 : _N_BITS + 1]  # without the mean at (0, 0)
    return rows[order], columns[order]


_ROWS, _COLUMNS = _zigzag()
