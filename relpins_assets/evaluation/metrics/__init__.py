"""One formula a file, on judged lists: (q, depth) hits or pin positions, best first, -1 where a list has ended.

Each gives one number per query (nan where the query has none), so that intervals can be drawn; coverage alone is of
all lists together.
"""

from relpins_assets.evaluation.metrics.coverage import coverage
from relpins_assets.evaluation.metrics.hit import hit
from relpins_assets.evaluation.metrics.intra_list_distance import intra_list_distance
from relpins_assets.evaluation.metrics.ndcg import ndcg
from relpins_assets.evaluation.metrics.novelty import novelty
from relpins_assets.evaluation.metrics.popular_share import popular_share
from relpins_assets.evaluation.metrics.recall import recall

__all__ = ["coverage", "hit", "intra_list_distance", "ndcg", "novelty", "popular_share", "recall"]
