"""Which pictures are the same picture: candidates by perceptual hash, confirmed by their pixels, without a model."""

from relpins_resources.images.alike.components import components
from relpins_resources.images.alike.confirm import confirmed, small_pictures
from relpins_resources.images.alike.looks import Looks, look_at
from relpins_resources.images.alike.near_hashes import near_pairs

__all__ = ["Looks", "components", "confirmed", "look_at", "near_pairs", "small_pictures"]
