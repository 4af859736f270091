"""The graph as people see it: its assets, groups and edges are written down here, and so is what loads it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from relpins_assets.definitions import STAGES, build_definitions
from relpins_assets.home import open_home
from relpins_assets.schemas import TABLES

ROOT = Path(__file__).parents[2]
HEAVY = ("torch", "torchvision", "open_clip", "sentence_transformers", "transformers", "sklearn", "skimage")
HEAVY += ("lightgbm", "numba")

GRAPH: dict[str, dict[str, list[str]]] = {
    "catalog": {
        "pin_images": ["raw_pins"],
        "raw_board_pins": [],
        "raw_boards": [],
        "raw_interactions": [],
        "raw_pins": [],
        "raw_searches": [],
        "raw_users": [],
        "rejected_rows": [
            "pin_images",
            "raw_board_pins",
            "raw_boards",
            "raw_interactions",
            "raw_pins",
            "raw_searches",
            "raw_users",
        ],
    },
    "curation": {
        "board_joins": ["pin_joins", "raw_board_pins", "raw_boards"],
        "catalog_statistics": ["raw_board_pins", "raw_interactions", "raw_pins"],
        "pin_joins": ["pin_images", "raw_board_pins", "raw_boards", "raw_pins"],
    },
    "enrichment": {
        "dominant_objects": ["pin_images"],
        "enriched_descriptions": ["pin_images", "pin_joins", "raw_board_pins", "raw_boards", "raw_pins"],
        "raw_attributes": [
            "enriched_descriptions",
            "pin_joins",
            "raw_board_pins",
            "raw_boards",
            "raw_pins",
            "raw_searches",
        ],
    },
    "embeddings": {
        "clip_embeddings": ["clip_model", "pin_images"],
        "clip_model": ["pin_joins", "raw_pins"],
        "content_embeddings": ["enriched_descriptions"],
        "object_embeddings": ["clip_model", "dominant_objects", "pin_images"],
        "pin_topics": ["content_embeddings", "raw_pins"],
        "semantic_ids": ["clip_embeddings", "raw_pins"],
    },
    "indexes": {
        "clip_index": ["clip_embeddings"],
        "content_index": ["content_embeddings"],
        "lexical_index": ["enriched_descriptions", "pin_joins", "raw_pins"],
    },
    "vocabulary": {
        "attribute_clusters": ["clip_embeddings", "frequent_attributes", "pin_joins", "raw_attributes"],
        "attribute_vocabulary": ["attribute_clusters"],
        "frequent_attributes": ["pin_joins", "raw_attributes"],
        "judged_topics": ["search_intents", "topic_candidates"],
        "search_intents": ["attribute_vocabulary", "raw_searches"],
        "topic_candidates": ["attribute_vocabulary", "pin_joins", "raw_attributes"],
    },
    "assignment": {
        "attribute_assignments": [
            "attribute_vocabulary",
            "clip_embeddings",
            "content_embeddings",
            "dual_encoder",
            "raw_attributes",
        ],
        "dual_encoder": ["attribute_vocabulary", "clip_embeddings", "content_embeddings", "raw_attributes", "raw_pins"],
    },
    "candidates": {
        "cooccurrence_candidates": ["board_joins", "catalog_statistics", "clip_embeddings", "pin_joins"],
        "random_walk_candidates": ["cooccurrence_candidates", "pin_joins", "walk_graph"],
        "walk_graph": ["board_joins", "pin_joins", "pin_topics"],
    },
    "graph_embeddings": {
        "pinclip_embeddings": ["clip_embeddings", "enriched_descriptions", "pinclip_model", "raw_pins"],
        "pinclip_index": ["pinclip_embeddings"],
        "pinclip_model": ["board_joins", "clip_embeddings", "enriched_descriptions", "pin_joins", "raw_pins"],
        "twotower_embeddings": [
            "attribute_assignments",
            "clip_embeddings",
            "content_embeddings",
            "pin_joins",
            "raw_pins",
            "twotower_model",
        ],
        "twotower_index": ["twotower_embeddings"],
        "twotower_model": [
            "attribute_assignments",
            "board_joins",
            "clip_embeddings",
            "content_embeddings",
            "pin_joins",
            "raw_boards",
            "raw_interactions",
            "raw_pins",
            "raw_users",
        ],
        "twotower_users": [
            "pin_joins",
            "raw_board_pins",
            "raw_boards",
            "raw_interactions",
            "raw_users",
            "twotower_embeddings",
            "twotower_model",
        ],
    },
    "ranking": {
        "engagement_coec": ["pin_joins", "raw_interactions"],
        "ranker": [
            "attribute_assignments",
            "catalog_statistics",
            "clip_embeddings",
            "content_embeddings",
            "cooccurrence_candidates",
            "engagement_coec",
            "enriched_descriptions",
            "pin_images",
            "pin_joins",
            "pin_topics",
            "pinclip_embeddings",
            "random_walk_candidates",
            "ranking_triplets",
            "raw_interactions",
            "raw_pins",
            "twotower_embeddings",
        ],
        "ranking_triplets": ["engagement_coec", "pin_images", "pin_joins"],
    },
    "feeds": {
        "home_feeds": [
            "attribute_assignments",
            "catalog_statistics",
            "clip_embeddings",
            "clip_index",
            "content_embeddings",
            "content_index",
            "cooccurrence_candidates",
            "dominant_objects",
            "engagement_coec",
            "enriched_descriptions",
            "lexical_index",
            "object_embeddings",
            "pin_joins",
            "pin_topics",
            "pinclip_embeddings",
            "pinclip_index",
            "random_walk_candidates",
            "ranker",
            "raw_board_pins",
            "raw_boards",
            "raw_interactions",
            "raw_pins",
            "raw_users",
            "semantic_ids",
            "twotower_embeddings",
            "twotower_index",
            "twotower_users",
        ],
        "related_pins_feeds": [
            "attribute_assignments",
            "catalog_statistics",
            "clip_embeddings",
            "clip_index",
            "content_embeddings",
            "content_index",
            "cooccurrence_candidates",
            "dominant_objects",
            "engagement_coec",
            "enriched_descriptions",
            "lexical_index",
            "object_embeddings",
            "pin_joins",
            "pin_topics",
            "pinclip_embeddings",
            "pinclip_index",
            "random_walk_candidates",
            "ranker",
            "raw_board_pins",
            "raw_boards",
            "raw_interactions",
            "raw_pins",
            "raw_users",
            "semantic_ids",
            "twotower_embeddings",
            "twotower_index",
            "twotower_users",
        ],
    },
    "collections": {
        "intent_coverage": [
            "attribute_vocabulary",
            "judged_topics",
            "lexical_index",
            "raw_pins",
            "search_intents",
            "shopping_collections",
        ],
        "landing_pages": [
            "attribute_vocabulary",
            "clip_embeddings",
            "judged_topics",
            "raw_attributes",
            "raw_pins",
            "shopping_collections",
        ],
        "shopping_collections": [
            "attribute_assignments",
            "attribute_vocabulary",
            "clip_embeddings",
            "judged_topics",
            "pin_joins",
            "raw_attributes",
        ],
    },
    "evaluation": {
        "attribute_quality": ["attribute_assignments", "attribute_vocabulary", "raw_attributes"],
        "collection_quality": [
            "attribute_vocabulary",
            "judged_topics",
            "lexical_index",
            "search_intents",
            "shopping_collections",
        ],
        "related_pins_quality": ["related_pins_feeds"],
        "system_comparison": ["related_pins_feeds"],
    },
    "publish": {
        "published_snapshot": [
            "attribute_assignments",
            "catalog_statistics",
            "clip_index",
            "content_index",
            "home_feeds",
            "landing_pages",
            "lexical_index",
            "pinclip_index",
            "rejected_rows",
            "related_pins_feeds",
            "search_intents",
            "semantic_ids",
            "shopping_collections",
            "twotower_index",
        ],
    },
}
"""Per stage, in flow order: each asset and what it depends on."""


@pytest.fixture(scope="module")
def defs(tmp_path_factory: pytest.TempPathFactory) -> dg.Definitions:
    home = tmp_path_factory.mktemp("definitions") / "home"
    loaded = build_definitions(open_home(home, profile="test").workspace())
    assert not home.exists(), "looking at the graph writes nothing"
    return loaded


@pytest.fixture(scope="module")
def specs(defs: dg.Definitions) -> dict[str, dg.AssetSpec]:
    return {spec.key.to_user_string(): spec for spec in defs.resolve_all_asset_specs()}


@pytest.fixture(scope="module")
def checks(defs: dg.Definitions) -> dict[str, dict[str, dg.AssetCheckSpec]]:
    """Per asset its checks by name."""
    found: dict[str, dict[str, dg.AssetCheckSpec]] = {}
    for asset in defs.assets or []:
        assert isinstance(asset, dg.AssetsDefinition)
        for check in asset.check_specs:
            found.setdefault(check.asset_key.to_user_string(), {})[check.name] = check
    return found


def _parents(spec: dg.AssetSpec) -> list[str]:
    return sorted(dep.asset_key.to_user_string() for dep in spec.deps)


def test_assets_groups_and_edges(specs: dict[str, dg.AssetSpec]) -> None:
    found: dict[str, dict[str, list[str]]] = {}
    for name, spec in sorted(specs.items()):
        found.setdefault(str(spec.group_name), {})[name] = _parents(spec)
    assert found == GRAPH


def test_every_edge_points_down_the_stages(specs: dict[str, dg.AssetSpec]) -> None:
    assert list(STAGES) == list(GRAPH)
    place = {name: i for i, stage in enumerate(STAGES) for name in GRAPH[stage]}
    up = [(parent, name) for name, spec in specs.items() for parent in _parents(spec) if place[parent] > place[name]]
    assert up == []


def test_evaluation_is_upstream_of_nothing(specs: dict[str, dg.AssetSpec]) -> None:
    read = {parent for spec in specs.values() for parent in _parents(spec)}
    assert not read & set(GRAPH["evaluation"])


def test_every_asset_says_what_it_is(specs: dict[str, dg.AssetSpec]) -> None:
    for name, spec in specs.items():
        assert spec.kinds, name
        assert spec.owners, name
        assert spec.code_version, name
        assert spec.description, name
        first, *_ = spec.description.split(". ")
        assert len(first) > 12, f"{name}: the first sentence gives the grain"


def test_every_table_is_checked_and_described(
    specs: dict[str, dg.AssetSpec], checks: dict[str, dict[str, dg.AssetCheckSpec]]
) -> None:
    tables = {name for name in specs if name in TABLES}
    assert {name for name in specs if "lance" in specs[name].kinds} == tables
    hidden = {name for name, schema in TABLES.items() if schema.kind in ("bookkeeping", "ledger")}
    assert tables == set(TABLES) - hidden | {"rejected_rows"}
    for name in tables:
        assert specs[name].description.startswith("One row per "), name  # type: ignore[union-attr]
        schema = specs[name].metadata["dagster/column_schema"]
        assert [column.name for column in schema.columns] == [column.name for column in TABLES[name].columns]
        assert all(column.description for column in schema.columns), name
        assert checks[name]["schema"].blocking, name


def test_what_blocks_and_what_warns(checks: dict[str, dict[str, dg.AssetCheckSpec]]) -> None:
    blocking = {(name, check) for name, of_asset in checks.items() for check, spec in of_asset.items() if spec.blocking}
    assert {one for one in blocking if one[1] != "schema"} == {
        ("clip_index", "recall"),
        ("content_index", "recall"),
        ("twotower_index", "recall"),
        ("pinclip_index", "recall"),
        ("published_snapshot", "collection_integrity"),
        ("published_snapshot", "feed_integrity"),
        ("published_snapshot", "one_space"),
        ("published_snapshot", "recall"),
        ("published_snapshot", "words"),
    }
    warning = {(name, check) for name, of_asset in checks.items() for check, spec in of_asset.items()} - blocking
    assert {one for one in warning if one[0].startswith("raw_")} == {
        (name, "source") for name in GRAPH["catalog"] if name.startswith("raw_")
    }


def test_jobs(defs: dg.Definitions) -> None:
    everything = {name for stage in GRAPH.values() for name in stage}
    selected = {
        name: {key.to_user_string() for key in defs.resolve_job_def(name).asset_layer.selected_asset_keys}
        for name in ("build_all", "incremental", "nightly_training", "evaluate")
    }
    assert selected == {
        "build_all": everything - {"system_comparison"},
        "incremental": everything - set(GRAPH["evaluation"]),
        "nightly_training": everything,
        "evaluate": {"system_comparison"},
    }
    assert defs.resolve_job_def("maintenance").description


def test_two_schedules_and_a_sensor_that_runs(defs: dg.Definitions) -> None:
    schedules = {schedule.name: schedule for schedule in defs.schedules or []}
    jobs = {name: schedule.job_name for name, schedule in schedules.items()}  # type: ignore[union-attr]
    assert jobs == {"nightly_training_schedule": "nightly_training", "maintenance_schedule": "maintenance"}
    sensor = defs.resolve_sensor_def("new_pins_sensor")
    assert (sensor.default_status, sensor.job_name) == (dg.DefaultSensorStatus.RUNNING, "incremental")


def test_what_readers_see_must_be_fresh(specs: dict[str, dg.AssetSpec]) -> None:
    assert specs["published_snapshot"].freshness_policy is not None


def test_definitions_validate(tmp_path: Path) -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("dagster"), "definitions", "validate", "-w", "workspace.yaml"],
        cwd=ROOT,
        env=_environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert list((tmp_path / "home").iterdir()) == [], "validation writes nothing into the home"


def test_loading_the_graph_loads_no_model_library(tmp_path: Path) -> None:
    script = "import json, sys, relpins_assets.definitions as d; d.defs(); print(json.dumps(list(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=_environment(tmp_path),
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = json.loads(done.stdout)
    assert "relpins_assets.definitions" in loaded
    assert [name for name in HEAVY if name in loaded] == []


def _environment(folder: Path) -> dict[str, str]:
    """This process's, with a home and a place for history of its own."""
    for name in ("home", "dagster"):
        (folder / name).mkdir()
    told = {"RELPINS_HOME": str(folder / "home"), "DAGSTER_HOME": str(folder / "dagster")}
    return {**os.environ, **told, "DAGSTER_DISABLE_TELEMETRY": "1"}
