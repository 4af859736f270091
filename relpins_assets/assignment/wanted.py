"""What attribute_assignments should hold, and which pins an edit of the vocabulary reaches."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from relpins_assets.assignment.assign import Scorer
from relpins_assets.assignment.evidence import CLAIMS
from relpins_assets.assignment.inputs import WANTED
from relpins_assets.vocabulary.vocabulary import Attribute, Vocabulary
from relpins_resources.lake import Lake
from relpins_resources.lake.fingerprints import digest
from relpins_resources.lake.table import vectors

SEEN = "attribute_assignments_vocabulary"
"""What the home remembers: the attributes as the last complete pass over all pins saw them."""


def wanted_assignments(lake: Lake) -> pa.Table:
    """One row per pin with an image: the inputs of the product tower, and `said`: what its sources say.

    An entry of `said` is an attribute_id, a tab, and the sources that say it.
    """
    return lake.query(f"""
        WITH claims AS ({CLAIMS}),
        said AS (
            SELECT pin_id, list(attribute_id || chr(9) || array_to_string(sources, ',') ORDER BY attribute_id) AS said
            FROM claims GROUP BY 1)
        SELECT w.*, coalesce(s.said, []) AS said FROM ({WANTED}) w LEFT JOIN said s USING (pin_id) ORDER BY w.pin_id
        """)


def states_of(vocabulary: Vocabulary) -> dict[str, str]:
    """Per attribute what its rows depend on, as a hash: its key and its forms."""
    return {one.attribute_id: _state(one) for one in vocabulary.attributes}


def affected_pins(lake: Lake, scored: Scorer, seen: Mapping[str, str]) -> pa.Table:
    """Pins (pin_id) whose rows may change since the attributes were as in `seen`.

    Those that hold an attribute that changed or went, and those where one that changed or came is inferred now.
    """
    now = {one.attribute_id: _state(one) for one in scored.attributes}
    changed = sorted(name for name in {*now, *seen} if now.get(name) != seen.get(name))
    empty = pa.table({"pin_id": pa.array([], pa.string())})
    if not changed:
        return empty
    places = [place for place, one in enumerate(scored.attributes) if one.attribute_id in set(changed)]
    quoted = ", ".join("'" + name.replace("'", "''") + "'" for name in changed)
    holders = lake.table("attribute_assignments").read(["pin_id"], where=f"attribute_id IN ({quoted})")
    reached = [holders["pin_id"].to_pylist()]
    if places:
        for batch in lake.table("product_embeddings").batches(["pin_id", "vector"], 4096):
            rows = pa.Table.from_batches([batch])
            products = vectors(rows)
            inferred = scored.inferred(products, scored.cosines(products))[:, places]
            reached.append(rows["pin_id"].filter(pa.array(np.any(inferred > 0, axis=1))).to_pylist())
    return pa.table({"pin_id": pa.array(sorted({pin_id for ids in reached for pin_id in ids}), pa.string())})


def _state(attribute: Attribute) -> str:
    return digest(attribute.key, attribute.value, sorted(attribute.members))
