"""What the comparison says to people: figures, stars, means over worlds."""

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


def test_over_worlds_a_star_needs_every_world_to_say_the_same():
    worlds = [
        [row("ours", 0.2), row("always", 0.1, -0.12, -0.08), row("once", 0.1, -0.2, -0.1)],
        [row("ours", 0.4), row("always", 0.3, -0.12, -0.08), row("once", 0.5, 0.05, 0.2)],
    ]
    found = {one["system"]: one for one in over_seeds(worlds)}
    assert found["ours"]["mean"] == (0.2 + 0.4) / 2
    assert found["ours"]["spread"] == ((0.1**2 + 0.1**2) / (2 - 1)) ** 0.5
    assert (found["once"]["n_above"], found["once"]["n_below"], found["once"]["is_sure"]) == (1, 1, False)
    assert found["always"]["is_sure"]
    assert told_of_seeds(worlds)["always", "ndcg@10", "all"] == "0.200 ± 0.141*"


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
