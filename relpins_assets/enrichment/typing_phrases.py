"""Which key a phrase is a value of: what it means beside the keys' examples, and where it stands in the catalog.

A softmax regression over a sentence encoder's vector of the phrase and the kinds of phrases around it
(`phrase_slots`) is fitted on phrases whose key is known or plain, names the rest, takes what it is sure of as known,
and is fitted again: values of one key stand in the same places. What it is not sure of stays untyped.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from relpins_assets.enrichment.phrase_slots import UNKNOWN, Tokens, slot_features
from relpins_assets.enrichment.phrases import is_telling, splits
from relpins_assets.enrichment.typed_evidence import NONE

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

PLAIN_SIMILARITY, PLAIN_MARGIN = 0.62, 0.16
"""A phrase so near to a key's examples, and so much nearer than to any other's, is taken for that key at the start."""
SURE = 0.8
"""Probability at which a phrase is learnt from in the next round."""
LEARNT_WEIGHT = 0.3
ROUNDS = 3
SLOT_SCALE = 1.5
STRENGTH = 20.0
"""Inverse of the regularisation."""
MIN_SCORE, MIN_LEAD = 0.7, 0.25
"""Probability that a typed phrase has, and by how much it exceeds the next key's."""
MAX_FARTHER = 0.2
"""How much nearer it may be, by its meaning, to another key's examples; names have no meaning, and may be any."""
SURE_OF_TAG = 0.95
"""Probability at which a whole tag may be as far as it is."""
NAMES = "brand"


@dataclass(frozen=True)
class Typed:
    """A phrase with its key: `score` is the model's probability, 1 where it was said or shown."""

    phrase: str
    key: str
    score: float


@dataclass(frozen=True)
class Examples:
    """Example phrases (m), their sentence vectors (m, d), and the number of each one's kind (m,)."""

    phrases: Sequence[str]
    vectors: Floats
    kinds: Ints


def nearness(phrases: Sequence[str], vectors: Floats, examples: Examples, n_kinds: int) -> Floats:
    """(n, n_kinds) similarity of each phrase (n, d) to each kind: three parts its best example, one the second best.

    A phrase is not compared to an example that it is a part of: "low" is near to "low rise" by its letters alone.
    """
    similar = np.round(vectors @ examples.vectors.T, 6)
    place = {phrase: row for row, phrase in enumerate(phrases)}
    for column, example in enumerate(examples.phrases):
        parts = [place[part] for pair in splits(example) for part in pair if part in place]
        similar[parts, column] = 0.0
    near = np.zeros((len(phrases), n_kinds))
    for kind in range(n_kinds):
        own = np.sort(similar[:, examples.kinds == kind], axis=1)
        if own.shape[1]:
            near[:, kind] = 0.75 * own[:, -1] + 0.25 * own[:, -min(2, own.shape[1])]
    return near


def plain_kinds(near: Floats) -> Ints:
    """(n,) the kind of phrases that are plainly near to one kind's examples; -1 for the rest."""
    if near.shape[1] < 2 or not len(near):
        return np.full(len(near), UNKNOWN)
    ranked = np.sort(near, axis=1)
    is_plain = (ranked[:, -1] >= PLAIN_SIMILARITY) & (ranked[:, -1] - ranked[:, -2] >= PLAIN_MARGIN)
    return np.where(is_plain, near.argmax(1), UNKNOWN)


def type_phrases(
    phrases: Sequence[str],
    vectors: Floats,
    tokens: Tokens,
    facts: Floats,
    known: Mapping[str, str],
    tagged: Collection[str],
    examples: Examples,
    kinds: Sequence[str],
) -> list[Typed]:
    """The phrases that have a clear key, in their order.

    Args:
        vectors: (n, d) sentence vectors of the phrases.
        tokens: the catalog cut into `phrases`; facts: (documents, f) of its documents.
        tagged: phrases that are whole tags; where they stand says more than what they are near to.
        known: phrase -> kind, as said by the log, shops and examples; these are taken as they are.
        kinds: every key, and NONE.
    """
    number = {kind: place for place, kind in enumerate(kinds)}
    near = nearness(phrases, vectors, examples, len(kinds))
    said = np.array([number.get(known.get(phrase, ""), UNKNOWN) for phrase in phrases], np.int64)
    fillers = np.array([not is_telling(phrase) if " " not in phrase else False for phrase in phrases], bool)
    said = np.where((said == UNKNOWN) & fillers, number[NONE], said)
    start = np.where(said == UNKNOWN, plain_kinds(near), said)
    chances = _self_trained(np.hstack([vectors, near]), tokens, facts, start, len(kinds))
    means = np.array([kind not in (NAMES, NONE) for kind in kinds])
    is_far = means & (near < near[:, means].max(1, keepdims=True, initial=0.0) - MAX_FARTHER)
    is_far &= (chances < SURE_OF_TAG) | np.array([[phrase not in tagged] for phrase in phrases])
    return _clear(phrases, np.where(is_far, 0.0, chances), said, kinds)


def _self_trained(meaning: Floats, tokens: Tokens, facts: Floats, start: Ints, n_kinds: int) -> Floats:
    """(n, n_kinds) probability of each kind after ROUNDS rounds."""
    taken, weights = start, np.where(start == UNKNOWN, 0.0, 1.0)
    chances = np.zeros((len(meaning), n_kinds))
    for _ in range(ROUNDS):
        slots = slot_features(tokens, facts, len(meaning), taken, n_kinds)
        features = np.hstack([meaning, SLOT_SCALE * slots])
        learnt = taken != UNKNOWN
        chances = _fitted_chances(features[learnt], taken[learnt], weights[learnt], features, n_kinds)
        best, chance = chances.argmax(1), chances.max(1)
        taken = np.where(start != UNKNOWN, start, np.where(chance >= SURE, best, UNKNOWN))
        weights = np.where(start != UNKNOWN, 1.0, np.where(chance >= SURE, LEARNT_WEIGHT, 0.0))
    return chances


def _fitted_chances(features: Floats, kinds: Ints, weights: Floats, asked: Floats, n_kinds: int) -> Floats:
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    chances = np.zeros((len(asked), n_kinds))
    found = np.unique(kinds)
    if len(found) < 2:
        chances[:, found] = 1.0
        return chances
    counts = np.bincount(kinds, weights=weights, minlength=n_kinds)
    balance = 1.0 / np.sqrt(np.maximum(counts, 1.0))
    with threadpool_limits(1):
        model = LogisticRegression(C=STRENGTH, max_iter=200, tol=1e-3)
        model.fit(features, kinds, sample_weight=weights * balance[kinds] * np.sqrt(counts.max()))
        chances[:, found] = np.round(model.predict_proba(asked), 6)
    return chances


def _clear(phrases: Sequence[str], chances: Floats, said: Ints, kinds: Sequence[str]) -> list[Typed]:
    ranked = np.sort(chances, axis=1) if len(chances) else np.zeros((0, 2))
    typed = []
    for place, phrase in enumerate(phrases):
        if said[place] != UNKNOWN:
            kind, score = int(said[place]), 1.0
        else:
            kind, score = int(chances[place].argmax()), float(ranked[place, -1])
            if score < MIN_SCORE or score - ranked[place, -2] < MIN_LEAD:
                continue
        if kinds[kind] != NONE:
            typed.append(Typed(phrase, kinds[kind], score))
    return typed
