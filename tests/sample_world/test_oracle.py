"""The oracle is the generator's own quantity, and foresees what is saved together."""

from collections import defaultdict
from itertools import combinations
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from relpins_resources.errors import RelpinsError
from relpins_resources.sample_world import oracle_scores
from relpins_resources.sample_world.oracle import unknown_pins
from relpins_resources.sample_world.world import World


def test_equals_a_sum_over_boards(small_world: Path) -> None:
    """score(p, q) is, up to one factor, sum over boards b of pairs(b) * P(p on b) * P(q on b)."""
    affinity = pq.read_table(small_world / "_truth" / "pin_affinity.parquet").to_pylist()
    boards = pq.read_table(small_world / "_truth" / "board_truth.parquet").to_pylist()
    coupling = np.array(
        [row["pairs"] for row in pq.read_table(small_world / "_truth" / "theme_coupling.parquet").to_pylist()]
    )
    ids = [row["pin_id"] for row in affinity]
    scores = oracle_scores(small_world, ids, ids)
    assert scores.dtype == np.float32
    assert scores.shape == (60, 60)
    np.testing.assert_allclose(scores, scores.T, rtol=1e-5)
    first, second = affinity[3]["chances"], affinity[10]["chances"]
    naive = sum(first[t] * coupling[t][u] * second[u] for t in range(len(first)) for u in range(len(second)))
    assert scores[3, 10] == pytest.approx(naive * 1e6, rel=1e-5)
    assert len(boards[0]["mixture"]) == len(first)
    np.testing.assert_array_equal(oracle_scores(small_world, ids[4:6], ids[7:9]), scores[4:6, 7:9])


def test_pins_saved_together_score_higher(full_world: World) -> None:
    together = full_world.chances @ full_world.coupling @ full_world.chances.T
    boards = defaultdict(list)
    for save in full_world.saves:
        boards[save.board].append(save.pin)
    pairs = [pair for pins in boards.values() for pair in combinations(pins, 2)]
    saved = np.mean([together[p, q] for p, q in pairs])
    popularity = np.bincount([save.pin for save in full_world.saves], minlength=len(full_world.specs)) / len(
        full_world.saves
    )
    assert saved > 3 * popularity @ together @ popularity
    never = [i for i, spec in enumerate(full_world.specs) if spec.discoverable_at is None]
    assert not together[never].any()


def test_errors_name_what_is_wrong(small_world: Path, tmp_path: Path) -> None:
    with pytest.raises(RelpinsError, match="no sample world truth"):
        oracle_scores(tmp_path, ["a"], ["b"])
    with pytest.raises(RelpinsError, match="pin 'pin_nowhere' is not in the sample world"):
        oracle_scores(small_world, ["pin_8829"], ["pin_nowhere"])


def test_pins_that_someone_put_there_since_are_told(small_world: Path) -> None:
    ids = pq.read_table(small_world / "_truth" / "pin_affinity.parquet")["pin_id"].to_pylist()
    assert unknown_pins(small_world, ids) == []
    assert unknown_pins(small_world, [*ids, "another"]) == ["another"]
