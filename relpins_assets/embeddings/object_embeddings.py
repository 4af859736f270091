"""Objects into vectors: the part of a picture within a box, through the clip model, in the space of whole pictures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from relpins_resources.ann import snap
from relpins_resources.encoders import ClipEncoder, ClipModel
from relpins_resources.images import decode_pixels
from relpins_resources.images.crop import crop
from relpins_resources.lake import Lake
from relpins_resources.lake.cache import Cache
from relpins_resources.lake.fingerprints import digest
from relpins_resources.lake.table import vector_array

Floats = npt.NDArray[np.float32]
AT_ONCE = 128
"""Objects whose pictures are held decoded at once."""
EDGES = ("x0", "y0", "x1", "y1")


def wanted_crops(lake: Lake) -> pa.Table:
    """One row per object (pin_id, object_number, its edges, jpeg_hash)."""
    return lake.query(f"""
        SELECT pin_id, object_number, {", ".join(EDGES)}, jpeg_hash
        FROM dominant_objects JOIN pin_images USING (pin_id) ORDER BY pin_id, object_number""")


def embed_objects(objects: pa.Table, lake: Lake, encoder: ClipEncoder, model: ClipModel, cache: Cache) -> pa.Table:
    """Rows of object_embeddings, without fingerprint, of a batch of `wanted_crops`."""
    rows = objects.select(["pin_id", *EDGES, "jpeg_hash"]).to_pylist()
    hashes = [digest(row["jpeg_hash"], *(row[edge] for edge in EDGES)) for row in rows]

    def encode(positions: Sequence[int]) -> Floats:
        parts = []
        for start in range(0, len(positions), AT_ONCE):
            some = [rows[i] for i in positions[start : start + AT_ONCE]]
            pictures = _pictures(lake, sorted({row["pin_id"] for row in some}))
            crops = [crop(pictures[row["pin_id"]], *(row[edge] for edge in EDGES)) for row in some]
            parts.append(encoder.features(crops))
        return np.concatenate(parts)

    vectors = model.project(cache.vectors(hashes, encode))
    return objects.select(["pin_id", "object_number"]).append_column("vector", vector_array(snap(vectors)))


def _pictures(lake: Lake, pin_ids: Sequence[str]) -> dict[str, npt.NDArray[np.uint8]]:
    rows = lake.table("pin_images").read_keys(pin_ids, ["pin_id", "jpeg"])
    jpegs = zip(rows["pin_id"].to_pylist(), rows["jpeg"].to_pylist(), strict=True)
    return {pin_id: decode_pixels(jpeg) for pin_id, jpeg in jpegs}
