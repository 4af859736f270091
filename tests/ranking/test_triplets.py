"""Which triplets are drawn of known engagement."""

from pathlib import Path

import pytest
from shown_worlds import lake_of, write

from relpins_assets.ranking.triplets import triplet_rows
from relpins_resources.lake import Lake

IMAGES = {f"j{i}": [f"p{i}"] for i in range(9)}


def lake_with(folder: Path, shown: dict[tuple[int, int], tuple[int, float]]) -> Lake:
    """Pairs of query and image with their impressions and COEC."""
    lake = lake_of(folder, [], IMAGES)
    rest = dict.fromkeys(("n_clicks", "actions", "expected_clicks", "expected_actions", "memboost"), 0)
    rows = [
        {"query_join_id": f"j{q}", "join_id": f"j{r}", "n_impressions": n, "coec": coec, **rest}
        for (q, r), (n, coec) in shown.items()
    ]
    write(lake, "engagement_coec", rows)
    return lake


def test_best_worst_and_random(tmp_path: Path) -> None:
    lake = lake_with(
        tmp_path,
        {
            (0, 1): (10, 1.5),
            (0, 2): (10, 0.5),
            (0, 3): (9, 9.0),  # not shown often enough to be judged
            (0, 4): (30, 1.5),  # as good as p1, which comes first
            (5, 1): (50, 2.0),  # the only one there
            (6, 1): (10, 1.0),
            (6, 2): (10, 1.0),  # no better and no worse
            (7, 8): (10, 0.2),
            (7, 2): (10, 0.3),
        },
    )
    rows = triplet_rows(lake, least=10, seed=0).to_pylist()
    first = [tuple(row.values()) for row in rows if row["kind"] == "best_worst"]
    assert first == [("p0", "best_worst", "p1", "p2", 1.5, 0.5), ("p7", "best_worst", "p2", "p8", 0.3, 0.2)]
    random = {row["query_pin_id"]: row for row in rows if row["kind"] == "worst_random"}
    assert {query: (row["better_pin_id"], row["better_coec"]) for query, row in random.items()} == {
        "p0": ("p2", 0.5),
        "p7": ("p8", 0.2),
    }
    assert random["p0"]["worse_pin_id"] == "p8", "the only one that was shown elsewhere and not here"
    assert random["p7"]["worse_pin_id"] in {"p1", "p3", "p4"}, "p0, p5 and p6 were never shown"
    assert all(row["worse_coec"] is None for row in random.values())


def test_the_same_seed_draws_the_same(tmp_path: Path) -> None:
    lake = lake_with(tmp_path, {(q, r): (10, 1.0 + r / 10) for q in range(4) for r in range(4, 9) if r % 4 != q})
    assert triplet_rows(lake, 10, 3).equals(triplet_rows(lake, 10, 3))
    drawn = {tuple(triplet_rows(lake, 10, seed)["worse_pin_id"].to_pylist()) for seed in range(6)}
    assert len(drawn) > 1


def test_a_query_that_was_shown_everything_gets_no_random_pin(tmp_path: Path) -> None:
    lake = lake_with(tmp_path, {(0, r): (10, float(r)) for r in range(1, 9)})
    assert triplet_rows(lake, 10, 0)["kind"].to_pylist() == ["best_worst"]


@pytest.mark.parametrize("images", [{}, {"j0": ["p0"]}])
def test_nothing_shown_gives_no_triplets(tmp_path: Path, images: dict[str, list[str]]) -> None:
    assert triplet_rows(lake_of(tmp_path, [], images), 10, 0).num_rows == 0
