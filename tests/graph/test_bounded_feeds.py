"""Catalogs too large for exact refreshes: a new pin's own feed and the nearest at once, the rest in the full pass."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
from running import differences, run, workspace_of
from worlds import SmallWorld

from relpins_resources.ann import LayeredIndex, snap
from relpins_resources.query.retrieval.spaces import IndexedEmbedding

Copy = Callable[[], tuple[Path, Path]]
BOUNDED = """
clip: {backend: grid}
content: {backend: grid}
ann: {backend: exact}
cooccurrence: {limit: 50}
feeds: {parameters: {limit: 4, candidates: 6}, exact_up_to: 0, nearest: 1}
"""
FULL_PASS = {"ops": {name: {"config": {"full_pass": True}} for name in ("related_pins_feeds", "home_feeds")}}


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
    full = run(workspace_of(home, source, str(profile)), **FULL_PASS)
    assert full["related_pins_feeds"]["stale"] > 0, "the bounded run left nothing to do, so this shows nothing"
    again = run(workspace_of(home, source, str(profile)), **FULL_PASS)
    assert again["related_pins_feeds"]["stale"] == again["home_feeds"]["stale"] == 0
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
    is_repin = np.arange(4_000) % 10 == 9
    vectors[is_repin] = vectors[np.flatnonzero(is_repin) - 1]
    ids = np.array([f"pin{i:05d}" for i in range(4_000)], dtype=object)
    index = LayeredIndex.create(tmp_path / "index", ids.tolist(), vectors, "annoy", 0)
    near, true = (IndexedEmbedding("clip_embedding", index, ids, ~is_repin, is_exact) for is_exact in (False, True))
    queries = vectors[::20]
    (exact, _), (found, _) = true.search(queries, 20), near.search(queries, 20)
    assert np.mean([len(set(a) & set(b)) / 20 for a, b in zip(exact, found, strict=True)]) >= 0.9
    assert not is_repin[found].any()
