"""The generator is frozen: a change of a number, style, theme or word shows here, and nowhere by accident."""

import dataclasses
from typing import Any

import numpy as np

from relpins_resources.sample_world import WorldConfig, config_hash
from relpins_resources.sample_world.config import stream

FROZEN = "1d3bb6d5658475ebb6a3e9a3f3117904dfba6426e307d6a318bd20ba551f94e9"


def test_the_definition_of_the_world_is_frozen() -> None:
    assert config_hash(WorldConfig()) == FROZEN, (
        "the sample world was redefined: re-run tests/benchmarks/sample_world_signals.py on seeds 100-104, "
        "check that single signals still lie between 15 % and 75 % of the oracle, then freeze the new hash"
    )


def test_every_tuning_number_is_in_the_hash() -> None:
    plain = WorldConfig()
    for field in dataclasses.fields(plain):
        value = getattr(plain, field.name)
        if isinstance(value, int | float):
            changed: dict[str, Any] = {field.name: value + 1}
            assert config_hash(dataclasses.replace(plain, **changed)) != FROZEN, field.name


def test_a_stream_is_its_own() -> None:
    alone = stream(7, "saves").random(5)
    stream(7, "something added later").random(1000)
    again = stream(7, "saves").random(5)
    np.testing.assert_array_equal(alone, again)
    assert not np.array_equal(alone, stream(8, "saves").random(5))
    assert not np.array_equal(alone, stream(7, "boards").random(5))
    assert not np.array_equal(stream(7, "draw", "pin_1").random(5), stream(7, "draw", "pin_2").random(5))
