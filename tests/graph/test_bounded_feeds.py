"""Catalogs too large for exact refreshes: a new pin's own feed and the nearest at once, the rest in the full pass."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
from running import differences, run, workspace_of
from worlds import SmallWorld

from relpins_assets.feeds.inputs import Cooccurrences, FeedInputs
from relpins_assets.feeds.retrieval import exact_search, index_search
from relpins_resources.ann import LayeredIndex, snap

Copy = Callable[[], tuple[Path, Path]]
BOUNDED = """
clip: {backend: grid}
content: {backend: grid}
ann: {backend: exact}
cooccurrence: {limit: 50}
feeds: {limit: 4, candidates: 6, diversity: {window: 3, pool: 8}, exact_up_to: 0, nearest: 1}
"""


def test_a_bounded_run_then_a_full_pass_ends_equal_to_a_rebuild(tmp_path: Path) -> None:
    source, profile = tmp_path / "source", tmp_path / "bounded.yaml"
    profile.write_text(BOUNDED)
    world = SmallWorld.of()
    world.write(source)
    home = tmp_path / "home"
    run(workspace_of(home, source, str(profile)))
    new = [world.add_pin() for _ in range(3)]
    world.write(source)
    told = run(workspace_of(home, source, str(profile)))["related_pins_feeds"]
    assert told["mode"] == "bounded"
    lake = workspace_of(home, source, str(profile)).lake
    assert lake.table("related_pins_pools").count(f"pin_id IN ({', '.join(map(repr, new))})") == 3
    full = run(workspace_of(home, source, str(profile)), ops={"related_pins_feeds": {"config": {"full_pass": True}}})
    assert full["related_pins_feeds"]["stale"] > 0, "the bounded run left nothing to do, so this shows nothing"
    again = run(workspace_of(home, source, str(profile)), ops={"related_pins_feeds": {"config": {"full_pass": True}}})
    assert again["related_pins_feeds"]["stale"] == 0
    shutil.copytree(home, tmp_path / "rebuilt")
    rebuilt = workspace_of(tmp_path / "rebuilt", source, str(profile))
    rebuilt.lake.drop_derived()
    run(rebuilt)
    assert differences(lake, rebuilt.lake) == []


def test_an_approximate_index_finds_nine_tenths_of_the_exact_lists(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    centres = rng.normal(size=(60, 32))
    matrix = centres[rng.integers(0, 60, 4_000)] + 0.35 * rng.normal(size=(4_000, 32))
    vectors = snap(matrix / np.linalg.norm(matrix, axis=1, keepdims=True))
    inputs = _inputs(vectors)
    index = LayeredIndex.create(tmp_path / "index", inputs.pin_ids.tolist(), vectors, "annoy", 0)
    queries = np.arange(0, 4_000, 20)
    exact = exact_search(inputs, vectors)(queries, 20)
    found = index_search(inputs, vectors, index)(queries, 20)
    overlap = [len(set(a) & set(b)) / 20 for a, b in zip(exact.places, found.places, strict=True)]
    assert np.mean(overlap) >= 0.9
    assert not (found.places == inputs.candidate_of_join[inputs.join_of[queries]][:, None]).any()


def _inputs(vectors: np.ndarray) -> FeedInputs:
    """Pins with these vectors; every tenth is a repin of the one before."""
    n = len(vectors)
    is_repin = np.arange(n) % 10 == 9
    vectors[is_repin] = vectors[np.flatnonzero(is_repin) - 1]
    join_of = np.cumsum(~is_repin) - 1
    candidates = np.flatnonzero(~is_repin)
    nothing = Cooccurrences(np.zeros(len(candidates) + 1, np.int64), np.empty(0, np.int64), np.empty(0, np.int64))
    pin_ids = np.array([f"pin{i:05d}" for i in range(n)], dtype=object)
    return FeedInputs(pin_ids, vectors, vectors, join_of, candidates, np.arange(len(candidates)), nothing)
