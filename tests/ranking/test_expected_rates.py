"""Expected rates against a log whose position bias is known."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from shown_worlds import EXAMINED, IMAGES, biased_counts, event, lake_of

from relpins_assets.ranking.expected_rates import Rates, fit_rates
from relpins_assets.ranking.shown import ACTIONS, shown_counts


def bias(rates: Rates, action: str = "click") -> dict[str, np.ndarray]:
    """Per device the rate at each place over that at the first."""
    rows = rates.table()
    of = {name: rows.filter(pc.equal(rows["device"], name)).sort_by("position") for name in rates.devices}
    return {name: one[action].to_numpy() / one[action][0].as_py() for name, one in of.items()}


def worst(found: dict[str, np.ndarray]) -> float:
    return max(float(np.abs(np.log(found[name] / EXAMINED[name])).max()) for name in EXAMINED)


@pytest.mark.parametrize("random_share", [0.0, 0.15])
def test_the_effect_of_a_place_is_told_from_what_stands_there(random_share: float) -> None:
    counts = biased_counts(1, 24000, random_share)
    found = bias(fit_rates(counts))
    assert worst(found) < 0.13
    plain = counts.group_by(["device", "position"]).aggregate([("n_impressions", "sum"), ("click", "sum")])
    plain = plain.sort_by("position")
    naive = {
        name: (one["click_sum"].to_numpy() / one["n_impressions_sum"].to_numpy())
        for name in EXAMINED
        if (one := plain.filter(pc.equal(plain["device"], name)))
    }
    assert worst({name: one / one[0] for name, one in naive.items()}) > 2 * worst(found), "better pins stand higher"


def test_the_height_is_that_of_lists_in_random_order() -> None:
    counts = biased_counts(2, 16000, 0.2)
    rates = fit_rates(counts)
    random = counts.filter(counts["is_randomised"])
    cells = rates.cells(random["device"], random["position"])
    expected = random["n_impressions"].to_numpy() * rates.rates["click"][cells]
    assert expected.sum() == pytest.approx(pc.sum(random["click"]).as_py(), rel=1e-6)


def test_rates_in_random_order_alone_are_those_of_the_places() -> None:
    counts = biased_counts(3, 32000, 1.0)
    assert worst(bias(fit_rates(counts))) < 0.13


def test_a_place_or_device_that_was_never_seen_has_the_nearest_rate() -> None:
    rates = fit_rates(biased_counts(4, 2000, 0.1))
    asked = pa.table({"device": ["phone", "phone", "tablet"], "position": [4, 40, 2]})
    at = rates.cells(asked["device"], asked["position"])
    assert at[0] == at[1]
    assert rates.positions[at].tolist() == [4, 4, 2]


def test_a_log_without_impressions_expects_nothing(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, [event("r1", "q1", "p1", "click"), event(None, "q1", "p1")], IMAGES)
    rates = fit_rates(shown_counts(lake))
    assert {action: rates.rates[action].tolist() for action in ACTIONS} == {action: [0.0] for action in ACTIONS}


def test_rates_survive_their_table() -> None:
    rates = fit_rates(biased_counts(5, 800, 0.3))
    again = Rates.of(rates.table())
    assert again.table().equals(rates.table())
    assert (again.device_of == rates.device_of).all()


def test_places_unsaid_and_far_down_count_as_one(tmp_path: Path) -> None:
    told = [event(f"r{n}", "q1", "p1", position=position) for n, position in enumerate([None, -3, 0, 50, 51, 4_000])]
    counts = shown_counts(lake_of(tmp_path, told, IMAGES))
    assert dict(zip(counts["position"].to_pylist(), counts["n_impressions"].to_pylist(), strict=True)) == {0: 3, 50: 3}
