"""A seeded, drawn, small world of pins, people and boards in the input layout, with its truth apart.

It is where every signal meets, and only a simulation.
"""

from relpins_resources.sample_world.config import AS_OF, HEROES, WorldConfig
from relpins_resources.sample_world.definition import config_hash
from relpins_resources.sample_world.oracle import oracle_scores
from relpins_resources.sample_world.write import SampleWorldReport, write_sample_world

__all__ = ["AS_OF", "HEROES", "SampleWorldReport", "WorldConfig", "config_hash", "oracle_scores", "write_sample_world"]
