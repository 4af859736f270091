"""COEC and Memboost against sums by hand."""

import math
from collections import defaultdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from shown_worlds import IMAGES, biased_counts, biased_log, event, lake_of

from relpins_assets.profile_signals import Ranking
from relpins_assets.ranking.coec import action_weights, coec_rows
from relpins_assets.ranking.expected_rates import Rates, fit_rates
from relpins_assets.ranking.shown import ACTIONS, shown_counts, wanted_queries
from relpins_resources.lake import Lake

WEIGHTS = action_weights(Ranking())
PRIOR = 3.0


def rows_of(lake: Lake, rates: Rates | None = None) -> dict[tuple[str, str], dict[str, Any]]:
    counts = shown_counts(lake)
    rows = coec_rows(counts, rates or fit_rates(counts), WEIGHTS, PRIOR).to_pylist()
    return {(row["query_join_id"].removeprefix("join-"), row["join_id"].removeprefix("join-")): row for row in rows}


def test_the_same_click_rate_further_down_is_worth_more(tmp_path: Path) -> None:
    log = []
    for n in range(40):
        for pin, place in (("top", 1), ("low", 4)):
            log.append(event(f"s{n}", "q0", pin, position=place))
            if n % 5 == 0:
                log.append(event(f"s{n}", "q0", pin, "click", position=place))
    lake = lake_of(tmp_path, log, {**IMAGES, "join-top": ["top"], "join-low": ["low"]})
    found = rows_of(lake, fit_rates(biased_counts(1, 20_000, 0.1)))
    top, low = found["q0", "top"], found["q0", "low"]
    assert (top["n_impressions"], top["n_clicks"]) == (low["n_impressions"], low["n_clicks"]) == (40, 8)
    assert low["coec"] > 1.3 * top["coec"]
    assert low["memboost"] > top["memboost"]


def test_sums_by_hand(tmp_path: Path) -> None:
    log = biased_log(7, 100, 0.2)
    rates = fit_rates(shown_counts(lake_of(tmp_path, log, IMAGES)))
    rate = {(row["device"], row["position"]): row for row in rates.table().to_pylist()}
    acted: dict[tuple[str, str], float] = defaultdict(float)
    expected, expected_actions = defaultdict(float), defaultdict(float)
    for one in log:
        pair = (one["query_pin_id"], one["pin_id"])
        if one["event"] == "impression":
            here = rate[one["device"], one["position"]]
            expected[pair] += here["click"]
            expected_actions[pair] += sum(WEIGHTS[action] * here[action] for action in ACTIONS)
        else:
            acted[pair] += 1.0  # only clicks are in this log, of weight 1
    found = rows_of(lake_of(tmp_path / "again", log, IMAGES), rates)
    assert found.keys() == expected.keys()
    for pair, row in found.items():
        assert row["coec"] == pytest.approx((acted[pair] + PRIOR) / (expected[pair] + PRIOR), abs=1e-8)
        assert row["memboost"] == pytest.approx(
            math.log((acted[pair] + PRIOR) / (expected_actions[pair] + PRIOR)), abs=1e-8
        )


def test_what_counts_as_an_impression_and_as_done(tmp_path: Path) -> None:
    log = [
        event("r1", "q1", "p1"),
        event("r1", "q1", "p1"),  # logged twice: one impression
        event("r1", "q1", "p1", "click"),
        event("r1", "q1", "p1", "click"),
        event("r1", "q1", "p1", "save", created_at=None),
        event("r1", "q2", "p1", "click"),  # another query pin's
        event("r2", "q1", "p1", "click"),  # no impression in that request
        event(None, "q1", "p1"),  # no request to join on
        event("r3", None, "p1"),
        event("r4", "q1", "q1"),  # beside itself
        event("r5", "q1", "gone"),
    ]
    found = rows_of(lake_of(tmp_path, log, IMAGES))
    assert list(found) == [("q1", "p1")]
    row = found["q1", "p1"]
    assert (row["n_impressions"], row["n_clicks"], row["actions"]) == (1, 1, WEIGHTS["click"] + WEIGHTS["save"])


def test_repins_of_an_image_count_together(tmp_path: Path) -> None:
    log = [event("r1", "q1", "p1"), event("r1", "q1", "p1b", position=2), event("r2", "q1b", "p1", "impression")]
    found = rows_of(lake_of(tmp_path, log, {"join-p1": ["p1", "p1b"], "join-q1": ["q1", "q1b"]}))
    assert {pair: row["n_impressions"] for pair, row in found.items()} == {("q1", "p1"): 3}


def test_rows_do_not_depend_on_the_batch(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, biased_log(3, 100, 0.2), IMAGES)
    counts = shown_counts(lake)
    rates, queries = fit_rates(counts), wanted_queries(lake)["query_join_id"]
    whole = coec_rows(counts, rates, WEIGHTS, PRIOR)
    parts = [
        coec_rows(shown_counts(lake, queries.slice(at, 2)), rates, WEIGHTS, PRIOR) for at in range(0, len(queries), 2)
    ]
    assert pa.concat_tables(parts).combine_chunks().equals(whole.combine_chunks())


def test_the_halves_of_the_requests_make_up_the_whole(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, biased_log(3, 100, 0.2), IMAGES)
    shown = [sum(shown_counts(lake, half=half)["n_impressions"].to_pylist()) for half in (0, 1)]
    assert sum(shown) == sum(shown_counts(lake)["n_impressions"].to_pylist())
    assert min(shown) > 0.3 * sum(shown)


def test_only_queries_whose_events_changed_are_stale(tmp_path: Path) -> None:
    log = biased_log(3, 50, 0.2)
    before = wanted_queries(lake_of(tmp_path / "one", log, IMAGES)).to_pylist()
    log.append(event("new", "q3", "p1"))
    after = wanted_queries(lake_of(tmp_path / "two", log, IMAGES)).to_pylist()
    changed = [b["query_join_id"] for a, b in zip(before, after, strict=True) if a != b]
    assert changed == ["join-q3"]
