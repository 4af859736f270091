"""Values of a profile that no part could work with are refused before anything runs."""

from __future__ import annotations

import pytest

from relpins_assets.profile import parse_profile
from relpins_resources.errors import RelpinsError


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("objects: {least_share: 0.8, most_share: 0.1}", "most_share 0.1 is below least_share 0.8"),
        ("pinclip: {dims: [0, 4]}", r"pinclip.dims.0: .* greater than 0, got 0"),
        ("pinclip: {dims: [8, -4]}", r"pinclip.dims.1: .* got -4"),
        ("twotower: {temperature: .inf}", r"twotower.temperature: .* finite number, got inf"),
        ("ranking: {c: .inf}", r"ranking.c: .* finite number"),
        ("walks: {steps: 100000000000000000000}", r"walks.steps: .* less than 16777216"),
        ("cooccurrence: {limit: 100000000000000000000}", r"cooccurrence.limit: .* 1000000000"),
    ],
)
def test_a_value_that_nothing_can_be_done_with(text: str, words: str) -> None:
    with pytest.raises(RelpinsError, match=words):
        parse_profile(text, "mine", "mine.yaml")


def test_prefixes_in_any_order() -> None:
    assert parse_profile("pinclip: {dims: [8, 4]}", "mine", "mine.yaml").pinclip.dims == (8, 4)
