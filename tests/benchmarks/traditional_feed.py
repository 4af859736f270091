"""The peer of query_speed.py: related pins as application code would have them, a search index and dictionaries.

Three vector stores beside each other, an index over the first, a Python dictionary of scores for each signal, a
weighted sum per candidate and Python's sort. `as_published` compares texts by scikit-learn's function and looks places
up in a list, as tutorials do; `careful` is the same with what a careful programmer would put in its place;
`by_arrays` is written by hand for these three signals and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.metrics.pairwise import cosine_similarity

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Ranked = list[tuple[int, float]]

VISUAL, COLLABORATIVE, TEXT = 0.5, 0.3, 0.2


@dataclass
class TraditionalFeed:
    """`search(vector, k)` gives distances (1, k) and row numbers (1, k), as faiss does; the stores are (n, d) rows."""

    visual: Floats
    collaborative: Floats
    text: Floats
    search: Callable[[Floats, int], tuple[Floats, Ints]]

    def related(self, pin: int, n_candidates: int, n: int) -> Ranked:
        """The whole, as published."""
        distances, found = self.search(self.visual[pin].reshape(1, -1), n_candidates)
        return self.as_published(pin, distances[0], found[0], n)

    def related_carefully(self, pin: int, n_candidates: int, n: int) -> Ranked:
        distances, found = self.search(self.visual[pin].reshape(1, -1), n_candidates)
        return self.careful(pin, distances[0], found[0], n)

    def as_published(self, pin: int, distances: Floats, found: Ints, n: int) -> Ranked:
        """Scores of the candidates `found` (k,), of which the index gave `distances` (k,), best first."""
        by_people = {}
        own = self.collaborative[pin]
        for one in found:
            by_people[one] = float(np.dot(own, self.collaborative[one]))
        by_text = {}
        for one in found:
            by_text[one] = cosine_similarity(self.text[pin].reshape(1, -1), self.text[one].reshape(1, -1))[0][0]
        blended = {}
        for one in found:
            blended[one] = (
                VISUAL * distances[list(found).index(one)]
                + COLLABORATIVE * by_people.get(one, 0)
                + TEXT * by_text.get(one, 0)
            )
        return sorted(blended.items(), key=lambda entry: entry[1], reverse=True)[:n]

    def careful(self, pin: int, distances: Floats, found: Ints, n: int) -> Ranked:
        """The same without the detours: unit rows need no norms, and places are counted."""
        own, text = self.collaborative[pin], self.text[pin]
        blended = {}
        for one, distance in zip(found.tolist(), distances.tolist(), strict=True):
            by_people = float(np.dot(own, self.collaborative[one]))
            by_text = float(np.dot(text, self.text[one]))
            blended[one] = VISUAL * distance + COLLABORATIVE * by_people + TEXT * by_text
        return sorted(blended.items(), key=lambda entry: entry[1], reverse=True)[:n]

    def by_arrays(self, pin: int, distances: Floats, found: Ints, n: int) -> Ranked:
        """The same as three products: what this one formula costs at least in Python."""
        scores = (
            VISUAL * distances
            + COLLABORATIVE * (self.collaborative[found] @ self.collaborative[pin])
            + TEXT * (self.text[found] @ self.text[pin])
        )
        best = np.argsort(-scores, kind="stable")[:n]
        return list(zip(found[best].tolist(), scores[best].tolist(), strict=True))


def agreement(ours: Sequence[tuple[int, float]], theirs: Ranked, tie: float = 3e-6) -> bool:
    """Whether two rankings name the same pins at the same places, where scores are further apart than `tie`."""
    if len(ours) != len(theirs):
        return False
    if any(abs(one[1] - other[1]) > tie for one, other in zip(ours, theirs, strict=True)):
        return False
    last = theirs[-1][1]
    mine = {pin for pin, score in ours if score > last + tie}
    return mine == {pin for pin, score in theirs if score > last + tie}
