"""What the images of a lake carry, as topics are matched with it; and a hash per attribute of all that stands in it.

Counts are of distinct images. An image carries what any pin of it carries, with the highest confidence of these.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from relpins_assets.collections.matching import MICRO, Booleans, Ints, Postings, postings_of
from relpins_assets.collections.price_bands import PRICE_BAND, carried_by
from relpins_assets.vocabulary.topics import HEADS
from relpins_assets.vocabulary.vocabulary import Vocabulary, load_vocabulary
from relpins_resources.ann.scores import FloatArray, snap
from relpins_resources.lake import Lake
from relpins_resources.lake.table import vectors

REQUIRED = (*HEADS, PRICE_BAND)
"""Keys of what a topic is of, and its price: an image without them is out of the question."""

FILLED_FROM = ("judged_topics", "attribute_assignments", "attribute_vocabulary", "clip_embeddings", "pin_joins")
"""The assets that collections are filled from."""

CARRIED = """
    SELECT m.attribute_id, j.image, max(CAST(round(a.confidence * 1000000) AS BIGINT)) AS confidence
    FROM attribute_assignments a
    JOIN (SELECT representative_pin_id AS image, unnest(pin_ids) AS pin_id FROM pin_joins) j USING (pin_id)
    JOIN (SELECT unnest($asked::VARCHAR[]) AS attribute_id, unnest($carried::VARCHAR[]) AS carried) m
      ON m.carried = a.attribute_id
    GROUP BY ALL
"""
"""One row per attribute that topics can ask for and image that carries it; `confidence` in millionths."""

WANTED = f"""
WITH carried AS ({CARRIED}),
seen AS (
    SELECT c.attribute_id, c.image || '|' || c.confidence || '|' || coalesce(l.fingerprint, '') || '|'
           || coalesce(p.fingerprint, '') AS told
    FROM carried c LEFT JOIN clip_embeddings l ON l.pin_id = c.image
    LEFT JOIN product_embeddings p ON p.pin_id = c.image),
hashed AS (
    SELECT attribute_id, concat_ws(
               ':', count(*), sum(md5_number_lower(told)::HUGEINT), bit_xor(md5_number_upper(told))) AS carriers
    FROM seen GROUP BY attribute_id),
topics AS (
    SELECT topic_id, attribute_ids, unnest(attribute_ids) AS attribute_id FROM judged_topics WHERE verdict = 'accepted')
SELECT t.topic_id, any_value(t.attribute_ids) AS attribute_ids, list(v.idf ORDER BY attribute_id) AS idfs,
       list(coalesce(h.carriers, '') ORDER BY attribute_id) AS carriers
FROM topics t JOIN attribute_vocabulary v USING (attribute_id) LEFT JOIN hashed h USING (attribute_id)
GROUP BY t.topic_id HAVING count(*) = len(any_value(t.attribute_ids)) ORDER BY t.topic_id
"""


def wanted_topics(lake: Lake) -> pa.Table:
    """One row per accepted topic (topic_id, attribute_ids, idfs, carriers).

    `carriers` says per attribute which images carry it, how surely, and what they look like: a sum of hashes, in no
    order. So a pin's arrival changes the rows of the topics that share an attribute with it, and no others.
    """
    return lake.query(WANTED, _asked(load_vocabulary(lake)))


def _asked(vocabulary: Vocabulary) -> dict[str, list[str]]:
    pairs = carried_by(vocabulary.attributes)
    return {"asked": [asked for asked, _ in pairs], "carried": [carried for _, carried in pairs]}


@dataclass(frozen=True)
class Inventory:
    """The images of a lake and the attributes they carry.

    Attributes:
        images: (n,) the pin that stands for each image, ascending.
        vocabulary: its positions number the attributes of `postings`.
    """

    lake: Lake
    vocabulary: Vocabulary
    images: npt.NDArray[np.object_]
    postings: Postings

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
    postings = postings_of(attributes, carriers, rows["confidence"].to_numpy(), len(vocabulary), len(images))
    return Inventory(lake, vocabulary, images, postings)
