"""The most likely attributes of each pin among some keys, for reports.

Within a key, likelihoods are a softmax of the towers' scores over its values, mixed with what the pin's own sources
say; so a key about which nothing is said still offers its values, and the best of all keys compete for k places.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from relpins_resources.encoders.base import Vectors

Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
SMOOTHING = 0.02
"""Of a key's likelihood, what is spread evenly over its values: no value that a catalog names is impossible."""


def likely_values(
    products: Vectors,
    attributes: Vectors,
    scale: float,
    observed: Doubles,
    keys: Sequence[str],
    applies: Mapping[str, float],
) -> Doubles:
    """(n, a) how likely each attribute is; over the values of a key that nothing is said of it sums to `applies`.

    Args:
        products, attributes: (n, d) and (a, d), unit rows.
        scale: one over the temperature of the towers.
        observed: (n, a) how far the pin's sources are believed that say it; 0 where none does.
        keys: (a,) the key of each attribute.
        applies: how often a product has a value of each key, where its sources say none.
    """
    scores = scale * np.round(products.astype(np.float64) @ attributes.astype(np.float64).T, 6)
    out = np.zeros_like(scores)
    for key in sorted(set(keys)):
        of_key = np.flatnonzero(np.array(keys) == key)
        out[:, of_key] = _within_key(scores[:, of_key], observed[:, of_key], applies[key])
    return np.round(out, 6)


def top_attributes(likely: Doubles, k: int) -> Ints:
    """(n, k) positions of the k most likely attributes of each product, best first, ties by position."""
    return np.argsort(-likely, axis=1, kind="stable")[:, :k].astype(np.int64)


def _within_key(scores: Doubles, observed: Doubles, applies: float) -> Doubles:
    """(n, v) the towers' softmax, of which what is said takes its believed share."""
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares = shares / shares.sum(axis=1, keepdims=True)
    shares = (1 - SMOOTHING) * shares + SMOOTHING / scores.shape[1]
    total = observed.sum(axis=1, keepdims=True)
    said = np.minimum(observed.max(axis=1, keepdims=True, initial=0.0), 1.0)
    spoken = observed / np.where(total > 0, total, 1.0)
    mixed: Doubles = said * spoken + (1 - said) * applies * shares
    return mixed
