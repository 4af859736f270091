"""What attribute_assignments should hold, and which pins an edit of the vocabulary reaches."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pyarrow as pa

from relpins_assets.assignment.assign import Scorer, threshold
from relpins_assets.assignment.evidence import CLAIMS
from relpins_assets.assignment.inputs import WANTED
from relpins_assets.assignment.model import Dual
from relpins_assets.vocabulary.vocabulary import Attribute
from relpins_resources.lake import Lake
from relpins_resources.lake.fingerprints import digest
from relpins_resources.lake.table import literal, vectors

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


def states_of(dual: Dual, attributes: Sequence[Attribute]) -> dict[str, str]:
    """Per attribute all that its rows depend on beside the pins, as a hash."""
    return {one.attribute_id: digest(one.key, sorted(one.members), threshold(dual, one)) for one in attributes}


def affected_pins(lake: Lake, scored: Scorer, changed: Collection[str]) -> pa.Table:
    """Pins (pin_id) whose rows may change because of attributes that changed, came or went.

    Those that hold one of them, and those where one is inferred now.
    """
    places = [place for place, one in enumerate(scored.attributes) if one.attribute_id in changed]
    quoted = ", ".join(literal(name) for name in sorted(changed))
    holders = lake.table("attribute_assignments").read(["pin_id"], where=f"attribute_id IN ({quoted})")
    reached = set(holders["pin_id"].to_pylist())
    if places:
        for batch in lake.table("product_embeddings").batches(["pin_id", "vector"], 4096):
            rows = pa.Table.from_batches([batch])
            products = vectors(rows)
            inferred = scored.inferred(products, scored.cosines(products))[:, places]
            reached.update(rows["pin_id"].filter(pa.array((inferred > 0).any(axis=1))).to_pylist())
    return pa.table({"pin_id": pa.array(sorted(reached), pa.string())})
