"""How alike the pictures of a collection are, beside those of the whole catalog."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc
from scipy import sparse

from relpins_resources.lake import Lake
from relpins_resources.lake.table import vectors

SPACE = "clip_embeddings"
SAMPLE = 2_000
"""Images that stand for the catalog: those with the smallest vector fingerprints."""
CHUNK = 20_000
"""Vectors held at once."""
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Usual:
    """Cosines of two different images of the catalog: their mean and standard deviation."""

    mean: float
    deviation: float

    def least(self, n_pictures: int, n_deviations: float) -> float:
        """A mean cosine over all pairs of `n_pictures` drawn at random that lies so far above what is usual.

        The pairs are taken as independent, which holds nearly where the mean is near 0: of 2,000 random groups of six
        4 % lay two deviations above it.
        """
        n_pairs = max(n_pictures * (n_pictures - 1) / 2, 1.0)
        return min(float(self.mean + n_deviations * self.deviation / n_pairs**0.5), 1.0)


def usual_alikeness(lake: Lake) -> Usual | None:
    """How alike any two images of the catalog are; None where there are no two."""
    sample = lake.query(f"""
        SELECT min(pin_id) AS pin_id FROM {SPACE} GROUP BY fingerprint ORDER BY fingerprint LIMIT {SAMPLE}""")
    rows = lake.table(SPACE).read_keys(sample["pin_id"], ["pin_id", "vector"])
    if rows.num_rows < 2:
        return None
    held = vectors(rows.take(pc.sort_indices(rows["pin_id"]))).astype(np.float64)  # (n, d)
    n_pairs = len(held) * (len(held) - 1)
    lengths = (held**2).sum(axis=1)
    mean = ((held.sum(axis=0) ** 2).sum() - lengths.sum()) / n_pairs
    squares = (np.square(held.T @ held).sum() - np.square(lengths).sum()) / n_pairs
    return Usual(round(float(mean), 6), round(float(max(squares - mean**2, 0.0) ** 0.5), 6))


def alikeness(lake: Lake, members: sparse.csr_matrix, pins: list[str]) -> list[float | None]:
    """Per group the mean cosine of two different members, to the millionth; None of a group that has no two vectors.

    Args:
        members: (groups, pins) with 1 where a pin belongs to a group.
        pins: the pins of its columns, in order of id.
    """
    n_groups = members.shape[0]
    sums: Floats | None = None
    lengths, counts = np.zeros(n_groups), np.zeros(n_groups)
    by_pin = members.tocsc()
    for start in range(0, len(pins), CHUNK):
        rows = lake.table(SPACE).read_keys(pins[start : start + CHUNK], ["pin_id", "vector"])
        if rows.num_rows == 0:
            continue
        rows = rows.take(pc.sort_indices(rows["pin_id"]))
        held = vectors(rows).astype(np.float64)  # (k, d)
        columns = start + np.searchsorted(np.array(pins[start : start + CHUNK], object), rows["pin_id"].to_pylist())
        part = by_pin[:, columns]
        sums = part @ held if sums is None else sums + part @ held
        lengths += part @ (held**2).sum(axis=1)
        counts += np.asarray(part.sum(axis=1)).ravel()
    if sums is None:
        return [None] * n_groups
    pairs = counts * (counts - 1)
    means = ((sums**2).sum(axis=1) - lengths) / np.maximum(pairs, 1)
    return [round(float(mean), 6) if n else None for mean, n in zip(means, pairs, strict=True)]
