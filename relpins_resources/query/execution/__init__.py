"""Running a plan: retrieve, unite, filter, score, reorder, slice, for one query or a batch of them."""

from relpins_resources.query.execution.batch import Batch
from relpins_resources.query.execution.executor import Answer, execute

__all__ = ["Answer", "Batch", "execute"]
