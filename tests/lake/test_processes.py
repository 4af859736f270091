"""Several processes on one home: upserts meet without loss, and there is one writer at a time."""

import time
from pathlib import Path

import pytest
from lake_tables import PINS, SPAWN, die_as_writer, hold_home, lake_at, pins, titles_of, upsert_pins

from relpins_resources.errors import RelpinsError
from relpins_resources.lake import Table


def test_upserts_of_three_processes_lose_nothing(tmp_path: Path) -> None:
    """Into a table that is there, and into one that all three find missing."""
    folders = [tmp_path / "there.lance", tmp_path / "missing.lance"]
    Table(PINS, folders[0]).upsert(pins(["first"]))
    start_at = SPAWN.Barrier(3)
    writers = [SPAWN.Process(target=upsert_pins, args=(folders, who, 5, start_at)) for who in "abc"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    expected = {f"{who}{i}": who for who in "abc" for i in range(5)}
    for folder, first in zip(folders, ({"first": "first"}, {}), strict=True):
        held = titles_of(Table(PINS, folder))
        assert held.pop("shared") in {"a4", "b4", "c4"}
        assert held == expected | first


def test_a_second_writer_waits_then_says_who_is_writing(tmp_path: Path) -> None:
    is_held, may_go = SPAWN.Event(), SPAWN.Event()
    holder = SPAWN.Process(target=hold_home, args=(tmp_path, is_held, may_go))
    holder.start()
    try:
        assert is_held.wait(60)
        started = time.monotonic()
        with (
            pytest.raises(RelpinsError, match=rf"another run \(process {holder.pid}\) is writing to {tmp_path}; wait"),
            lake_at(tmp_path).writer(wait_s=0.5),
        ):
            pytest.fail("two writers at once")
        assert 0.5 <= time.monotonic() - started < 10
        assert lake_at(tmp_path).table("pins").count() == 0  # readers need no lock
    finally:
        may_go.set()
        holder.join(60)
    with lake_at(tmp_path).writer(wait_s=0):
        pass


def test_a_waiting_writer_goes_on_when_the_first_ends(tmp_path: Path) -> None:
    is_held, may_go = SPAWN.Event(), SPAWN.Event()
    holder = SPAWN.Process(target=hold_home, args=(tmp_path, is_held, may_go))
    holder.start()
    assert is_held.wait(60)
    may_go.set()
    with lake_at(tmp_path).writer(wait_s=60):
        pass
    holder.join(60)
    assert holder.exitcode == 0


def test_a_killed_writer_leaves_no_lock(tmp_path: Path) -> None:
    killed = SPAWN.Process(target=die_as_writer, args=(tmp_path,))
    killed.start()
    killed.join(60)
    assert killed.exitcode == 9
    with lake_at(tmp_path).writer(wait_s=0):
        pass


def test_a_failure_inside_gives_the_home_back(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="inside"), lake_at(tmp_path).writer():
        raise ValueError("inside")
    with lake_at(tmp_path).writer(wait_s=0):
        pass
