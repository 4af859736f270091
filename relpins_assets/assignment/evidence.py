"""What pins' own sources say of them, and how far each source is believed.

Estimated without labels. What a source says on purpose (own words, tags, columns) starts from a stated prior. A source
that says things in passing (boards, pixels) is measured by capture and recapture: of what it says of pins that have
words of their own, a source of own words repeats a share q; of what own words say, another such source repeats a
share m; so about q / m of what it says is true. What the towers infer belongs to assign.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

PRIOR = {
    "view": 0.9,
    "merchant_tags": 0.97,
    "title": 0.95,
    "description": 0.95,
    "category": 0.95,
    "price": 0.995,
    "boards": 0.6,
    "pixels": 0.4,
}
"""How far a source is believed before anything is counted."""
DEFAULT_PRIOR = 0.7
OWN_WORDS = ("description", "merchant_tags", "title", "view")
IN_PASSING = ("boards", "pixels")
PRIOR_CLAIMS = 20
"""For sources in passing the prior counts as so many claims."""
HIGHEST = 0.995
MAX_VALUES = 12
"""A wrong claim is taken to fall on one of so many values at most: a key's long tail makes no agreement certain."""
CONTRADICTION = 0.25
"""Another value said of the same key is so much of a contradiction; people name several things in one breath."""

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
    says: Bools
    sources: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.pins)


def claims_of(
    rows: pa.Table, pins: Mapping[str, int], attributes: Mapping[str, int], key_of: Ints, sources: Sequence[str]
) -> Claims:
    """`rows` (pin_id, attribute_id, sources) as numbers; rows of other pins and attributes are left out."""
    columns = (rows[name].to_pylist() for name in ("pin_id", "attribute_id", "sources"))
    kept = [
        (pins[pin_id], attributes[attribute_id], said)
        for pin_id, attribute_id, said in zip(*columns, strict=True)
        if pin_id in pins and attribute_id in attributes
    ]
    kept.sort(key=lambda claim: claim[:2])
    says = np.array([[source in said for source in sources] for _, _, said in kept], bool)
    pin_places, at = (np.array([claim[side] for claim in kept], np.int64) for side in (0, 1))
    return Claims(pin_places, at, key_of[at], says.reshape(-1, len(sources)), tuple(sources))


def estimate_reliability(claims: Claims, n_keys: int) -> Doubles:
    """(keys, sources) how likely what a source says of a key is true; the prior where nothing can be counted."""
    prior = np.array([PRIOR.get(source, DEFAULT_PRIOR) for source in claims.sources])
    reliability = np.tile(prior, (n_keys, 1))
    own = np.isin(claims.sources, OWN_WORDS)
    if not len(claims) or not own.any():
        return reliability
    has_words = np.zeros((int(claims.pins.max()) + 1, len(claims.sources)), bool)
    np.logical_or.at(has_words, claims.pins, claims.says)
    spoken, said = (has_words & own)[claims.pins], claims.says & own
    for key in range(n_keys):
        of_key = claims.keys == key
        repeated, repeatable = _repeats(said[of_key], spoken[of_key])
        for source in np.flatnonzero(np.isin(claims.sources, IN_PASSING)):
            tried = of_key & claims.says[:, source]
            expected = int(spoken[tried].sum()) * (repeated + 1) / (repeatable + 2)  # repeats, were every claim true
            weight = PRIOR_CLAIMS * (repeated + 1) / (repeatable + 2)
            reliability[key, source] = (int(said[tried].sum()) + weight * prior[source]) / (expected + weight)
    rounded: Doubles = np.round(np.clip(reliability, 1 - HIGHEST, HIGHEST), 6)
    return rounded


def believed(claims: Claims, reliability: Doubles, n_values: Ints) -> Doubles:
    """(n,) how likely each claim is true, given who says it and who says something else of that key.

    A claim that stands alone is as likely as its source is reliable; rounded to 1e-6.

    Args:
        n_values: (keys,) values that each key has.
    """
    if not len(claims):
        return np.zeros(0)
    right = np.clip(reliability[claims.keys], 1 - HIGHEST, HIGHEST)  # (n, s)
    wrong = 1 - right
    others = np.clip(n_values[claims.keys] - 1, 1, MAX_VALUES).astype(np.float64)
    objects = _speaks(claims) & ~claims.says
    odds = (np.log(right / wrong) * claims.says).sum(axis=1) + np.log(others) * (claims.says.sum(axis=1) - 1)
    odds += CONTRADICTION * (np.minimum(np.log(wrong / 0.5), 0) * objects).sum(axis=1)
    likely: Doubles = np.round(np.minimum(1 / (1 + np.exp(-odds)), HIGHEST), 6)
    return likely


def _repeats(said: Bools, spoken: Bools) -> tuple[int, int]:
    """Pairs of a claim by one source of own words and another such source of its pin: how many repeat it, and all."""
    others = spoken.sum(axis=1) - 1
    n_said = said.sum(axis=1)
    return int((n_said * (n_said - 1)).sum()), int((n_said * others).sum())


def _speaks(claims: Claims) -> Bools:
    """(n, s) which sources say anything of the claim's key of its pin."""
    _, groups = np.unique(np.stack([claims.pins, claims.keys]), axis=1, return_inverse=True)
    groups = groups.reshape(-1)
    speaks = np.zeros((int(groups.max()) + 1, len(claims.sources)), bool)
    np.logical_or.at(speaks, groups, claims.says)
    result: Bools = speaks[groups]
    return result
