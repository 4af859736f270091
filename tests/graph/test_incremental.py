"""The standing property: after any history of changes and runs, incremental equals rebuild, for every asset."""

from __future__ import annotations

import os
import shutil
import tempfile
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from running import COMPARED, QUIET, differences, run, workspace_of
from worlds import COPY, WORDS, SmallWorld

from relpins_assets.definitions import STAGES, asset_names, build_definitions
from relpins_assets.schemas import TABLES
from relpins_assets.vocabulary.edits import EDITS_FILE
from relpins_assets.workspace import Workspace
from relpins_resources.lake.watermarks import Watermark

DEEP = bool(os.environ.get("RELPINS_DEEP"))
SETTINGS = settings(
    max_examples=300 if DEEP else 8,
    stateful_step_count=10 if DEEP else 4,
    derandomize=not DEEP,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)


EDITS = (
    "edits: []",
    "edits: [{merge: [color/lavender, color/purple]}]",
    "edits: [{ban: material/oak}]",
    "edits: [{rename: category/sofa, to: settee}, {merge: [category/lamp, category/sofa], into: lamp}]",
)


class History(RuleBasedStateMachine):
    """Changes of a source and incremental runs over it, in any order; at the end a rebuild must give the same."""

    built: Path

    @initialize()
    def start(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="relpins-history-"))
        shutil.copytree(self.built, self.folder, dirs_exist_ok=True)
        self.world = SmallWorld.of()
        self.small_changes = 0
        self.large_changes = 0

    @rule(n=st.integers(1, 3), picture=st.sampled_from([None, 7, COPY + 7]))
    def insert(self, n: int, picture: int | None) -> None:
        for _ in range(n):
            self.world.add_pin(picture=picture)
        self.small_changes += n

    @rule(which=st.integers(0, 10_000), how=st.sampled_from(["title", "picture", "broken", "created_at", "tags"]))
    def change(self, which: int, how: str) -> None:
        pin = self.world.pins[self._pick(which)]
        if how == "title":
            pin["title"] = f"{pin['title']} oak {which}"
        elif how == "tags":
            pin |= {"merchant_tags": [f"{WORDS[which % 12]}", "velvet"], "price": float(which % 300), "currency": "EUR"}
        elif how == "created_at":
            pin["created_at"] = self.world.as_of - timedelta(days=which % 30 + 1)
        else:
            pin["picture"] = -1 if how == "broken" else 500 + which % 100
        self.small_changes += 1

    @precondition(lambda self: len(self.world.pins) > 50)
    @rule(which=st.integers(0, 10_000))
    def delete(self, which: int) -> None:
        self.world.drop_pin(self._pick(which))
        self.small_changes += 1

    @rule(board=st.integers(0, 17), which=st.integers(0, 10_000))
    def save(self, board: int, which: int) -> None:
        self.world.save(f"board{board:02d}", self._pick(which))
        self.small_changes += 1

    @precondition(lambda self: len(self.world.saves) > 40)
    @rule(which=st.integers(0, 10_000))
    def unsave(self, which: int) -> None:
        del self.world.saves[sorted(self.world.saves)[which % len(self.world.saves)]]
        self.small_changes += 1

    @rule(which=st.integers(0, 10_000))
    def show(self, which: int) -> None:
        self.world.ask(self._pick(which))
        self.small_changes += 1

    @rule(board=st.integers(0, 17))
    def rename_board(self, board: int) -> None:
        self.world.boards[f"board{board:02d}"] += " tulip"
        self.small_changes += 1

    @rule(words=st.lists(st.sampled_from([*WORDS, "under $80", "quartz"]), min_size=1, max_size=3))
    def search(self, words: list[str]) -> None:
        self.world.searches.append(" ".join(words))

    @rule(edit=st.sampled_from(EDITS))
    def edit_vocabulary(self, edit: str) -> None:
        (self.folder / "home" / EDITS_FILE).write_text(edit)

    @rule(days=st.integers(1, 3))
    def turn_day(self, days: int) -> None:
        self.world.as_of += timedelta(days=days)

    @rule()
    def run_incremental(self) -> None:
        told = self._run()
        n_feeds, n_done = told["related_pins_feeds"]["feeds"], _n_done(told)
        if self.small_changes == 0:
            assert n_done == 0, "a run after no change did work"
        elif self.small_changes == 1:
            assert n_done < n_feeds, "a change of one pin or board touched every feed"
        self.small_changes = 0

    def teardown(self) -> None:
        if not hasattr(self, "folder"):
            return
        try:
            self._run()
            again = self._run()
            worked = {
                name: one for name, one in again.items() if one.get("new") or one.get("stale") or one.get("removed")
            }
            assert not worked, f"a second run did work: {worked}"
            self._compare_with_rebuild()
        finally:
            shutil.rmtree(self.folder)

    def _compare_with_rebuild(self) -> None:
        incremental = workspace_of(self.folder / "home", self.folder / "source").lake
        shutil.copytree(self.folder / "home", self.folder / "rebuilt")
        rebuilt = workspace_of(self.folder / "rebuilt", self.folder / "source")
        rebuilt.lake.drop_derived()
        assert all(rebuilt.lake.table(name).count() == 0 for name in COMPARED)
        run(rebuilt)
        filled = [schema for schema in TABLES.values() if schema.kind != "report"]
        empty = [schema.name for schema in filled if not incremental.table(schema.name).count()]
        assert not empty, f"tables without a row prove nothing: {empty}"
        assert differences(incremental, rebuilt.lake) == []

    def _run(self) -> dict[str, dict[str, object]]:
        self.world.write(self.folder / "source")
        return run(workspace_of(self.folder / "home", self.folder / "source"))

    def _pick(self, which: int) -> str:
        return sorted(self.world.pins)[which % len(self.world.pins)]


def _n_done(told: dict[str, dict[str, object]]) -> int:
    counts = [told["related_pins_feeds"][name] for name in ("new", "stale")]
    return sum(count for count in counts if isinstance(count, int))


def test_incremental_equals_rebuild(built: Path) -> None:
    History.built = built
    run_state_machine_as_test(History, settings=SETTINGS)


def test_every_table_is_compared_kept_or_a_report() -> None:
    kinds = {schema.kind for schema in TABLES.values()}
    assert kinds == {"raw", "bookkeeping", "trained", "derived", "ledger", "report"}
    assert set(COMPARED) == {
        name for name, schema in TABLES.items() if schema.kind not in ("raw", "bookkeeping", "trained", "report")
    }


@pytest.mark.parametrize("kind", ["pin_id", "board"])
def test_a_touched_feed_is_not_every_feed(copy_of_built, kind: str) -> None:  # type: ignore[no-untyped-def]
    home, source = copy_of_built()
    world = SmallWorld.of()
    if kind == "board":
        world.save("board03", sorted(world.pins)[5])
    else:
        world.pins[sorted(world.pins)[5]]["title"] = "harbour harbour harbour"
    world.write(source)
    told = run(workspace_of(home, source))
    assert 0 < _n_done(told) < len(world.pins)


def test_a_pass_cut_short_and_then_taken_back_leaves_nothing_behind(copy_of_built, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    home, source = copy_of_built()
    world = SmallWorld.of()
    changed = sorted(world.pins)[7]
    kept = dict(world.pins[changed])
    world.pins[changed]["picture"] = 555
    world.write(source)
    monkeypatch.setattr(Watermark, "set", _die)
    with pytest.raises(KeyboardInterrupt):
        run(workspace_of(home, source))
    monkeypatch.undo()
    world.pins[changed] = kept
    world.write(source)
    run(workspace_of(home, source))
    assert _differs_from_rebuild(home, source) == []


def test_stages_built_out_of_step_end_equal_to_a_rebuild(copy_of_built) -> None:  # type: ignore[no-untyped-def]
    home, source = copy_of_built()
    world = SmallWorld.of()
    new = world.add_pin()
    world.save("board03", new)
    world.save("board04", new)
    world.write(source)
    for stage in ("catalog", "curation", "candidates", "feeds"):
        _build_stage(workspace_of(home, source), stage)
    run(workspace_of(home, source))
    assert _differs_from_rebuild(home, source) == []


def _die(*_: object) -> None:
    raise KeyboardInterrupt


def _build_stage(workspace: Workspace, stage: str) -> None:
    job = build_definitions(workspace).resolve_job_def("build_all")
    assets = [dg.AssetKey(name) for name in asset_names(STAGES[stage])]
    with dg.DagsterInstance.ephemeral() as instance:
        assert job.execute_in_process(instance=instance, run_config=QUIET, asset_selection=assets).success


def _differs_from_rebuild(home: Path, source: Path) -> list[str]:
    rebuilt = home.with_name("rebuilt")
    shutil.copytree(home, rebuilt)
    again = workspace_of(rebuilt, source)
    again.lake.drop_derived()
    run(again)
    return differences(workspace_of(home, source).lake, again.lake)
