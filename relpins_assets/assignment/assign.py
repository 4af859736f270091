"""Attributes of pins: what their sources say, as far as they are believed, and what the dual encoder infers beside it.

Each row is a function of the pin's inputs, the attribute's own definition and the fitted dual encoder: neither other
pins nor other attributes of the vocabulary as it stands now have a part in it. A single-valued key keeps its best.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from relpins_assets.assignment.evidence import Claims, believed, claims_of
from relpins_assets.assignment.inputs import pin_inputs
from relpins_assets.assignment.model import Dual
from relpins_assets.assignment.thresholds import NEVER, likelihood
from relpins_assets.vocabulary.vocabulary import Attribute
from relpins_resources.ann import snap
from relpins_resources.encoders.base import Vectors
from relpins_resources.lake import Lake, Outcome
from relpins_resources.lake.table import vector_array

Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
LEAST_OBSERVED = 0.35
"""What is said of a pin and is believed less than so far is no attribute of it."""
LEAST_INFERRED = 0.5
"""Nor is what is inferred with less confidence, whatever its cosine."""

NOT_INFERRED = ("price_band",)
"""What nobody can see or guess is said by its source or not at all."""


@dataclass(frozen=True)
class Scorer:
    """The attributes of today's vocabulary against the towers that were fitted, maybe on an earlier one.

    Attributes:
        vectors: (a, d) snapped rows, in the order of `attributes`.
        key_of: (a,) positions in dual.keys; -1 for a key that the fit did not know.
        theta: (a,) cosine from which an attribute is inferred.
        rivals: (a, f) which of the fitted attributes compete with each: others of its key that share no form.
    """

    dual: Dual
    attributes: tuple[Attribute, ...]
    vectors: Vectors
    key_of: Ints
    theta: Doubles
    rivals: Bools
    is_single: Bools

    def cosines(self, products: Vectors) -> Doubles:
        """(n, a), exact, rounded to 1e-6; `products` are snapped rows (n, d)."""
        return _exact(products, self.vectors)

    def inferred(self, products: Vectors, cosines: Doubles) -> Doubles:
        """(n, a) how likely each attribute is by the towers alone; 0 under its threshold."""
        out = np.zeros_like(cosines)
        fitted = _exact(products, snap(self.dual.vectors))
        for place in np.flatnonzero(self.theta < NEVER):
            reached = np.flatnonzero(cosines[:, place] >= self.theta[place])
            best = fitted[np.ix_(reached, np.flatnonzero(self.rivals[place]))].max(axis=1, initial=-1.0)
            curve = self.dual.thresholds.curve[self.key_of[place]]
            out[reached, place] = likelihood(cosines[reached, place], cosines[reached, place] - best, curve)
        return np.where(out >= LEAST_INFERRED, out, 0.0)


def scorer(
    dual: Dual,
    attributes: tuple[Attribute, ...],
    is_single: Sequence[bool],
    phrases: Callable[[Sequence[Attribute]], Vectors],
) -> Scorer:
    """How the attributes of today are scored.

    Args:
        is_single: (a,) whether the attribute's key has one value a pin.
        phrases: gives `phrase_vectors` of those that were not fitted.
    """
    keys = {key: place for place, key in enumerate(dual.keys)}
    key_of = np.array([keys.get(one.key, -1) for one in attributes], np.int64)
    theta = np.array([threshold(dual, one) for one in attributes])
    fitted_keys = np.array([one.key for one in dual.attributes], dtype=object)
    rivals = np.zeros((len(attributes), len(dual.attributes)), bool)
    for place, one in enumerate(attributes):
        rivals[place] = fitted_keys == one.key
        rivals[place, [dual.place_of[one.key, form] for form in one.members if (one.key, form) in dual.place_of]] = (
            False
        )
    vectors = snap(_vectors(dual, attributes, phrases))
    return Scorer(dual, attributes, vectors, key_of, theta, rivals, np.array(is_single, bool))


def threshold(dual: Dual, attribute: Attribute) -> float:
    """Its key's formula with frozen counts; an attribute that is as it was fitted has a shift of its own too."""
    key = dual.keys.index(attribute.key) if attribute.key in dual.keys and attribute.key not in NOT_INFERRED else -1
    base = float(dual.thresholds.theta[key]) if key >= 0 else NEVER
    if base >= NEVER:
        return NEVER
    same = dual.fitted_as(attribute)
    rarity = float(dual.rarity[same]) if same >= 0 else float(np.log(max(attribute.n_pins, 1)) - dual.mean_log)
    shift = float(dual.thresholds.shift[same]) if same >= 0 else 0.0
    return round(base + float(dual.thresholds.kappa[key]) * rarity + shift, 6)


def _vectors(dual: Dual, attributes: Sequence[Attribute], phrases: Callable[[Sequence[Attribute]], Vectors]) -> Vectors:
    """(a, d) those of the fit where an attribute is as it was fitted; else its phrase through the tower."""
    same = np.array([dual.fitted_as(one) for one in attributes], np.int64)
    out = np.zeros((len(attributes), dual.encoder.dim), np.float32)
    out[same >= 0] = dual.vectors[same[same >= 0]]
    if (same < 0).any():
        out[same < 0] = dual.encoder.of_phrases(phrases([attributes[int(at)] for at in np.flatnonzero(same < 0)]))
    return out


def assign(pins: pa.Table, lake: Lake, scored: Scorer) -> Outcome:
    """Rows of attribute_assignments, and of product_embeddings, for a batch of wanted pins, without fingerprint."""
    inputs = pin_inputs(lake, pins)
    products = snap(scored.dual.encoder.of_products(inputs.products()))
    cosines = scored.cosines(products)
    claims = _claims(pins, scored)
    observed = np.zeros(cosines.shape)
    observed[claims.pins, claims.attributes] = _believed(claims, scored)
    is_said = np.zeros(cosines.shape, bool)
    is_said[claims.pins, claims.attributes] = True
    confidence = combined(observed, is_said, scored.inferred(products, cosines))
    kept = _best_of_single(confidence, scored) & (confidence > 0)
    rows, columns = np.nonzero(kept)
    ids = pa.array([one.attribute_id for one in scored.attributes], pa.string())
    table = pa.table(
        {
            "pin_id": pins["pin_id"].take(pa.array(rows)),
            "attribute_id": ids.take(pa.array(columns)),
            "confidence": confidence[rows, columns],
            "similarity": cosines[rows, columns],
            "is_observed": is_said[rows, columns],
        }
    )
    return Outcome(table, ledger=pa.table({"pin_id": pins["pin_id"], "vector": vector_array(products)}))


def combined(observed: Doubles, is_said: Bools, inferred: Doubles) -> Doubles:
    """(n, a) the confidence of each pair, 0 where it is no attribute of the pin.

    What is both said and inferred is wrong only if both are.
    """
    said = np.where(is_said, 1 - (1 - observed) * (1 - inferred), inferred)
    said[is_said & (said < LEAST_OBSERVED)] = 0.0
    return said.round(6)


def _best_of_single(confidence: Doubles, scored: Scorer) -> Bools:
    """Which pairs stay when a single-valued key keeps its most likely value, of equals the smallest id."""
    kept = np.ones(confidence.shape, bool)
    keys = np.array([one.key for one in scored.attributes])
    for key in np.unique(keys[scored.is_single]):
        of_key = np.flatnonzero(keys == key)
        best = np.argmax(confidence[:, of_key], axis=1)
        kept[:, of_key] = np.arange(len(of_key)) == best[:, None]
    return kept


def _claims(pins: pa.Table, scored: Scorer) -> Claims:
    rows = [
        (pin_id, attribute_id, sources.split(","))
        for pin_id, said in zip(pins["pin_id"].to_pylist(), pins["said"].to_pylist(), strict=True)
        for attribute_id, sources in (one.split("\t") for one in said)
    ]
    table = pa.table(
        {
            name: pa.array([row[place] for row in rows], kind)
            for place, (name, kind) in enumerate(
                (("pin_id", pa.string()), ("attribute_id", pa.string()), ("sources", pa.list_(pa.string())))
            )
        }
    )
    at = {pin_id: place for place, pin_id in enumerate(pins["pin_id"].to_pylist())}
    attributes = {one.attribute_id: place for place, one in enumerate(scored.attributes)}
    keys = sorted({one.key for one in scored.attributes})
    key_of = np.array([keys.index(one.key) for one in scored.attributes], np.int64)
    return claims_of(table, at, attributes, key_of, scored.dual.sources)


def _believed(claims: Claims, scored: Scorer) -> Doubles:
    """Sources of a key that the fit did not know are believed as they are on average."""
    keys = sorted({one.key for one in scored.attributes})
    of_dual = {key: place for place, key in enumerate(scored.dual.keys)}
    reliability = np.tile(scored.dual.reliability.mean(axis=0) if len(of_dual) else 0.7, (len(keys), 1))
    n_values = np.full(len(keys), 2)
    for place, key in enumerate(keys):
        if key in of_dual:
            reliability[place] = scored.dual.reliability[of_dual[key]]
            n_values[place] = sum(one.key == key for one in scored.dual.attributes)
    return believed(claims, reliability, n_values)


def _exact(left: Vectors, right: Vectors) -> Doubles:
    """(n, m) dots of snapped rows in float64, which are exact in any order of summation; rounded to 1e-6."""
    product: Doubles = np.round(left.astype(np.float64) @ right.astype(np.float64).T, 6)
    return product
