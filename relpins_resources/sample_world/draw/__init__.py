"""Draws a pin's picture; one module per kind of scene."""

from relpins_resources.sample_world.draw.canvas import Box
from relpins_resources.sample_world.draw.paint import paint

__all__ = ["Box", "paint"]
