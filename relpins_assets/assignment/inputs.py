"""What the dual encoder sees of a pin: its picture, its description as a vector, and its words by hash.

Words that name an attribute can be left out, so that the towers learn to tell it from the rest.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.sparse import csr_array

from relpins_assets.vocabulary.vocabulary import Attribute
from relpins_resources.describers.color_names import COLOR_NAMES
from relpins_resources.encoders.dual_encoder import Products
from relpins_resources.lake import Lake
from relpins_resources.lake.table import vectors

Floats = npt.NDArray[np.float32]
WORD_SLOTS = 1024
COLOR_SHARE = 0.5
"""Of the picture's squared length, what the named colours make up."""
BOARD_WORD, PRICE_WORD = "boards:", "price:"
COLORS = {name: place for place, name in enumerate(COLOR_NAMES)}

WANTED = """
SELECT c.pin_id, c.fingerprint AS image, coalesce(t.fingerprint, '') AS content,
       coalesce(e.own_text, '') AS own_text, coalesce(p.merchant_tags, []) AS tags,
       coalesce(p.board_category, '') AS board_category, coalesce(e.board_titles, []) AS board_titles,
       p.price, coalesce(p.currency, '') AS currency,
       coalesce(e.colors, []) AS colors, coalesce(e.color_shares, []) AS color_shares
FROM clip_embeddings c JOIN raw_pins p USING (pin_id)
LEFT JOIN enriched_descriptions e USING (pin_id) LEFT JOIN content_embeddings t USING (pin_id)
"""
"""One row per pin with an image: all that the product tower reads, vectors by their fingerprint."""


@dataclass(frozen=True)
class PinInputs:
    """n pins as the product tower reads them; `words` before hashing, so that some can be left out.

    Attributes:
        words: (n, v) counts; `names` are the v distinct words.
    """

    pin_ids: list[str]
    image: Floats
    content: Floats
    words: csr_array
    names: list[str]

    def products(self, words: csr_array | None = None) -> Products:
        """As the towers take them; `words` (n, v) in place of all words."""
        kept = self.words if words is None else words
        return Products(self.image, self.content, csr_array(kept @ _slots(self.names)))

    def naming(self, attributes: Sequence[Attribute]) -> csr_array:
        """(a, v) where a word is part of any form of an attribute's value."""
        at = {name: place for place, name in enumerate(self.names)}
        pairs = [
            (row, at[named])
            for row, attribute in enumerate(attributes)
            for word in words_of(" ".join(attribute.members))
            for named in (word, BOARD_WORD + word)
            if named in at
        ]
        rows, columns = (np.array([pair[side] for pair in pairs], np.int64) for side in (0, 1))
        shape = (len(attributes), len(self.names))
        return csr_array((np.ones(len(pairs), np.float32), (rows, columns)), shape=shape)


def pin_inputs(lake: Lake, pins: pa.Table) -> PinInputs:
    """The inputs of rows of WANTED, in their order."""
    ids = pins["pin_id"].to_pylist()
    image = _vectors_of(lake, "clip_embeddings", ids)
    content = _vectors_of(lake, "content_embeddings", ids)
    shares = np.zeros((len(ids), len(COLORS)), np.float32)
    rows = pins.to_pylist()
    for place, row in enumerate(rows):
        for color, share in zip(row["colors"], row["color_shares"], strict=False):
            if color in COLORS:
                shares[place, COLORS[color]] += share
    norms = np.linalg.norm(shares, axis=1, keepdims=True)
    shares = np.divide(shares, norms, out=np.zeros_like(shares), where=norms > 0)
    picture = np.concatenate([np.sqrt(1 - COLOR_SHARE) * image, np.sqrt(COLOR_SHARE) * shares], axis=1)
    words, names = _word_counts([_pin_words(row) for row in rows])
    return PinInputs(ids, picture.astype(np.float32), content, words, names)


def words_of(text: str) -> list[str]:
    """The distinct words of a text, in order."""
    return list(dict.fromkeys(re.findall(r"[^\W_]+", text.casefold())))


def _pin_words(row: Mapping[str, Any]) -> list[str]:
    own = words_of(" ".join([row["own_text"], *row["tags"], row["board_category"]]))
    boards = [BOARD_WORD + word for word in words_of(" ".join(row["board_titles"]))]
    return [*own, *boards, *_price_words(row["price"], row["currency"])]


def _price_words(price: float | None, currency: str) -> list[str]:
    """Half octaves of the price, the neighbours too, so that near prices share a word."""
    if price is None or not math.isfinite(price) or price <= 0:
        return []
    step = round(2 * math.log2(price))
    return [f"{PRICE_WORD}{currency}:{near}" for near in (step - 1, step, step + 1)]


def _word_counts(texts: Sequence[list[str]]) -> tuple[csr_array, list[str]]:
    at: dict[str, int] = {}
    columns = np.array([at.setdefault(word, len(at)) for words in texts for word in words], np.int64)
    starts = np.concatenate([[0], np.cumsum([len(words) for words in texts])]).astype(np.int64)
    shape = (len(texts), len(at))
    return csr_array((np.ones(len(columns), np.float32), columns, starts), shape=shape), list(at)


def _slots(names: Sequence[str]) -> csr_array:
    """(v, WORD_SLOTS) the slot of each word."""
    columns = np.array([_slot(name) for name in names], np.int64)
    shape = (len(names), WORD_SLOTS)
    return csr_array((np.ones(len(names), np.float32), (np.arange(len(names)), columns)), shape=shape)


@lru_cache(maxsize=65536)
def _slot(word: str) -> int:
    return int.from_bytes(hashlib.sha256(word.encode()).digest()[:8]) % WORD_SLOTS


def _vectors_of(lake: Lake, name: str, pin_ids: Sequence[str]) -> Floats:
    """(n, d) vectors of a table in the order asked for, zeros where it has none."""
    table = lake.table(name)
    rows = table.read_keys(pin_ids, ["pin_id", "vector"])
    found = vectors(rows)
    out = np.zeros((len(pin_ids), table.vector_dim() or 1), np.float32)
    at = {pin_id: place for place, pin_id in enumerate(pin_ids)}
    if rows.num_rows:
        out[[at[pin_id] for pin_id in rows["pin_id"].to_pylist()]] = found
    return out
