"""A profile that puts a model beside the describer: what the table holds, what a run pays, what a failure leaves."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml
from chat_server import Answer, Asked, Behaviour, ChatServer, chat_server, refuses, says
from worlds import SmallWorld

from relpins_assets.catalog.definitions import defs as catalog
from relpins_assets.curation.definitions import defs as curation
from relpins_assets.enrichment.assets import enriched_descriptions
from relpins_assets.enrichment.sampling import ARTEFACT, chosen_hashes
from relpins_assets.home import open_home
from relpins_assets.refreshing import plan_asset
from relpins_assets.workspace import Workspace
from relpins_resources.lake import Lake

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
UPSTREAM = ("raw_pins", "raw_boards", "raw_board_pins", "pin_images", "pin_joins")
VIEW = {
    "description": "A small coloured thing.",
    "attributes": [{"key": "style", "value": "modern"}],
    "objects": ["box"],
}
N_PINS = 9


class Place:
    """A source of nine pins (one of them no image), a home, and a profile that names a server."""

    def __init__(self, folder: Path, taken_in: Path | None = None) -> None:
        if taken_in is not None:
            shutil.copytree(taken_in, folder)
            (folder / "home" / "settings.json").unlink(missing_ok=True)
        self.source, self.home, self.profile = folder / "source", folder / "home", folder / "profile.yaml"
        self.world = SmallWorld.of(n_pins=N_PINS, n_boards=3)
        if taken_in is None:
            self.write()

    def write(self) -> None:
        """Put the world as it is now into the source."""
        self.world.write(self.source)
        self.is_changed = True

    def rebuild(self, server: ChatServer, **options: Any) -> dict[str, Any]:
        """Drop what is derived, run again."""
        self.workspace(server, **options).lake.drop_derived()
        self.is_changed = True
        return self.run(server, **options)

    def workspace(self, server: ChatServer, **options: Any) -> Workspace:
        given = {"timeout_s": 5, "backoff_s": 0.001, "retries": 1, "concurrency": 2, "max_output_tokens": 100}
        describer = {"backend": "openai_compatible", "base_url": server.base_url, "model": "tiny", **given, **options}
        settings = {"describer": describer, "clip": {"backend": "grid"}, "content": {"backend": "grid"}}
        self.profile.write_text(yaml.safe_dump(settings))
        return open_home(self.home, profile=str(self.profile), source=self.source).workspace()

    def run(self, server: ChatServer, *, refit: bool = False, **options: Any) -> dict[str, Any]:
        """Bring the descriptions up to date; what the asset says of itself."""
        told = run_described(self.workspace(server, **options), refit=refit, upstream=self.is_changed)
        self.is_changed = False
        return told

    def rows(self) -> dict[str, dict[str, Any]]:
        lake = open_home(self.home).workspace().lake
        return {row["pin_id"]: row for row in lake.table("enriched_descriptions").read().to_pylist()}


def run_described(workspace: Workspace, *, refit: bool = False, upstream: bool = True) -> dict[str, Any]:
    result = run_assets(workspace, (*(UPSTREAM if upstream else ()), "enriched_descriptions"), refit=refit)
    (event,) = [
        one
        for one in result.get_asset_materialization_events()
        if one.asset_key == dg.AssetKey("enriched_descriptions")
    ]
    return {name: value.value for name, value in event.materialization.metadata.items()}


def run_assets(workspace: Workspace, names: tuple[str, ...], *, refit: bool = False) -> dg.ExecuteInProcessResult:
    only = dg.Definitions(assets=[enriched_descriptions], resources={"workspace": workspace})
    job = dg.define_asset_job("described", dg.AssetSelection.assets(*names))
    defs = dg.Definitions.merge(catalog, curation, only, dg.Definitions(jobs=[job], executor=dg.in_process_executor))
    ops = {"enriched_descriptions": {"config": {"refit": True}}} if refit else {}
    with dg.DagsterInstance.ephemeral() as instance:
        result = defs.resolve_job_def("described").execute_in_process(
            instance=instance, run_config={**QUIET, "ops": ops}
        )
    assert result.success
    return result


@pytest.fixture(scope="module")
def pins_taken_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A place whose pins are in the home, but not described."""
    place = Place(tmp_path_factory.mktemp("place"))
    with chat_server(lambda _: says(VIEW)) as server:
        run_assets(place.workspace(server), UPSTREAM)
    return place.source.parent


@pytest.fixture
def place(pins_taken_in: Path, tmp_path: Path) -> Place:
    place = Place(tmp_path / "place", taken_in=pins_taken_in)
    place.is_changed = False
    return place


def title_of(asked: Asked) -> str:
    data: dict[str, str] = json.loads(asked.text.split("Data: ")[1].splitlines()[0])
    return data.get("title", "")


def fails_for(is_bad: Callable[[Asked], bool], answer: Answer) -> Behaviour:
    return lambda asked: answer if is_bad(asked) else says(VIEW)


def test_views_stand_in_the_table_and_are_paid_for_once(place: Place) -> None:
    with chat_server(lambda _: says(VIEW)) as server:
        told = place.run(server)
        rows = place.rows()
        assert len(rows) == N_PINS - 1 == len(server.asked)
        for row in rows.values():
            assert json.loads(row["attributes"]) == VIEW["attributes"]
            assert json.loads(row["objects"]) == ["box"]
            assert row["failure"] is None
            assert "A small coloured thing." in row["description"]
            assert row["statement"] not in row["description"]  # the statement is kept beside
            assert row["colors"]
            assert row["describer"] == "openai_compatible: tiny"
        assert told["pins with a view"] == told["answers paid for"] == N_PINS - 1
        again = place.run(server)
        assert (again["new"], again["stale"], again["answers paid for"]) == (0, 0, 0)
        assert place.rebuild(server)["answers paid for"] == 0  # a rebuild pays nothing
        assert place.rows() == rows
        assert len(server.asked) == N_PINS - 1


def test_a_failure_keeps_the_statement_and_is_made_up_for(place: Place) -> None:
    bad = sorted(str(pin["title"]) for pin in place.world.pins.values() if pin["title"])[0]
    with chat_server(fails_for(lambda asked: title_of(asked) == bad, refuses(503, "busy"))) as server:
        told = place.run(server)
        failed = [row for row in place.rows().values() if row["failure"]]
        assert [row["failure"] for row in failed] == ["to be tried again: status 503: busy (asked 2 times)"]
        assert failed[0]["attributes"] is None
        assert failed[0]["statement"] in failed[0]["description"]
        assert failed[0]["describer"] == "pixels"
        assert (told["pins without a view"], told["pins to be tried again"]) == (1, 1)
        n_before = len(server.asked)
        server.behave = lambda _: says(VIEW)
        told = place.run(server)
        assert (told["stale"], told["answers paid for"], told["pins without a view"]) == (1, 1, 0)
        assert len(server.asked) == n_before + 1
        assert plan_asset(place.workspace(server), "enriched_descriptions").is_empty


def test_a_final_failure_is_told_and_not_paid_for_again(place: Place) -> None:
    bad = sorted(str(pin["title"]) for pin in place.world.pins.values() if pin["title"])[0]
    with chat_server(fails_for(lambda asked: title_of(asked) == bad, says("I would rather not"))) as server:
        told = place.run(server)
        assert told["why without a view"][0]["reason"].startswith("unreadable twice: there is no JSON object")
        assert told["pins to be tried again"] == 0
        n_asked = len(server.asked)
        place.workspace(server).lake.table("enriched_descriptions").drop()
        told = place.run(server)
        assert (told["pins without a view"], len(server.asked)) == (1, n_asked)


def test_a_server_that_is_down_leaves_a_green_run(place: Place) -> None:
    with chat_server(lambda _: says(VIEW)) as server:
        pass
    told = place.run(server, retries=0)
    assert told["pins without a view"] == told["pins to be tried again"] == N_PINS - 1
    assert told["stopped early"].startswith("6 questions in a row were not answered")
    with chat_server(lambda _: says(VIEW)) as server:
        told = place.run(server)
    assert (told["pins with a view"], told["pins without a view"]) == (N_PINS - 1, 0)


def test_a_spend_limit_spreads_the_catalog_over_runs(place: Place) -> None:
    """An answer is 100 + 20 tokens; what is put aside for one is more, so a run of 10,000 tokens fits a few."""
    with chat_server(lambda _: says(VIEW)) as server:
        told, n_runs = place.run(server, token_limit=10_000, concurrency=1), 1
        assert 0 < told["pins with a view"] < N_PINS - 1 or told["pins with a view"] == N_PINS - 1
        server.behave = lambda _: says(VIEW, usage={"prompt_tokens": 3_000, "completion_tokens": 20})
        while told["pins without a view"]:
            told, n_runs = place.run(server, token_limit=10_000, concurrency=1), n_runs + 1
            assert told["input tokens"] + told["output tokens"] <= 10_000
            assert n_runs < N_PINS
        assert len(server.asked) == N_PINS - 1


def test_a_limit_that_is_reached_says_so(place: Place) -> None:
    heavy = {"prompt_tokens": 4_000, "completion_tokens": 20}
    with chat_server(lambda _: says(VIEW, usage=heavy)) as server:
        told = place.run(server, input_price=1.0, output_price=1.0, spend_limit=0.012, concurrency=1)
        assert told["stopped early"] == "the spend limit 0.012 of a run is reached"
        assert 0 < told["spent"] <= 0.012
        assert told["pins with a view"] == server.n_answered == told["answers paid for"]
        assert told["pins to be tried again"] == N_PINS - 1 - server.n_answered > 0


def test_a_kill_pays_nothing_twice(place: Place) -> None:
    """What was answered before the run broke off is on disk, though no row of it is."""
    n_good = 4
    kept_now: list[int] = []

    class Killed(BaseException):
        pass

    with chat_server(lambda _: says(VIEW)) as server:
        workspace = place.workspace(server, concurrency=1)
        viewer = workspace.viewer
        assert viewer is not None
        whole = viewer.view

        def cut(inputs: Any, keep: Any) -> None:
            def kept(position: int, view: Any) -> None:
                keep(position, view)
                kept_now.append(position)
                if len(kept_now) == n_good:
                    raise Killed

            whole(inputs, kept)

        viewer.view = cut  # type: ignore[method-assign]
        with pytest.raises(Killed):
            run_described(replace_viewer(workspace, viewer))
        assert len(kept_now) < N_PINS - 1
        told = place.run(server, concurrency=1)
        assert (told["new"], told["pins with a view"]) == (N_PINS - 1, N_PINS - 1)
        assert len(kept_now) + told["answers paid for"] == N_PINS - 1 == len(server.asked)


def replace_viewer(workspace: Workspace, viewer: Any) -> Workspace:
    fresh = replace(workspace)
    fresh.__dict__["viewer"] = viewer
    return fresh


def test_an_evaluation_beside_a_home_asks_nothing(place: Place, tmp_path: Path) -> None:
    with chat_server(lambda _: says(VIEW)) as server:
        place.run(server, token_limit=10_000, concurrency=1)
        n_asked = len(server.asked)
        beside = replace(place.workspace(server), home=tmp_path / "beside", cache_home=place.home)
        told = run_described(beside)
        assert len(server.asked) == n_asked
        assert told["pins with a view"] == n_asked
        assert told["pins without a view"] == 0


def test_a_share_is_spread_frozen_and_equal_to_a_rebuild(place: Place) -> None:
    with chat_server(lambda _: says(VIEW)) as server:
        told = place.run(server, share=0.25)
        assert told["pins with a view"] == told["sample: chosen"] == 2 == len(server.asked)
        sample = place.workspace(server, share=0.25).lake.artefact(ARTEFACT)
        assert sample is not None
        for _ in range(3):
            place.world.add_pin()
        place.world.add_pin(picture=3)  # a picture that is there already
        place.write()
        place.run(server, share=0.25)
        rows = place.rows()
        n_asked = len(server.asked)
        assert n_asked == sum(row["attributes"] is not None for row in rows.values()) <= 2 + 3
        place.workspace(server).lake.table("enriched_descriptions").drop()
        place.run(server, share=0.25)
        assert place.rows() == rows
        assert len(server.asked) == n_asked
        told = place.run(server, share=0.25, refit=True)
        grown = place.workspace(server, share=0.25).lake.artefact(ARTEFACT)
        assert grown is not None
        assert set(chosen_hashes(sample)) <= set(chosen_hashes(grown))
        assert told["sample: chosen"] == 3  # a quarter of eleven images
        told = place.run(server, share=1.0)
        assert told["pins without a view"] == 0
        assert len(server.asked) == len({(hash_of(place.workspace(server).lake, pin), pin) for pin in place.rows()})


def hash_of(lake: Lake, pin_id: str) -> str:
    rows = lake.table("pin_images").read_keys([pin_id], ["jpeg_hash"])
    return str(rows["jpeg_hash"][0].as_py())


def test_an_empty_catalog_is_no_failure(tmp_path: Path) -> None:
    place = Place(tmp_path)
    for pin_id in list(place.world.pins):
        place.world.drop_pin(pin_id)
    place.world.add_pin(picture=-1)
    place.write()
    with chat_server(lambda _: says(VIEW)) as server:
        told = place.run(server, share=0.5)
    assert (told["dagster/row_count"], told["pins without a view"], len(server.asked)) == (0, 0, 0)
