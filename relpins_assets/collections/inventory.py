"""What the images of a lake carry, as topics are matched with it; and a hash per attribute of all that stands in it.

Counts are of distinct images. An image carries what any pin of it carries, with the highest confidence of these; but
the price is that of the pin it is shown by.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from relpins_assets.collections.matching import MICRO, Booleans, Ints, Postings, postings_of
from relpins_assets.vocabulary.price_bands import PRICE_BAND, carried_by
from relpins_assets.vocabulary.topics import HEADS
from relpins_assets.vocabulary.vocabulary import Vocabulary, load_vocabulary
from relpins_resources.ann.scores import FloatArray, snap
from relpins_resources.lake import Lake
from relpins_resources.lake.table import vectors

REQUIRED = (*HEADS, PRICE_BAND)
"""Keys of what a topic is of, and its price: an image without them is out of the question."""

FILLED_FROM = (
    "judged_topics",
    "attribute_assignments",
    "attribute_vocabulary",
    "raw_attributes",
    "clip_embeddings",
    "pin_joins",
)
"""The assets that collections are filled from."""
HEARSAY = ("boards", "pixels")
"""Sources that do not speak of the thing itself: where people keep it, and the whole picture, background and all."""
LEAST_SPOKEN = 0.05
"""Where own words name a key for a smaller share of the images that have it, pixels are believed for it: the best
there is where a catalog has no text."""

_TOLD = f"""
    said AS (
        SELECT r.pin_id, v.key, v.attribute_id, r.source
        FROM raw_attributes r
        JOIN (SELECT attribute_id, key, unnest(members) AS value FROM attribute_vocabulary) v USING (key, value)),
    unspoken AS (
        SELECT key FROM said GROUP BY key
        HAVING count(DISTINCT pin_id) FILTER (source NOT IN {HEARSAY}) < {LEAST_SPOKEN} * count(DISTINCT pin_id)),
    told AS (
        SELECT DISTINCT pin_id, attribute_id, true AS is_told FROM said
        WHERE source NOT IN {HEARSAY} OR (source = 'pixels' AND key IN (FROM unspoken)))"""
CARRIED = f"""
    WITH {_TOLD}
    SELECT m.attribute_id, j.image, max(CAST(round(a.confidence * 1000000) AS BIGINT)) AS confidence,
           bool_or(coalesce(t.is_told, false)) AS is_told
    FROM attribute_assignments a
    JOIN (SELECT representative_pin_id AS image, unnest(pin_ids) AS pin_id FROM pin_joins) j USING (pin_id)
    JOIN (SELECT unnest($asked::VARCHAR[]) AS attribute_id, unnest($carried::VARCHAR[]) AS carried,
                 unnest($is_price::BOOLEAN[]) AS is_price) m
      ON m.carried = a.attribute_id
    LEFT JOIN told t ON t.pin_id = a.pin_id AND t.attribute_id = a.attribute_id
    WHERE a.pin_id = j.image OR NOT m.is_price
    GROUP BY ALL
"""
"""One row per attribute that topics can ask for and image that carries it; `confidence` in millionths.

`is_told`: the thing's own words, tags, price, category or a look at the picture by a model say so.
"""

WANTED = f"""
WITH carried AS ({CARRIED}),
products AS (SELECT pin_id, hash(vector) AS place FROM product_embeddings),
seen AS (
    SELECT c.attribute_id,
           concat_ws('|', c.image, c.confidence, c.is_told, coalesce(l.fingerprint, ''), p.place) AS told
    FROM carried c LEFT JOIN clip_embeddings l ON l.pin_id = c.image LEFT JOIN products p ON p.pin_id = c.image),
hashed AS (
    SELECT attribute_id, concat_ws(
               ':', count(*), sum(md5_number_lower(told)::HUGEINT), bit_xor(md5_number_upper(told))) AS carriers
    FROM seen GROUP BY attribute_id),
topics AS (
    SELECT topic_id, attribute_ids, unnest(attribute_ids) AS attribute_id FROM judged_topics WHERE verdict = 'accepted')
SELECT t.topic_id, any_value(t.attribute_ids) AS attribute_ids, list(v.idf ORDER BY attribute_id) AS idfs,
       list(array_to_string(v.members, chr(31)) ORDER BY attribute_id) AS forms,
       list(coalesce(h.carriers, '') ORDER BY attribute_id) AS carriers
FROM topics t JOIN attribute_vocabulary v USING (attribute_id) LEFT JOIN hashed h USING (attribute_id)
GROUP BY t.topic_id HAVING count(*) = len(any_value(t.attribute_ids)) ORDER BY t.topic_id
"""


def wanted_topics(lake: Lake) -> pa.Table:
    """One row per accepted topic (topic_id, attribute_ids, idfs, forms, carriers).

    `carriers` says per attribute which images carry it, how surely, what they look like and where the dual encoder
    places them: a sum of hashes, in no order. So a pin's arrival changes the rows of the topics that share an attribute
    with it, and no others; nor does what a pin carries beside.
    """
    return lake.query(WANTED, _asked(load_vocabulary(lake)))


def _asked(vocabulary: Vocabulary) -> dict[str, list[str] | list[bool]]:
    pairs = carried_by(vocabulary.attributes)
    return {
        "asked": [asked for asked, _ in pairs],
        "carried": [carried for _, carried in pairs],
        "is_price": [vocabulary[asked].key == PRICE_BAND for asked, _ in pairs],
    }


@dataclass(frozen=True)
class Inventory:
    """The images of a lake and the attributes they carry.

    Attributes:
        images: (n,) the pin that stands for each image, ascending.
        vocabulary: its positions number the attributes of `postings`.
        told: those of `postings` that are told, not only inferred or said of where the pin is kept.
    """

    lake: Lake
    vocabulary: Vocabulary
    images: npt.NDArray[np.object_]
    postings: Postings
    told: Postings

    @cached_property
    def weights(self) -> Ints:
        """(n_attributes,) idf in millionths, at least 1."""
        idfs = np.array([attribute.idf for attribute in self.vocabulary.attributes], np.float64)
        return np.maximum(np.rint(idfs * MICRO).astype(np.int64), 1)

    @cached_property
    def is_required(self) -> Booleans:
        """(n_attributes,) whether no image goes into a topic with it that does not carry it."""
        return np.array([attribute.key in REQUIRED for attribute in self.vocabulary.attributes], bool)

    def looks(self, images: Ints) -> FloatArray:
        """(k, d) clip vectors of some images, snapped; zeros where one has none."""
        return self._vectors("clip_embeddings", images)

    def products(self, images: Ints) -> FloatArray:
        """(k, d) where the dual encoder places some images, snapped; zeros where it does not."""
        return self._vectors("product_embeddings", images)

    def _vectors(self, name: str, images: Ints) -> FloatArray:
        table = self.lake.table(name)
        distinct, place = np.unique(images, return_inverse=True)
        ids = self.images[distinct]
        rows = table.read_keys(pa.array(ids.tolist(), pa.string()), ["pin_id", "vector"])
        found = np.zeros((len(distinct), table.vector_dim() or 1), np.float32)
        if rows.num_rows:
            rows = rows.filter(pc.is_valid(rows["vector"]))
            at = np.searchsorted(ids, np.array(rows["pin_id"].to_pylist(), object))
            found[at] = vectors(rows)
        taken: FloatArray = snap(found)[place]
        return taken


def load_inventory(lake: Lake) -> Inventory:
    """All that the images of a lake carry now."""
    vocabulary = load_vocabulary(lake)
    images = np.array(sorted(lake.table("pin_joins").read(["representative_pin_id"])[0].to_pylist()), object)
    rows = lake.query(CARRIED, _asked(vocabulary))
    attributes, carriers = (
        pc.index_in(rows[name], value_set=pa.array(known, pa.string())).to_numpy().astype(np.int64)
        for name, known in (("attribute_id", list(vocabulary.position)), ("image", images.tolist()))
    )
    confidences, is_told = rows["confidence"].to_numpy(), rows["is_told"].to_numpy()
    postings, told = (
        postings_of(attributes[kept], carriers[kept], confidences[kept], len(vocabulary), len(images))
        for kept in (slice(None), is_told)
    )
    return Inventory(lake, vocabulary, images, postings, told)
