"""How alike two values are used: by the looks of the images that carry them, by what else is said of these, and by
whether several sources that speak of one image name the one where another names the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from relpins_assets.vocabulary.frequent import Frequent

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

PRIOR_IMAGES = 5.0
"""Images' worth of doubt in every rate."""
LEAST_AGREEING = 4.0
"""Doubt in agreement, in pairs of sources."""


WORDLESS = ("pixels", "price")
"""Sources that measure: they have one name for each thing, so their not using another says nothing about it."""


@dataclass(frozen=True)
class Use:
    """What the uses of all kept forms say; matrices are made for a key's forms at a time.

    A form here may stand for several spellings of one value, whose images are pooled.
    """

    carried: sp.csr_matrix  # (forms, images) 1 where any source says so
    by_source: tuple[sp.csr_matrix, ...]  # (forms, images) each, of those that speak in words
    sums: Floats  # (forms, d) of the images' vectors
    n_seen: Floats  # (forms,) images with a vector
    keys: npt.NDArray[np.object_]  # (forms,)


def read_use(frequent: Frequent, group: Ints, keys: list[str], vectors: Floats, is_seen: npt.NDArray[np.bool_]) -> Use:
    """Prepare the uses of groups of kept forms.

    Args:
        group: (forms,) the group of each kept form.
        keys: (groups,) their keys.
        vectors: (images, d) unit vectors of how each image looks, zero where unknown.
        is_seen: (images,) whether its look is known.
    """
    shape = (len(keys), len(frequent.join_ids))
    source = np.array(frequent.carriers["source"].to_pylist(), dtype=object)
    form = group[frequent.form] if len(group) else frequent.form
    speaking = sorted({*source.tolist()} - {*WORDLESS})
    said_by = tuple(_incidence(form[source == one], frequent.image[source == one], shape) for one in speaking)
    carried = _incidence(form, frequent.image, shape)
    sums = np.asarray(carried @ vectors) if vectors.size else np.zeros((shape[0], 1))
    n_seen = np.asarray(carried @ is_seen.astype(np.float64)).ravel()
    return Use(carried, said_by, sums, n_seen, np.array(keys, dtype=object))


def _incidence(rows: Ints, columns: Ints, shape: tuple[int, int]) -> sp.csr_matrix:
    """1 wherever a pair stands at least once."""
    matrix = sp.csr_matrix((np.ones(len(rows)), (rows, columns)), shape)
    matrix.sum_duplicates()
    matrix.data = np.ones_like(matrix.data)
    return matrix


@dataclass(frozen=True)
class KeyUse:
    """Similarities (n, n) of one key's forms, -1 to 1, 0 where nothing is known, and counts (n, n)."""

    looks: Floats
    company: Floats
    agreement: Floats
    across: Floats  # ordered pairs of sources of one image of which one says a, the other b
    together: Floats  # images of which one source says both
    n_pins: Floats  # (n,)
    is_known: npt.NDArray[np.bool_]  # (n, n) whether the looks of both are known


def use_of(use: Use, forms: Ints) -> KeyUse:
    """The uses of the forms at these places, which are of one key."""
    carried = use.carried[forms]
    n_pins = np.asarray(carried.sum(axis=1)).ravel()
    both = (carried @ carried.T).toarray()
    said_by = [one[forms] for one in use.by_source]
    together = sum(((one @ one.T).toarray() for one in said_by), np.zeros_like(both))
    across, chance = _across(said_by, both.shape)
    return KeyUse(
        looks=_looks(use.sums[forms], use.n_seen[forms], both),
        company=_company(use, forms, n_pins),
        agreement=_agreement(across, chance),
        across=across,
        together=together,
        n_pins=n_pins,
        is_known=_both(use.n_seen[forms] > 1),
    )


def _looks(sums: Floats, n_seen: Floats, both: Floats) -> Floats:
    """Cosines of the forms' mean looks, from the mean look of their key, without what chance alone gives."""
    counts = np.maximum(n_seen, 1.0)
    means = sums / counts[:, None]
    away = means - sums.sum(axis=0) / max(1.0, n_seen.sum())
    spread = np.maximum(1.0 - (means**2).sum(axis=1), 0.0)
    chance = spread / counts
    dots = away @ away.T - both / np.outer(counts, counts) * np.sqrt(np.outer(spread, spread))
    length = np.sqrt(np.maximum((away**2).sum(axis=1) - 0.5 * chance, 1e-9))
    cosines = dots / np.outer(length, length)
    return np.asarray(np.where(_both(n_seen > 1), np.clip(cosines, -1, 1), 0.0), np.float64)


def _both(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    return np.asarray(mask[:, None] & mask[None, :], bool)


def _company(use: Use, forms: Ints, n_pins: Floats) -> Floats:
    """Cosines of how much oftener than usual the forms stand with each form of the other keys."""
    others = np.flatnonzero(use.keys != use.keys[forms[0]]) if len(forms) else forms
    if not len(others):
        return np.zeros((len(forms), len(forms)))
    counts = (use.carried[forms] @ use.carried[others].T).toarray()
    usual = counts.sum(axis=0) / max(1.0, float(n_pins.sum()))
    rates = (counts + PRIOR_IMAGES * usual) / (n_pins[:, None] + PRIOR_IMAGES)
    used = usual > 0
    unusual = np.log(rates[:, used] / usual[used]) * np.sqrt(usual[used])
    length = np.maximum(np.sqrt((unusual**2).sum(axis=1)), 1e-9)
    return np.asarray((unusual @ unusual.T) / np.outer(length, length), np.float64)


def _across(said_by: list[sp.csr_matrix], shape: tuple[int, ...]) -> tuple[Floats, Floats]:
    """How often one source says a and another b of an image, over all ordered pairs of sources, and how often it would
    be so by chance, pair of sources by pair: what one source says of nearly everything agrees with nothing."""
    across, chance = np.zeros(shape), np.zeros(shape)
    for place, one in enumerate(said_by):
        for other in said_by[:place]:
            found = (one @ other.T).toarray()
            by_chance = np.outer(found.sum(axis=1), found.sum(axis=0)) / max(1.0, float(found.sum()))
            across += found + found.T
            chance += by_chance + by_chance.T
    return across, chance


def _agreement(across: Floats, chance: Floats) -> Floats:
    """How often different sources say a and b of one image, as a share of how often they agree on a and on b."""
    own = np.diag(across) + LEAST_AGREEING
    return np.asarray(np.clip((across - chance) / np.sqrt(np.outer(own, own)), -1, 1), np.float64)
