"""From a model's words about pins to pages: with a server that answers well the whole path runs on what it says."""

from __future__ import annotations

import json
from pathlib import Path

import dagster as dg
import yaml
from chat_server import Answer, Asked, ChatServer, chat_server, says
from worlds import SmallWorld

from relpins_assets.definitions import build_definitions
from relpins_assets.home import open_home
from relpins_assets.workspace import Workspace

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def behave(asked: Asked) -> Answer:
    """Every pin is a lamp or a sofa by its title, a sofa is teal; sofas are wanted, lamps are not."""
    if "Data: " in asked.text:
        title = json.loads(asked.text.split("Data: ")[1]).get("title", "")
        kind, color = ("lamp", "ochre") if len(title) % 2 else ("sofa", "teal")
        pairs = [("category", kind), ("color", color), ("style", "brutalist")]
        attributes = [{"key": key, "value": value} for key, value in pairs]
        return says({"description": f"A {color} {kind}.", "attributes": attributes, "objects": [kind]})
    told = json.loads(asked.body["messages"][1]["content"])
    if "query" not in told:
        return says({"query": "finest " + " ".join(one["value"] for one in told["attributes"])})
    score = 1 if "lamp" in told["query"] else 5
    return says({"coherence": score, "intent": score, "phrasing": score, "reason": "Sofas only."})


def workspace_of(folder: Path, server: ChatServer) -> Workspace:
    chat = {"backend": "openai_compatible", "base_url": server.base_url, "model": "tiny"}
    plain = {"clip": {"backend": "grid"}, "content": {"backend": "grid"}, "ann": {"backend": "exact"}}
    rules = {"attributes": {"min_pins": 3}, "topics": {"min_pins": 3}, "collections": {"min_pins": 3}}
    profile = folder / "profile.yaml"
    profile.write_text(yaml.safe_dump({**plain, **rules, "describer": chat, "judge": chat}))
    return open_home(folder / "home", profile=str(profile), source=folder / "source").workspace()


def build(workspace: Workspace, *names: str) -> None:
    """These assets; everything that pages are made of if none is named."""
    defs = build_definitions(workspace, without=("evaluation",))
    needed = dg.AssetSelection.assets("landing_pages").upstream().resolve(defs.resolve_asset_graph())
    with dg.DagsterInstance.ephemeral() as instance:
        result = defs.resolve_job_def("build_all").execute_in_process(
            instance=instance, run_config=QUIET, asset_selection=[dg.AssetKey(name) for name in names] or list(needed)
        )
    assert result.success


def test_pages_are_made_of_what_the_models_say(tmp_path: Path) -> None:
    SmallWorld.of(n_pins=60, n_boards=2).write(tmp_path / "source")
    with chat_server(behave) as server:
        workspace = workspace_of(tmp_path, server)
        build(workspace)
        lake = workspace.lake
        said = lake.query(
            "SELECT DISTINCT key, value FROM raw_attributes WHERE source = 'view' ORDER BY ALL"
        ).to_pylist()
        assert {(row["key"], row["value"]) for row in said} == {
            *(("category", kind) for kind in ("lamp", "sofa")),
            *(("color", color) for color in ("ochre", "teal")),
            ("style", "brutalist"),
        }
        topics = lake.table("judged_topics").read().to_pylist()
        assert {topic["judge"] for topic in topics} == {"openai_compatible"}
        assert all("finest" in topic["query"] for topic in topics)
        assert all(topic["verdict"] == "rejected" for topic in topics if "lamp" in topic["query"])
        assert any("by tiny: Sofas only." in topic["reason"] for topic in topics)
        pages = lake.table("landing_pages").read().to_pylist()
        assert pages
        accepted = {topic["topic_id"] for topic in topics if topic["verdict"] == "accepted"}
        assert {page["topic_id"] for page in pages} <= accepted
        assert any("sofa" in page["title"].lower() for page in pages)
        n_asked = len(server.asked)
        build(workspace_of(tmp_path, server), "enriched_descriptions", "topic_candidates", "judged_topics")
        assert len(server.asked) == n_asked
