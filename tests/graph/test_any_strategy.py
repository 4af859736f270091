"""Incremental equals rebuild for strategies of every kind of dependence, not only for the shipped blend."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

from running import differences, run, workspace_of
from worlds import SmallWorld

from relpins_assets.feeds.dependence import is_local, reads_clock
from relpins_assets.feeds.saved import strategies
from relpins_assets.profile import Profile

PROFILE = """
clip: {backend: grid}
content: {backend: grid}
ann: {backend: exact}
cooccurrence: {limit: 50}
feeds:
  related: [near, aged, priced]
  home: [visual_home_feed, home_feed]
  parameters: {limit: 4, candidates: 4}
"""
NEAR = """---
parameters: {item_id: string, limit: integer}
---
SELECT * FROM retrieve(similarity('clip_embedding', encoder=precomputed_item($item_id), limit=5),
                       cooccurrence($item_id, limit=3))
WHERE join_id != query_item.join_id AND coalesce(n_boards, 0) < 9
ORDER BY score(expression='1 / (1 + rank(embedding="clip_embedding")) + 0.1 * retrieval.cooccurrence')
REORDER BY diversity(0.5) LIMIT $limit
"""
AGED = """---
parameters: {item_id: string}
---
SELECT * FROM similarity('content_embedding', encoder=precomputed_item($item_id), limit=6, where='price IS NULL')
WHERE item_id != $item_id
ORDER BY score(expression='1 / (1 + days_since_release)') LIMIT 3
"""
PRICED = """---
parameters: {item_id: string}
---
SELECT * FROM retrieve(column_order('created_at DESC', limit=5), text_search('blue sofa', limit=5))
WHERE item_id != $item_id
ORDER BY score(expression='rrf(retrieval.column_order_rank, retrieval.text_search_rank)')
REORDER BY exploration(0.5) LIMIT 4
"""


def test_incremental_equals_rebuild_for_strategies_of_every_kind(tmp_path: Path) -> None:
    source, home, profile = tmp_path / "source", tmp_path / "home", tmp_path / "mine.yaml"
    profile.write_text(PROFILE)
    (home / "strategies").mkdir(parents=True)
    for name, text in (("near", NEAR), ("aged", AGED), ("priced", PRICED)):
        (home / "strategies" / f"{name}.sql").write_text(text)
    world = SmallWorld.of(n_pins=40, n_boards=12)

    def step() -> dict[str, dict[str, object]]:
        world.write(source)
        return run(workspace_of(home, source, str(profile)))

    step()
    assert step()["related_pins_feeds"]["stale"] == 0
    new = world.add_pin()
    world.save("board03", new)
    world.drop_pin(sorted(world.pins)[7])
    step()
    world.pins[sorted(world.pins)[3]]["title"] = "blue sofa, blue lamp"
    world.boards["board05"] += " tulip"
    world.save("board01", sorted(world.pins)[11])
    step()
    world.as_of += timedelta(days=2)
    told = step()
    assert told["related_pins_feeds"]["stale"] >= len(world.pins) - 1, "the day turned for `aged`"
    again = step()
    assert again["related_pins_feeds"]["stale"] == again["home_feeds"]["stale"] == 0
    shutil.copytree(home, tmp_path / "rebuilt")
    rebuilt = workspace_of(tmp_path / "rebuilt", source, str(profile))
    rebuilt.lake.drop_derived()
    run(rebuilt)
    assert differences(workspace_of(home, source, str(profile)).lake, rebuilt.lake) == []


def test_what_the_shipped_strategies_depend_on(tmp_path: Path) -> None:
    known = strategies(tmp_path, Profile())
    local = {name for name, saved in known.items() if is_local(saved.query)}
    assert local == {"related_pins", "related_pins_article", "cold_start"}
    assert {name for name, saved in known.items() if reads_clock(saved.query)} == {"adaptive_by_age", "home_feed"}
