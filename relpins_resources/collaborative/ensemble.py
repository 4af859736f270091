"""Ensemble: the weighted sum of unlike models' standardised scores, its weights chosen on a part of train only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy import sparse

from relpins_resources.collaborative.base import CollaborativeModel, Scores, binary_saves, row_blocks
from relpins_resources.collaborative.holdout import split_saves
from relpins_resources.collaborative.ranking import (
    USERS_AT_A_TIME,
    Quality,
    hits_of,
    masked,
    quality_of_hits,
    top_pins,
    users_of,
)
from relpins_resources.errors import RelpinsError

STEPS = (0.0, 0.5, 0.75, 1.25, 1.5, 2.0)
FIRST_STEP = 0.1
"""What an absent member is tried at, as a share of all weights."""
MAX_ROUNDS = 8
SHORTLIST = 100
K = 20
NEVER = np.float32(-1e6)
"""A standardised score below all others, for a masked pin that fills up a shortlist."""


class Ensemble:
    """out = sum over members m of weight_m * standardised score of m; a row's scores have mean 0 and deviation 1.

    Args:
        members: models of different kinds and names; refitted on all saves once the weights are chosen.
        validation_share: of the saves that the weights are chosen on.
        max_users: of those with a validation save, how many are looked at.
        seed: of the validation part and of the users.
    """

    name = "ensemble"

    def __init__(
        self,
        members: Sequence[CollaborativeModel],
        validation_share: float = 0.2,
        max_users: int = 6000,
        seed: int = 0,
    ) -> None:
        if not members:
            raise RelpinsError("an ensemble of no models scores nothing; pass at least one model")
        names = [member.name for member in members]
        if len(set(names)) < len(names):
            raise RelpinsError(f"members named {', '.join(names)}: weights go by name; give each its own")
        self.members = tuple(members)
        self.validation_share = validation_share
        self.max_users = max_users
        self.seed = seed
        self.weights = {member.name: 1.0 / len(members) for member in members}

    def fit(self, saves: sparse.csr_matrix) -> Self:
        """Choose the weights on a part of `saves`, (n_users, n_pins), then fit the members that count on all of it."""
        self.choose_weights(saves)
        for member in self.members:
            if self.weights[member.name] > 0:
                member.fit(saves)
        return self

    def choose_weights(self, saves: sparse.csr_matrix) -> Self:
        """Fit the members on the rest of `saves` and choose the weights on its validation part."""
        rest, validation = split_saves(binary_saves(saves), self.validation_share, self.seed)
        users = self._looked_at(users_of(validation))
        if len(users) == 0:
            return self
        scores = [_member_scores(member.fit(rest), rest[users]) for member in self.members]
        shortlist = top_pins(sum(scores[1:], start=scores[0].copy()), min(SHORTLIST, saves.shape[1]))
        listed = np.stack([np.take_along_axis(each, shortlist, axis=1) for each in scores])
        listed = np.maximum(listed, NEVER)
        held_out = validation[users]
        chosen = best_weights(listed, hits_of(shortlist, held_out), np.diff(held_out.indptr))
        self.weights = {member.name: float(weight) for member, weight in zip(self.members, chosen, strict=True)}
        return self

    def score(self, rows: sparse.csr_matrix) -> Scores:
        """The weighted sums, (n, n_pins)."""
        counted = ((member, self.weights[member.name]) for member in self.members if self.weights[member.name] > 0)
        return combined((member.score(rows), weight) for member, weight in counted)

    def _looked_at(self, users: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        order = np.random.default_rng(self.seed).permutation(len(users))
        return np.sort(users[order[: self.max_users]])


def combined(scored: Iterable[tuple[Scores, float]]) -> Scores:
    """The sum of weight * standardised scores, over at least one pair of (scores, weight) of one shape."""
    parts = [np.float32(weight) * standardised(scores) for scores, weight in scored if weight > 0]
    return np.asarray(np.sum(parts, axis=0), np.float32)


def standardised(scores: Scores) -> Scores:
    """Each row minus its mean, over its standard deviation; a constant row is all zeros."""
    centred = scores - scores.mean(axis=1, keepdims=True)
    deviation = centred.std(axis=1, keepdims=True)
    return np.asarray(np.divide(centred, deviation, out=np.zeros_like(centred), where=deviation > 0), np.float32)


def best_weights(
    scores: npt.NDArray[np.float32], is_held_out: npt.NDArray[np.bool_], n_held_out: npt.NDArray[np.integer]
) -> npt.NDArray[np.float64]:
    """Weights, (members,), that add up to 1, found one coordinate at a time, from equal ones, until none improves.

    Args:
        scores: (members, n, listed), standardised.
        is_held_out: (n, listed), whether a listed pin is a held-out save.
        n_held_out: (n,), the held-out saves of each row, listed or not.
    """
    weights = np.full(len(scores), 1.0 / len(scores))
    best = _merit(scores, weights, is_held_out, n_held_out)
    for _ in range(MAX_ROUNDS):
        before = best
        for member in range(len(scores)):
            for candidate in _candidates(weights, member):
                merit = _merit(scores, candidate, is_held_out, n_held_out)
                if merit > best:
                    weights, best = candidate, merit
        if best <= before:
            break
    return weights


def _candidates(weights: npt.NDArray[np.float64], member: int) -> list[npt.NDArray[np.float64]]:
    """The weights with that of one member changed, each adding up to 1; never all zero."""
    found = []
    for step in STEPS:
        changed = weights.copy()
        changed[member] = weights[member] * step if weights[member] > 0 else FIRST_STEP * step
        if changed.sum() > 0:
            found.append(changed / changed.sum())
    return found


def _merit(
    scores: npt.NDArray[np.float32],
    weights: npt.NDArray[np.float64],
    is_held_out: npt.NDArray[np.bool_],
    n_held_out: npt.NDArray[np.integer],
) -> float:
    """Recall@K + NDCG@K of the listed pins in the order of the weighted sums, rounded so that order of sums is moot."""
    total = np.tensordot(weights.astype(np.float32), scores, axes=1)
    k = min(K, total.shape[1])
    hits = np.take_along_axis(is_held_out, top_pins(total, k), axis=1)
    quality: Quality = quality_of_hits(hits, n_held_out)
    return round(quality.recall + quality.ndcg, 6)


def _member_scores(member: CollaborativeModel, rows: sparse.csr_matrix) -> Scores:
    """Standardised scores, what the rows hold masked, a block of users at a time."""
    out = np.empty(rows.shape, np.float32)
    for block in row_blocks(rows.shape[0], USERS_AT_A_TIME):
        out[block] = masked(standardised(member.score(rows[block])), rows[block])
    return out
