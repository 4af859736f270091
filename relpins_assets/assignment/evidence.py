"""What pins' own sources say of them, and how far each source is believed.

A source's reliability on a key is estimated without labels, from where sources speak of the same key of the same pin:
who is seldom contradicted, and agrees with the reliable, is reliable (Dawid & Skene 1979, one number per source and
key, with a stated prior). What the towers infer belongs to assign.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

PRIOR = {
    "view": 0.9,
    "merchant_tags": 0.95,
    "title": 0.92,
    "description": 0.92,
    "category": 0.9,
    "price": 0.995,
    "boards": 0.6,
    "pixels": 0.5,
}
"""How far a source is believed before its agreement with others is counted, and PRIOR_CLAIMS times."""
PRIOR_CLAIMS = 20
DEFAULT_PRIOR = 0.7
ROUNDS = 12
HIGHEST = 0.995
MAX_VALUES = 12
"""A wrong claim is taken to fall on one of so many values at most: a key's long tail makes no agreement certain."""
MANY_VALUED = 0.25
"""Of a key that may have several values, another value said is so much of a contradiction."""

CLAIMS = """
SELECT r.pin_id, v.attribute_id, list(DISTINCT r.source ORDER BY r.source) AS sources
FROM raw_attributes r
JOIN (SELECT attribute_id, key, unnest(members) AS value FROM attribute_vocabulary) v USING (key, value)
GROUP BY ALL
"""
"""One row per pin and attribute that any source says."""


@dataclass(frozen=True)
class Claims:
    """n claims that a pin has an attribute; (pin, key) and (pin, attribute) as numbers.

    Attributes:
        pins, attributes, keys: (n,) positions of each claim's pin, attribute and key.
        says: (n, s) which of `sources` say it.
    """

    pins: Ints
    attributes: Ints
    keys: Ints
    says: npt.NDArray[np.bool_]
    sources: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.pins)


def claims_of(
    rows: pa.Table, pins: Mapping[str, int], attributes: Mapping[str, int], key_of: Ints, sources: Sequence[str]
) -> Claims:
    """`rows` (pin_id, attribute_id, sources) as numbers; rows of other pins and attributes are left out."""
    kept = [
        (pins[pin_id], attributes[attribute_id], said)
        for pin_id, attribute_id, said in zip(
            *(rows[name].to_pylist() for name in ("pin_id", "attribute_id", "sources")), strict=True
        )
        if pin_id in pins and attribute_id in attributes
    ]
    kept.sort(key=lambda claim: claim[:2])
    says = np.array([[source in said for source in sources] for _, _, said in kept], bool)
    at = np.array([claim[1] for claim in kept], np.int64)
    return Claims(
        np.array([claim[0] for claim in kept], np.int64), at, key_of[at], says.reshape(-1, len(sources)), tuple(sources)
    )


def estimate_reliability(claims: Claims, n_values: Ints, is_single: npt.NDArray[np.bool_]) -> Doubles:
    """(keys, sources) how likely what a source says of a key is true.

    Args:
        n_values: (keys,) values that the vocabulary has of each key.
        is_single: (keys,) whether a pin has one value of it at most.
    """
    prior = np.array([PRIOR.get(source, DEFAULT_PRIOR) for source in claims.sources])
    reliability = np.tile(prior, (len(n_values), 1))
    if not len(claims):
        return reliability
    speaks, _ = _speakers(claims)
    is_shared = (speaks.sum(axis=1) > 1)[:, None] & claims.says  # others to agree with
    for _ in range(ROUNDS):
        likely = believed(claims, reliability, n_values, is_single)
        for key in range(len(n_values)):
            of_key = is_shared & (claims.keys == key)[:, None]
            reliability[key] = (PRIOR_CLAIMS * prior + (of_key * likely[:, None]).sum(axis=0)) / (
                PRIOR_CLAIMS + of_key.sum(axis=0)
            )
        reliability = np.minimum(reliability, HIGHEST)
    return np.round(reliability, 6)


def believed(claims: Claims, reliability: Doubles, n_values: Ints, is_single: npt.NDArray[np.bool_]) -> Doubles:
    """(n,) how likely each claim is true, given who says it and who says something else of that key.

    A claim that stands alone is as likely as its source is reliable; rounded to 1e-6.
    """
    if not len(claims):
        return np.zeros(0)
    right = np.clip(reliability[claims.keys], 1 - HIGHEST, HIGHEST)  # (n, s)
    wrong = 1 - right
    others = np.clip(n_values[claims.keys] - 1, 1, MAX_VALUES).astype(np.float64)
    speaks, _ = _speakers(claims)
    objects = speaks & ~claims.says
    weight = np.where(is_single[claims.keys], 1.0, MANY_VALUED)
    odds = (np.log(right / wrong) * claims.says).sum(axis=1) + np.log(others) * (claims.says.sum(axis=1) - 1)
    odds += weight * (np.log(wrong) * objects).sum(axis=1)
    return np.round(1 / (1 + np.exp(-odds)), 6)


def _speakers(claims: Claims) -> tuple[npt.NDArray[np.bool_], Ints]:
    """(n, s) which sources say anything of the claim's key of its pin, and a number for that pin and key."""
    _, groups = np.unique(np.stack([claims.pins, claims.keys]), axis=1, return_inverse=True)
    groups = groups.reshape(-1)
    counts = np.zeros((groups.max() + 1, len(claims.sources)), np.int64)
    np.add.at(counts, groups, claims.says)
    return counts[groups] > 0, groups.astype(np.int64)
