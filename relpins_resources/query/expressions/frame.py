"""What an expression may ask about the candidates it is evaluated over."""

from __future__ import annotations

from typing import Literal, Protocol

from relpins_resources.query.expressions.values import Value

Entity = Literal["item", "query_item", "user"]


class Frame(Protocol):
    """b queries with u candidates each. Every answer broadcasts to (b, u); names have been validated before."""

    @property
    def shape(self) -> tuple[int, int]: ...

    @property
    def now(self) -> float:
        """Seconds since 1970 UTC at the snapshot's `as_of`."""

    def column(self, entity: Entity, path: tuple[str, ...]) -> Value:
        """A column of the candidates (b, u), of the query items (b, 1) or of the users (b, 1). A path of several
        names reaches into a struct or JSON value. NULL for a column that nothing has built."""

    def parameter(self, name: str) -> Value:
        """(1, 1) or (b, 1); a list of values has kind `list`."""

    def rank(self, embedding: str) -> Value:
        """(b, u) rank by similarity to the query entity among the candidates, 1 is best; NULL without a vector."""

    def similarity(self, embedding: str) -> Value:
        """(b, u) the cosine itself."""

    def retrieval_score(self, name: str) -> Value:
        """(b, u) the score that the retriever of that name gave; NULL where it did not name the candidate."""

    def retrieval_rank(self, name: str) -> Value:
        """(b, u) the place in that retriever's list, from 1; NULL where it did not name the candidate."""

    def pair(self, feature: str) -> Value:
        """(b, u) a feature of the query item and the candidate."""

    def model(self, name: str) -> Value:
        """(b, u) the score of a trained model."""

    def affinity(self) -> Value:
        """(b, u) `user_category_affinity`."""

    def vectors(self, entity: Entity, embedding: str) -> Value:
        """(b, u, d) or (b, 1, d): kind `vector`."""

    def pooled_history(self, embedding: str, pooling: str) -> Value:
        """(b, 1, d): what each user saved last, pooled by mean, max, sum or min."""

    def prebuilt(self, name: str, user_ids: Value | None) -> Value:
        """(b, u) bool: a filter that the profile names, true where it keeps the candidate."""
