"""What the comparison says to people: figures, stars, means over worlds."""

import pytest

from relpins_assets.evaluation.comparison_page import is_sure, main_table, over_seeds, page, told_of_rows, told_of_seeds


def row(system: str, value: float | None, low: float | None = None, high: float | None = None, **more: str) -> dict:
    given = {"system": system, "metric": "ndcg@10", "slice": "all", "value": value, "low": low, "high": high}
    return {**given, "n_queries": 9, **more}


def test_a_star_stands_where_the_interval_leaves_zero_out():
    rows = [
        row("ours", 0.2),
        row("below", 0.1, -0.12, -0.08),
        row("same", 0.19, -0.03, 0.01),
        row("above", 0.3, 0.05, 0.2),
    ]
    assert [is_sure(one) for one in rows] == [False, True, False, True]
    lines = main_table(told_of_rows(rows)).splitlines()[2:]
    assert [line.split(" | ")[:2] for line in lines] == [
        ["| **ours**", "0.200"], ["| below", "0.100*"], ["| same", "0.190"], ["| above", "0.300*"],
    ]  # fmt: skip


def test_over_worlds_the_interval_is_that_of_the_mean_difference():
    worlds = [
        [row("ours", 0.2), row("below", 0.1, -0.13, -0.07), row("mixed", 0.1, -0.2, -0.1), row("once", 0.1, -0.2, 0.0)],
        [row("ours", 0.4), row("below", 0.4, -0.04, 0.04), row("mixed", 0.5, 0.05, 0.2)],
    ]
    found = {one["system"]: one for one in over_seeds(worlds)}
    assert found["ours"]["mean"] == (0.2 + 0.4) / 2
    assert found["ours"]["spread"] == ((0.1**2 + 0.1**2) / (2 - 1)) ** 0.5
    half = (0.03**2 + 0.04**2) ** 0.5 / 2
    assert found["below"]["low"] == pytest.approx((0.1 - 0.2 + 0.4 - 0.4) / 2 - half)
    assert found["below"]["high"] == pytest.approx((0.1 - 0.2 + 0.4 - 0.4) / 2 + half)
    assert (found["mixed"]["n_above"], found["mixed"]["n_below"]) == (1, 1)
    told = told_of_seeds(worlds)
    assert told["below", "ndcg@10", "all"].endswith("*")
    assert told["mixed", "ndcg@10", "all"] == "0.300 ± 0.283"
    assert told["once", "ndcg@10", "all"] == "0.100 ± -"


def test_a_system_without_a_number_keeps_its_place():
    found = over_seeds([[row("ours", None)], [row("ours", 0.3)]])
    assert (found[0]["mean"], found[0]["spread"], found[0]["values"]) == (0.3, None, [0.3])


def test_the_page_has_a_table_for_each_kind_of_figure_and_names_what_is_missing():
    rows = [
        row("ours", 0.2),
        row("ours", 0.7, slice="category: Kitchen"),
        row("ours", 0.1, metric="ctr@20", slice="shown"),
    ]
    text = page(told_of_rows(rows), {"learned": "no ranker was trained at T"}, "One catalog.")
    assert "ndcg@10 Kitchen" in text
    assert "ctr@20 shown" in text
    assert "- learned: no ranker was trained at T" in text
    assert "clicks_reordered randomised" not in text
