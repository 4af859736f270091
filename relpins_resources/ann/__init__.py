"""Nearest neighbours by cosine: immutable indexes in several backends, and layers that follow a changing catalog."""

from relpins_resources.ann.backends import ANN_BACKENDS, ann_backend, ann_options
from relpins_resources.ann.base import AnnIndex
from relpins_resources.ann.layered import LayeredIndex
from relpins_resources.ann.scores import snap

__all__ = ["ANN_BACKENDS", "AnnIndex", "LayeredIndex", "ann_backend", "ann_options", "snap"]
