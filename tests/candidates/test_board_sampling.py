"""Large boards sampled by frozen weights: as many as fit, likelier the more they weigh, one arrival moves one."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from relpins_assets.candidates.board_sampling import UNKNOWN_WEIGHT, sampled_edges, wanted_joins
from relpins_assets.candidates.shared_boards import SharedBoards
from relpins_assets.schemas import TABLES
from relpins_resources.lake import Lake

N = 60
JOINS = [f"j{i:02d}" for i in range(N)]


def put(lake: Lake, boards: dict[str, list[str]], weights: dict[str, float]) -> None:
    """Boards and weights; image jXX has the pins pXX and qXX."""
    rows = {
        "board_joins": [
            {"board_id": name, "join_ids": joins, "n_pins": len(joins), "fingerprint": name}
            for name, joins in boards.items()
        ],
        "pin_joins": [
            {
                "join_id": one,
                "pin_ids": [f"p{one[1:]}", f"q{one[1:]}"],
                "n_pins": 2,
                "representative_pin_id": f"p{one[1:]}",
                "fingerprint": one,
            }
            for one in JOINS
        ],
        "catalog_statistics": [{"pin_id": pin, "sampling_weight": weight} for pin, weight in weights.items()],
    }
    for name, given in rows.items():
        lake.table(name).overwrite(pa.Table.from_pylist(given, schema=lake.table(name).schema.arrow()))


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path, TABLES)


def sample_of(lake: Lake, board: str, most: int) -> set[str]:
    return {row["join_id"] for row in sampled_edges(lake, most).to_pylist() if row["board_id"] == board}


def test_a_board_that_fits_is_whole_and_a_larger_one_is_cut(lake: Lake) -> None:
    put(lake, {"large": JOINS, "small": JOINS[:10]}, {})
    assert sample_of(lake, "small", 10) == set(JOINS[:10])
    assert len(sample_of(lake, "large", 10)) == 10
    assert len(sample_of(lake, "large", N)) == N
    assert sample_of(lake, "large", 10) < sample_of(lake, "large", 20), "a larger sample holds the smaller one"


def test_an_image_weighs_as_its_heaviest_pin(lake: Lake) -> None:
    # q00 weighs so much that its image is in every sample, all others next to nothing; unknown ones weigh as unknown
    light = {f"p{i:02d}": 1e-9 for i in range(N)} | {f"q{i:02d}": 1e-9 for i in range(N)}
    boards = {f"b{b:02d}": JOINS for b in range(25)}
    put(lake, boards, {**light, "q00": 1e9})
    assert all("j00" in sample_of(lake, board, 3) for board in boards)
    put(lake, boards, {**light, "p00": UNKNOWN_WEIGHT * 1e3, "q00": 1e-9})
    assert all("j00" in sample_of(lake, board, 3) for board in boards)
    del light["p07"]
    put(lake, boards, light)
    assert all("j07" in sample_of(lake, board, 3) for board in boards)


def test_shares_follow_weights(lake: Lake) -> None:
    # one place per board: an image is drawn with its share of the weight
    weights = {f"{letter}{i:02d}": 1.0 + (i % 3) for i in range(6) for letter in "pq"}
    boards = {f"b{b:04d}": JOINS[:6] for b in range(6_000)}
    put(lake, boards, weights)
    drawn = Counter(sampled_edges(lake, 1)["join_id"].to_pylist())
    for i in range(6):
        want = 6_000 * (1 + i % 3) / 12
        assert abs(drawn[JOINS[i]] - want) < 5 * np.sqrt(want)


def test_an_arrival_moves_one_place(lake: Lake) -> None:
    for n in range(20, 40):
        put(lake, {"b": JOINS[:n]}, {})
        before = sample_of(lake, "b", 12)
        put(lake, {"b": JOINS[: n + 1]}, {})
        after = sample_of(lake, "b", 12)
        assert after - before in (set(), {JOINS[n]})
        assert len(after) == 12


def test_rows_count_all_boards_and_pair_those_drawn(lake: Lake) -> None:
    put(lake, {"large": JOINS[:30], "small": JOINS[:2]}, {})
    drawn = sample_of(lake, "large", 5)
    wanted = wanted_joins(lake, 5)
    graph = SharedBoards.load(lake, 5)
    rows = {row["join_id"]: row for row in graph.candidate_rows(wanted, 100).to_pylist()}
    assert sorted(rows) == JOINS[:30]
    for one, row in rows.items():
        mates = (drawn if one in drawn else set()) | (set(JOINS[:2]) if one in JOINS[:2] else set())
        assert set(row["candidate_join_ids"]) == mates - {one}
        assert row["n_boards"] == 1 + (one in JOINS[:2])
    left_out = [one for one in JOINS[2:30] if one not in drawn]
    assert {row["boards_hash"] for row in wanted.to_pylist() if row["join_id"] in left_out} == {None}
