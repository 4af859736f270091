"""Incremental equals rebuild for strategies of every kind of dependence, not only for the shipped blend."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import dagster as dg
from running import QUIET, differences, run, workspace_of
from worlds import SmallWorld

from relpins_assets.definitions import STAGES, asset_names, build_definitions
from relpins_assets.feeds.dependence import is_local, reads_clock
from relpins_assets.feeds.saved import strategies
from relpins_assets.profile import Profile
from relpins_assets.workspace import Workspace

PROFILE = """
clip: {backend: grid}
content: {backend: grid}
ann: {backend: exact}
cooccurrence: {limit: 50}
walks: {steps: 200, candidates: 6, enough_pins: 5}
ranking: {min_impressions: 2}
feeds:
  related: [near, engaged, taught, aged, priced, fixed, walked, parts]
  home: [visual_home_feed, home_feed, near_a_person, walked_home]
  parameters: {limit: 4, candidates: 4}
objects: {min_area: 0.1, least_share: 0.02}
filters: {late: created_at > '2026-01-01'}
"""
NEAR_A_PERSON = """---
parameters: {user_id: string}
---
SELECT * FROM similarity('clip_embedding', encoder=interaction_pooling($user_id), limit=6)
REORDER BY exploration(0.5, lookback=4) LIMIT 6
"""
FIXED = """---
parameters: {item_id: string}
---
SELECT * FROM similarity('clip_embedding', encoder=precomputed_item('pin037'), limit=5)
WHERE item_id != $item_id AND prebuilt('late') LIMIT 4
"""
NEAR = """---
parameters: {item_id: string, limit: integer}
---
SELECT * FROM retrieve(similarity('clip_embedding', encoder=precomputed_item($item_id), limit=5),
                       cooccurrence($item_id, limit=3))
WHERE join_id != query_item.join_id AND coalesce(n_boards, 0) < 9
ORDER BY score(expression='1 / (1 + rank(embedding="clip_embedding")) + 0.1 * retrieval.cooccurrence
                               + CASE WHEN query_item.is_object_dominant THEN similarity(embedding="clip_embedding")
                                 ELSE 0 END')
REORDER BY diversity(0.5) LIMIT $limit
"""
PARTS = """---
parameters: {item_id: string}
---
SELECT * FROM retrieve(
    similarity('clip_embedding', encoder=precomputed_item($item_id, object=1), limit=5, name='part'),
    similarity('clip_embedding', encoder=precomputed_item($item_id), limit=5, name='whole'))
WHERE join_id != query_item.join_id
ORDER BY score(expression='coalesce(retrieval.part, 0) + coalesce(retrieval.whole, 0)
                           + CASE WHEN is_object_dominant THEN 0.5 ELSE 0 END') LIMIT 4
"""
WALKED = """---
parameters: {item_id: string}
---
SELECT * FROM random_walk($item_id, limit=4) WHERE join_id != query_item.join_id
ORDER BY score(expression='retrieval.random_walk + rank(embedding="clip_embedding")') LIMIT 4
"""
WALKED_HOME = """---
parameters: {user_id: string}
---
SELECT * FROM random_walk(input_user_id=$user_id, limit=6) ORDER BY score(expression='retrieval.random_walk') LIMIT 6
"""
AGED = """---
parameters: {item_id: string}
---
SELECT * FROM similarity('content_embedding', encoder=precomputed_item($item_id), limit=6, where='price IS NULL')
WHERE item_id != $item_id
ORDER BY score(expression='1 / (1 + days_since_release)') LIMIT 3
"""
ENGAGED = """---
parameters: {item_id: string}
---
SELECT * FROM retrieve(memorised($item_id, limit=5),
                       similarity('clip_embedding', encoder=precomputed_item($item_id), limit=3))
WHERE join_id != query_item.join_id
ORDER BY score(expression='1 / (1 + rank(embedding="clip_embedding")) + pair.memboost') LIMIT 4
"""
TAUGHT = """---
parameters: {item_id: string}
---
SELECT * FROM similarity('clip_embedding', encoder=precomputed_item($item_id), limit=8)
WHERE item_id != $item_id
ORDER BY score(expression='ranker + 0.1 * pair.attribute_similarity - 0.01 * pair.age') LIMIT 4
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
    texts = {
        "near": NEAR,
        "engaged": ENGAGED,
        "taught": TAUGHT,
        "aged": AGED,
        "priced": PRICED,
        "fixed": FIXED,
        "near_a_person": NEAR_A_PERSON,
    }
    texts |= {"walked": WALKED, "walked_home": WALKED_HOME, "parts": PARTS}
    for name, text in texts.items():
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
    world.ask(sorted(world.pins)[4])
    step()
    world.ask(sorted(world.pins)[9])
    told = step()
    assert told["engagement_coec"]["stale"] + told["engagement_coec"]["new"] == 1
    for board, pin in sorted(world.saves)[:6]:  # the last boards of some images among them
        del world.saves[board, pin]
    del world.boards["board07"]
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
    local = {name for name, saved in known.items() if is_local(saved.query, "item_id")}
    assert local == {"related_pins", "related_pins_article", "cold_start"}
    assert {name for name, saved in known.items() if reads_clock(saved.query)} == {
        "adaptive_by_age",
        "home_feed",
        "visual_home_feed",  # exploration prefers what is new
    }


def test_an_edited_filter_makes_the_feeds_that_name_it_stale(tmp_path: Path) -> None:
    source, home, profile = tmp_path / "source", tmp_path / "home", tmp_path / "mine.yaml"
    (home / "strategies").mkdir(parents=True)
    (home / "strategies" / "fixed.sql").write_text(FIXED)
    text = PROFILE.replace("[near, engaged, taught, aged, priced, fixed, walked, parts]", "[fixed]").replace(
        ", near_a_person, walked_home]", "]"
    )
    SmallWorld.of(n_pins=12, n_boards=3).write(source)
    profile.write_text(text.replace("2026-01-01", "1999-01-01"))
    run(workspace_of(home, source, str(profile)))
    before = workspace_of(home, source, str(profile)).lake.table("related_pins_feeds").count()
    profile.write_text(text.replace("2026-01-01", "2026-04-10"))
    run(workspace_of(home, source, str(profile)))
    assert workspace_of(home, source, str(profile)).lake.table("related_pins_feeds").count() < before


def test_a_deleted_pin_leaves_home_feeds_at_once_in_a_bounded_catalog(tmp_path: Path) -> None:
    source, home, profile = tmp_path / "source", tmp_path / "home", tmp_path / "mine.yaml"
    profile.write_text(
        "clip: {backend: grid}\ncontent: {backend: grid}\nann: {backend: exact}\n"
        "feeds: {home: [visual_home_feed], exact_up_to: 0, nearest: 1}\n"
    )
    world = SmallWorld.of(n_pins=20, n_boards=5)
    world.write(source)
    run(workspace_of(home, source, str(profile)))
    lake = workspace_of(home, source, str(profile)).lake
    shown = lake.query("SELECT min(candidate_pin_id) AS pin_id FROM home_feeds")["pin_id"][0].as_py()
    world.drop_pin(shown)
    world.write(source)
    run(workspace_of(home, source, str(profile)))
    assert lake.table("home_feeds").count(f"candidate_pin_id = '{shown}'") == 0


def test_feeds_made_before_an_index_caught_up_are_of_the_vectors_as_they_are(tmp_path: Path) -> None:
    source, home = tmp_path / "source", tmp_path / "home"
    world = SmallWorld.of(n_pins=24, n_boards=6)
    world.write(source)
    run(workspace_of(home, source))
    changed = next(one for one in sorted(world.pins) if not one.endswith("4"))
    world.pins[changed]["picture"] = 700
    world.write(source)
    for stage in ("catalog", "curation", "enrichment", "embeddings", "candidates", "feeds"):  # without the indexes
        run_stage(workspace_of(home, source), stage)
    run(workspace_of(home, source))
    shutil.copytree(home, tmp_path / "rebuilt")
    rebuilt = workspace_of(tmp_path / "rebuilt", source)
    rebuilt.lake.drop_derived()
    run(rebuilt)
    assert differences(workspace_of(home, source).lake, rebuilt.lake) == []


def run_stage(workspace: Workspace, stage: str) -> None:
    job = build_definitions(workspace).resolve_job_def("build_all")
    wanted = [dg.AssetKey(name) for name in asset_names(STAGES[stage])]
    with dg.DagsterInstance.ephemeral() as instance:
        assert job.execute_in_process(instance=instance, run_config=QUIET, asset_selection=wanted).success
