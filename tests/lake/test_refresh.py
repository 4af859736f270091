"""What a refresh finds to do, what it does, and what it leaves when it is killed."""

import shutil
from pathlib import Path

import pyarrow as pa
import pytest
from lake_refreshing import BAD, Killed, Refreshed, Unit, rejection_key
from lake_tables import FEEDS, PINS, POOLS, REJECTED, feeds, pins, titles_of, units

from relpins_resources.lake import Outcome, RefreshReport, Table, plan_refresh, refresh

A, B, C, D = ("s", "a"), ("s", "b"), ("t", "a"), ("t", "d")


@pytest.fixture(params=[False, True], ids=["one row a unit", "ledger"])
def refreshed(request: pytest.FixtureRequest, tmp_path: Path) -> Refreshed:
    return Refreshed(tmp_path, request.param)


def counts(report: RefreshReport) -> tuple[int, int, int, int, int]:
    return report.n_new, report.n_stale, report.n_gone, report.n_fresh, report.n_rejected


def test_new_stale_gone_fresh_and_rejected_are_counted(refreshed: Refreshed) -> None:
    assert counts(refreshed.run({A: 1, B: 2, C: 3})) == (3, 0, 0, 0, 0)
    wanted = {A: 1, B: 5, D: BAD}
    assert counts(refreshed.run(wanted)) == (1, 1, 1, 1, 1)
    assert refreshed.content() == refreshed.expected(wanted)


def test_the_second_run_does_nothing(refreshed: Refreshed) -> None:
    wanted = {A: 1, B: BAD, C: 4}
    refreshed.run(wanted)
    n = len(refreshed.computed)
    assert refreshed.plan(wanted).is_empty
    assert counts(refreshed.run(wanted)) == (0, 0, 0, 3, 0)
    assert len(refreshed.computed) == n


def test_another_producer_makes_all_stale_rejected_ones_too(refreshed: Refreshed) -> None:
    wanted = {A: 1, B: BAD}
    refreshed.run(wanted)
    report = refreshed.run(wanted, producer="2")
    assert report.n_computed == 2
    assert refreshed.content() == refreshed.expected(wanted)
    assert refreshed.plan(wanted, producer="2").is_empty


def test_affected_units_are_computed_again(refreshed: Refreshed) -> None:
    wanted = {A: 1, B: BAD, C: 3}
    refreshed.run(wanted)
    refreshed.around = {A: "moved", B: "moved"}
    refreshed.computed.clear()
    refreshed.run(wanted, {A, B, ("not", "wanted")})
    assert refreshed.computed == [A, B]
    assert refreshed.content() == refreshed.expected(wanted)


def test_a_rejection_settles_changes_and_is_forgiven(refreshed: Refreshed) -> None:
    refreshed.run({A: BAD})
    assert refreshed.content() == ({}, [rejection_key(A)])
    assert refreshed.plan({A: BAD}).is_empty
    refreshed.run({A: 1})
    assert refreshed.content() == refreshed.expected({A: 1})
    refreshed.run({A: BAD})
    assert refreshed.content() == ({}, [rejection_key(A)])
    plan = refreshed.plan({B: 1})
    assert plan.forgiven == [rejection_key(A)]
    assert not plan.is_empty
    refreshed.run({B: 1})
    assert refreshed.content() == refreshed.expected({B: 1})


def test_rejections_of_other_tables_are_left_alone(refreshed: Refreshed) -> None:
    rejected = refreshed.tables()["rejected"]
    assert rejected is not None
    other = {"table": "pins", "key": rejection_key(A), "reason": "r", "detail": None, "row_json": "{}"}
    rejected.upsert(pa.Table.from_pylist([{**other, "fingerprint": "f"}], REJECTED.arrow()))
    refreshed.run({A: BAD})
    refreshed.run({B: 1})
    assert rejected.read().to_pylist() == [{**other, "fingerprint": "f"}]


def test_keys_that_read_alike_are_told_apart(refreshed: Refreshed) -> None:
    pairs: list[Unit] = [("a|b", "c"), ("a", "b|c"), ("a\\", "|c"), ("a\\|", "c"), ("a", "\\|c"), ("it's", "'")]
    wanted = dict.fromkeys(pairs, BAD)
    refreshed.run(wanted, batch_units=10)
    assert len(set(refreshed.content()[1])) == len(pairs)
    refreshed.computed.clear()
    wanted[("a", "b|c")] = 1
    refreshed.run(wanted)
    assert refreshed.computed == [("a", "b|c")]
    assert refreshed.content() == refreshed.expected(wanted)
    del wanted[("a|b", "c")]
    refreshed.run(wanted)
    assert refreshed.content() == refreshed.expected(wanted)


def test_a_key_of_one_column_stands_in_rejected_rows_as_it_is(tmp_path: Path) -> None:
    table, rejected = Table(PINS, tmp_path / "pins.lance"), Table(REJECTED, tmp_path / "rejected.lance")
    plan = plan_refresh(table, pa.table({"pin_id": ["a|b"]}), "1", rejected=rejected)
    refused = pa.table({"pin_id": ["a|b"], "reason": ["r"], "detail": ["d"], "row_json": ["{}"]})
    nothing = pins({}).drop_columns(["fingerprint"])
    refresh(table, plan, lambda batch: Outcome(nothing, rejected=refused), rejected=rejected)
    row = {"table": "pins", "key": "a|b", "reason": "r", "detail": "d", "row_json": "{}"}
    assert rejected.read().to_pylist() == [row | {"fingerprint": plan.todo["fingerprint"][0].as_py()}]


def test_a_unit_without_a_row_is_done_all_the_same(tmp_path: Path) -> None:
    refreshed = Refreshed(tmp_path, has_ledger=True)
    refreshed.run({A: 4, B: 1})
    assert refreshed.content()[0] == {B: refreshed.rows_of(B, 1)}
    assert refreshed.plan({A: 4, B: 1}).is_empty
    assert counts(refreshed.run({B: 1})) == (0, 0, 1, 1, 0)


def test_the_plan_is_in_order_of_the_key_with_the_inputs(refreshed: Refreshed) -> None:
    plan = refreshed.plan({C: 1, B: 2, A: 3})
    assert plan.todo["pin_id"].to_pylist() == ["a", "b", "a"]
    assert plan.todo["value"].to_pylist() == [3, 2, 1]
    assert plan.todo.column_names == ["strategy", "pin_id", "value", "fingerprint"]


def test_left_out_inputs_reach_the_computation_and_do_not_make_stale(tmp_path: Path) -> None:
    table = Table(PINS, tmp_path / "pins.lance")

    def run(url: str) -> RefreshReport:
        wanted = pa.table({"pin_id": ["a"], "url": [url]})
        plan = plan_refresh(table, wanted, "1", leave_out=["url"])
        return refresh(table, plan, lambda batch: pa.table({"pin_id": batch["pin_id"], "title": batch["url"]}))

    assert run("one").n_new == 1
    assert run("two").n_fresh == 1
    assert titles_of(table) == {"a": "one"}


def test_batches_progress_and_examples(tmp_path: Path) -> None:
    table = Table(PINS, tmp_path / "pins.lance")
    wanted = pa.table({"pin_id": [f"p{i:03d}" for i in range(100)]})
    told: list[tuple[int, int]] = []
    report = refresh(
        table,
        plan_refresh(table, wanted, "1"),
        lambda batch: pa.table({"pin_id": batch["pin_id"], "title": batch["pin_id"]}),
        batch_units=40,
        progress=lambda *at: told.append(at),
    )
    assert told == [(40, 100), (80, 100), (100, 100)]
    assert report.n_rows == 100
    assert report.examples == [f"p{i:03d}" for i in range(24)]
    assert table.version() == 1 + 3  # made, then a commit a batch


def test_a_plan_over_ten_thousand_units_is_fast(tmp_path: Path) -> None:
    import time

    table = Table(PINS, tmp_path / "pins.lance")
    ids = [f"p{i}" for i in range(10_000)]
    plan = plan_refresh(table, pa.table({"pin_id": ids}), "1")
    refresh(
        table, plan, lambda batch: pa.table({"pin_id": batch["pin_id"], "title": batch["pin_id"]}), batch_units=5000
    )
    started = time.perf_counter()
    assert plan_refresh(table, pa.table({"pin_id": ids}), "1").is_empty
    gone = plan_refresh(table, pa.table({"pin_id": ids[:1]}), "1")
    refresh(table, gone, lambda batch: batch)
    assert time.perf_counter() - started < 3
    assert titles_of(table) == {"p0": "p0"}


def test_a_unit_wanted_twice_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="wanted more than once"):
        plan_refresh(Table(PINS, tmp_path / "pins.lance"), pa.table({"pin_id": ["a", "a"]}), "1")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["a"], "2 units went in, 1 rows"),
        (["a", "b", "c"], "3 rows"),
        (["a", "a"], "came out twice"),
        (["a", "c"], "did not go in"),
    ],
)
def test_a_computation_that_loses_or_invents_units_is_an_error(tmp_path: Path, given: list[str], message: str) -> None:
    table = Table(PINS, tmp_path / "pins.lance")
    plan = plan_refresh(table, pa.table({"pin_id": ["a", "b"]}), "1")
    with pytest.raises(AssertionError, match=message):
        refresh(table, plan, lambda batch: pa.table({"pin_id": given, "title": given}))
    assert not table.exists()


def test_rows_of_a_unit_that_is_not_in_the_ledger_are_an_error(tmp_path: Path) -> None:
    table, ledger = Table(FEEDS, tmp_path / "feeds.lance"), Table(POOLS, tmp_path / "pools.lance")
    plan = plan_refresh(table, units([A]), "1", ledger=ledger)
    with pytest.raises(AssertionError, match="not in the ledger"):
        refresh(table, plan, lambda batch: Outcome(feeds({B: ["x"]})), ledger=ledger)


def test_rejecting_without_a_place_for_it_is_an_error(tmp_path: Path) -> None:
    table = Table(PINS, tmp_path / "pins.lance")
    refused = pa.table({"pin_id": ["a"], "reason": ["r"], "detail": ["d"]})
    nothing = pins({}).drop_columns(["fingerprint"])
    with pytest.raises(AssertionError, match="given no rejected_rows"):
        refresh(
            table,
            plan_refresh(table, pa.table({"pin_id": ["a"]}), "1"),
            lambda batch: Outcome(nothing, rejected=refused),
        )


def test_a_computation_that_fails_loses_its_own_batch_only(refreshed: Refreshed) -> None:
    wanted = {("s", str(i)): i for i in range(7)}
    computed = refreshed.compute

    def compute(batch: pa.Table) -> Outcome:
        if "4" in batch["pin_id"].to_pylist():
            raise RuntimeError("no memory")
        return computed(batch)

    refreshed.compute = compute  # type: ignore[method-assign]
    with pytest.raises(RuntimeError, match="no memory"):
        refreshed.run(wanted)
    refreshed.compute = computed  # type: ignore[method-assign]
    plan = refreshed.plan(wanted)
    assert plan.todo["pin_id"].to_pylist() == ["3", "4", "5", "6"]
    refreshed.run(wanted)
    assert refreshed.content() == refreshed.expected(wanted)


BEFORE = {A: 1, B: BAD, C: 2, ("u", "x"): 3, ("u", "y"): BAD, ("u", "z"): 1}
AFTER = {A: 1, B: 2, C: BAD, ("u", "x"): 7, D: 3, ("v", "1"): BAD, ("v", "2"): 4}
BACK = BEFORE | {("v", "2"): 2}


@pytest.mark.parametrize("then", [AFTER, BACK], ids=["resumed", "undone"])
def test_a_kill_before_any_commit_changes_nothing_in_the_end(
    refreshed: Refreshed, tmp_path: Path, then: dict[Unit, int]
) -> None:
    refreshed.run(BEFORE)
    refreshed.around = {A: "moved"}
    affected = {A}
    n_kills = 0
    while True:
        one = Refreshed(tmp_path / f"killed{n_kills}", refreshed.has_ledger, refreshed.around)
        shutil.copytree(tmp_path, one.folder, ignore=shutil.ignore_patterns("killed*"))
        try:
            one.run(AFTER, affected, kill_after=n_kills)
        except Killed:
            n_kills += 1
        else:
            break
        one.run(then, affected)
        assert one.content() == one.expected(then), f"killed before commit {n_kills}"
        assert one.plan(then).is_empty
    assert n_kills >= 8
