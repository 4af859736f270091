"""What the one vector per pin is made from: its look, its own words and what its pixels say; no board has a part in it.

So a pin has its vector as soon as it arrives, and keeps it when it is saved.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from relpins_resources.encoders import SentenceEncoder
from relpins_resources.encoders.base import Vectors
from relpins_resources.lake import Lake
from relpins_resources.lake.cache import Cache
from relpins_resources.lake.fingerprints import digest
from relpins_resources.lake.table import vectors

Ints = npt.NDArray[np.int64]
LOOK = "clip_embeddings"

WANTED = f"""
SELECT c.pin_id, c.fingerprint AS look, coalesce(e.own_text, '') AS own_text, coalesce(e.statement, '') AS statement,
       coalesce(p.merchant_tags, []) AS tags
FROM {LOOK} c LEFT JOIN raw_pins p USING (pin_id) LEFT JOIN enriched_descriptions e USING (pin_id)
"""
"""One row per pin with a picture: all that its vector is made from, its look by the fingerprint of that vector."""


def wanted_pinclip(lake: Lake) -> pa.Table:
    return lake.query(f"{WANTED} ORDER BY c.pin_id")


def own_words(pins: pa.Table) -> list[str]:
    """What each pin says of itself, its merchant's tags last; '' where nothing."""
    texts, tags = pins["own_text"].to_pylist(), pins["tags"].to_pylist()
    return [" ".join(part for part in (text, ", ".join(said)) if part) for text, said in zip(texts, tags, strict=True)]


def all_words(pins: pa.Table) -> list[str]:
    """The same, and what its pixels say."""
    said = zip(own_words(pins), pins["statement"].to_pylist(), strict=True)
    return [" ".join(part for part in parts if part) for parts in said]


def looks_of(lake: Lake, pins: pa.Table) -> Vectors:
    """(n, i) clip vectors of `pins`, all of which have one, in their order."""
    ids = pins["pin_id"].to_pylist()
    table = lake.table(LOOK)
    rows = table.read_keys(pins["pin_id"].combine_chunks() if pins.num_rows else [], ["pin_id", "vector"])
    out = np.zeros((len(ids), table.vector_dim() or 1), np.float32)
    at = {pin_id: place for place, pin_id in enumerate(ids)}
    if rows.num_rows:
        out[[at[pin_id] for pin_id in rows["pin_id"].to_pylist()]] = vectors(rows)
    return out


def sentences_of(texts: Sequence[str], encoder: SentenceEncoder, cache: Cache) -> Vectors:
    """(n, s) sentence vectors, zeros for an empty text."""
    said = [place for place, text in enumerate(texts) if text]
    out = np.zeros((len(texts), encoder.dim), np.float32)
    if said:
        hashes = [digest(texts[place]) for place in said]
        out[said] = cache.vectors(hashes, lambda at: encoder.encode([texts[said[i]] for i in at]))
    return out
