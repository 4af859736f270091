"""Rerankers: what stands between the scores and the rows, one module each."""

from relpins_resources.query.reranking.base import RERANKERS, Ranking, RerankRequest
from relpins_resources.query.reranking.boosted import boosted
from relpins_resources.query.reranking.diversity import diversity
from relpins_resources.query.reranking.exploration import exploration
from relpins_resources.query.reranking.quota import quota

RERANKERS.update(diversity=diversity, exploration=exploration, boosted=boosted, quota=quota)

__all__ = ["RERANKERS", "Ranking", "RerankRequest"]
