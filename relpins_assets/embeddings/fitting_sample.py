"""On which vectors codebooks and centres are fitted, and which of them are kept back to judge them on."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from relpins_resources.lake import Lake
from relpins_resources.lake.table import vectors
from relpins_resources.query.catalog import positions_of

Floats = npt.NDArray[np.float32]
FIT_SAMPLE = 10_000
HELD_OUT_FROM = 500
"""With so many vectors a tenth is kept from the fit, and fits are compared on it."""


def fitting_vectors(lake: Lake, space: str) -> pa.Table:
    """One pin per distinct vector of a table (pin_id, vector_fingerprint): those with the smallest hashes."""
    return lake.query(f"""
        SELECT min(pin_id) AS pin_id, fingerprint AS vector_fingerprint FROM {space}
        GROUP BY fingerprint ORDER BY fingerprint LIMIT {FIT_SAMPLE}""")


def held_out_of(sample: pa.Table) -> npt.NDArray[np.bool_]:
    """(n,) the tenth of `fitting_vectors` that is kept back where there are enough of them; else none."""
    hashes = sample["vector_fingerprint"].to_pylist()
    chosen = np.array([int(value[-8:], 16) < 0.1 * 2**32 for value in hashes], bool)
    return chosen if len(hashes) >= HELD_OUT_FROM else np.zeros(len(hashes), bool)


def judged_of(sample: pa.Table) -> npt.NDArray[np.bool_]:
    """(n,) what a fit is judged on: the held out, or all where none is."""
    is_held_out = held_out_of(sample)
    return is_held_out if is_held_out.any() else ~is_held_out


def vectors_of(lake: Lake, space: str, pins: pa.Table) -> Floats:
    """(n, d) vectors of `pins`, in their order."""
    rows = lake.table(space).read_keys(pins["pin_id"], ["pin_id", "vector"])
    order = np.argsort(np.array(rows["pin_id"].to_pylist(), dtype=object))
    found = np.array(rows["pin_id"].to_pylist(), dtype=object)[order]
    at = positions_of(found, pins["pin_id"].to_pylist())
    assert (at >= 0).all(), f"a pin was given that has no vector in {space}"
    return vectors(rows)[order[at]]
