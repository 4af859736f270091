"""Rerankers: what stands between the scores and the rows, one module each."""

from relpins_resources.query.reranking.base import RERANKERS, Ranking, RerankRequest
from relpins_resources.query.reranking.diversity import diversity

RERANKERS["diversity"] = diversity

__all__ = ["RERANKERS", "Ranking", "RerankRequest"]
