"""The perceptual hash against a transform written out by its definition, and its promises about likeness."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageEnhance

from relpins_resources.images import hamming, phash


def scene(seed: int) -> Image.Image:
    noise = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize((240, 240), Image.Resampling.BICUBIC)


def naive_phash(luma: np.ndarray) -> int:
    """DCT-II by its sum, its 64 lowest frequencies by diagonals, one bit each."""
    n = 32
    spectrum = {}
    x = np.arange(n)
    for u in range(12):
        for v in range(12):
            scale = (np.sqrt(1 / n) if u == 0 else np.sqrt(2 / n)) * (np.sqrt(1 / n) if v == 0 else np.sqrt(2 / n))
            rows = np.cos(np.pi * (2 * x + 1) * u / (2 * n))
            columns = np.cos(np.pi * (2 * x + 1) * v / (2 * n))
            spectrum[u, v] = scale * float(rows @ luma @ columns)
    order = sorted(spectrum, key=lambda position: (sum(position), position[0]))[1:65]
    low = [round(spectrum[position], 2) for position in order]
    middle = (sorted(low)[31] + sorted(low)[32]) / 2
    return int("".join("1" if value > middle else "0" for value in low), 2)


def test_it_is_the_transform_of_its_definition() -> None:
    for seed in range(5):
        small = scene(seed).convert("L").resize((32, 32), Image.Resampling.BOX)
        assert int(phash(small.convert("RGB")), 16) == naive_phash(np.asarray(small, dtype=float))


def test_a_flat_picture_has_no_bits() -> None:
    assert phash(Image.new("RGB", (50, 70), (90, 120, 33))) == "0" * 16


def test_alike_is_near_and_unlike_is_far() -> None:
    original = scene(0)
    file = io.BytesIO()
    original.save(file, "JPEG", quality=40)
    with Image.open(io.BytesIO(file.getvalue())) as compressed:
        alike = [compressed.convert("RGB"), original.resize((97, 113)), ImageEnhance.Brightness(original).enhance(0.8)]
    assert all(hamming(phash(original), phash(other)) <= 8 for other in alike)
    distances = [hamming(phash(scene(a)), phash(scene(b))) for a in range(8) for b in range(a)]
    assert min(distances) > 12
    assert 26 <= np.mean(distances) <= 38


def test_hamming_counts_bits() -> None:
    assert hamming("0" * 16, "f" * 16) == 64
    assert hamming("0000000000000003", "0000000000000005") == 2
