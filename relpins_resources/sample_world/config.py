"""Every number that tunes the sample world, its fixed clock, and its named random streams.

What belongs here is what a person would turn; what the world is made of (styles, words) stands in
`styles.py` and `vocabulary.py`.
"""

import zlib
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

AS_OF = datetime(2026, 6, 1, tzinfo=UTC)
"""The world's only "now": no row is younger."""

REFERENCE_PINS = 1500
"""The catalog size that `WorldConfig`'s counts of people, boards and rows are given for."""

HEROES: dict[str, str] = {
    "mid_century_living_room": "pin_8829",
    "mid_century_kitchen": "pin_4417",
    "mid_century_shop": "pin_6150",
    "mid_century_restoration": "pin_2093",
    "white_kitchen": "pin_5560",
    "scandinavian_kitchen": "pin_7102",
    "plant_shelf": "pin_3341",
}
"""Pins that stand in every world under the same id, whatever the seed; the first two have no words at all."""


@dataclass(frozen=True)
class WorldConfig:
    """Tuning numbers of the generator; counts are for a catalog of `REFERENCE_PINS` pins."""

    # the catalog
    kind_shares: tuple[tuple[str, float], ...] = (
        ("room", 0.34),
        ("product", 0.25),
        ("fashion", 0.17),
        ("food", 0.08),
        ("travel", 0.08),
        ("guide", 0.08),
    )
    repin_share: float = 0.09
    near_duplicate_share: float = 0.03
    broken_files: int = 8
    wordless_share: float = 0.45
    description_share: float = 0.75
    catalog_days: int = 420
    # pins without a trace before the cut
    cut_days: int = 14
    new_share: float = 0.14
    never_share: float = 0.03
    after_cut_share: float = 0.03
    # people and boards
    people: int = 400
    boards: int = 900
    board_saves_mean: float = 16.0
    board_saves_sigma: float = 0.55
    save_days: int = 180
    save_growth: float = 1.35
    # what gets saved together
    appeal_sigma: float = 0.75
    theme_noise_sigma: float = 0.55
    board_second_theme: float = 0.06
    board_anything: float = 0.05
    # sessions
    query_pins: int = 440
    requests_per_query_pin: float = 15.0
    other_requests: int = 1500
    results_per_request: int = 8
    result_pool: int = 13
    randomised_share: float = 0.12
    examination_decay: tuple[tuple[str, float], ...] = (("phone", 0.85), ("tablet", 0.6), ("desktop", 0.45))
    click_base: float = 0.02
    click_gain: float = 0.5
    sessioned_saves: float = 0.25
    # searches
    searches: int = 2600
    # pictures
    supersample: int = 2
    image_width: int = 352
    jpeg_quality: int = 88

    def scaled(self, count: float, n_pins: int, least: int) -> int:
        """`count` for a catalog of `n_pins` pins, never under `least`."""
        return max(least, round(count * n_pins / REFERENCE_PINS))


def stream(seed: int, *names: str | int) -> np.random.Generator:
    """A random stream of its own for (seed, names): drawing from one never moves another."""
    keys = [zlib.crc32(str(name).encode()) for name in names]
    return np.random.default_rng(np.random.SeedSequence([seed, *keys]))
