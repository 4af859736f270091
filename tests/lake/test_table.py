"""One table: what is written is what is read, and every write is whole."""

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lake_tables import FEEDS, PINS, REJECTED, VECTORS, feeds, feeds_of, pins, titles_of, units, vector_rows

from relpins_resources.lake import Column, Table
from relpins_resources.lake.table import INDEX_FROM_ROWS, vectors

NASTY = ["a|b", "a", "b", "it's", "'; DROP", "back\\slash", "", " ", "ünï", "`tick`", '"double"', "%", "null"]


@pytest.fixture
def table(tmp_path: Path) -> Table:
    return Table(PINS, tmp_path / "lake" / "pins.lance")


@pytest.fixture
def feed_table(tmp_path: Path) -> Table:
    return Table(FEEDS, tmp_path / "feeds.lance")


def test_a_table_never_written_is_empty(table: Table) -> None:
    assert not table.exists()
    assert table.version() == 0
    assert table.count() == 0
    assert table.read().schema == PINS.arrow()
    assert table.read(["title"]).column_names == ["title"]
    assert table.read_keys(["a"], ["title"]).num_rows == 0
    assert list(table.batches(["pin_id"])) == []
    table.delete_units(pa.table({"pin_id": ["a"]}))
    table.delete_where("pin_id = 'a'")
    table.drop()
    assert not table.path.exists()


def test_upsert_inserts_and_replaces(table: Table) -> None:
    table.upsert(pins({"a": "one", "b": None}))
    table.upsert(pins({"b": "two", "c": "three"}))
    assert titles_of(table) == {"a": "one", "b": "two", "c": "three"}


def test_upsert_of_nothing_leaves_an_empty_table(table: Table) -> None:
    table.upsert(pins({}))
    assert table.exists()
    assert table.count() == 0


def test_a_key_given_twice_is_an_error_and_writes_nothing(table: Table) -> None:
    with pytest.raises(AssertionError, match="given more than once"):
        table.upsert(pa.concat_tables([pins({"a": "one"}), pins({"a": "two"})]))
    assert not table.exists()


@given(st.lists(st.dictionaries(st.sampled_from(NASTY), st.sampled_from([*NASTY, None]), max_size=6), max_size=4))
@settings(max_examples=10, deadline=None)
def test_upserts_are_dict_updates_whatever_the_keys(tmp_path_factory: pytest.TempPathFactory, steps: list) -> None:
    table = Table(PINS, tmp_path_factory.mktemp("t") / "pins.lance")
    model: dict[str, str | None] = {}
    for step in steps:
        table.upsert(pins(step))
        model |= step
    assert titles_of(table) == model


@given(
    st.lists(
        st.dictionaries(
            st.tuples(st.sampled_from(NASTY), st.sampled_from(NASTY)),
            st.lists(st.sampled_from("xyz"), max_size=3),
            max_size=8,
        ),
        max_size=4,
    )
)
@settings(max_examples=15, deadline=None)
def test_replaced_units_have_exactly_the_new_rows(tmp_path_factory: pytest.TempPathFactory, steps: list) -> None:
    table = Table(FEEDS, tmp_path_factory.mktemp("t") / "feeds.lance")
    table.create()
    model: dict[tuple[str, str], list[str]] = {}
    for step in steps:
        table.replace_units(feeds(step), units(step))
        model |= step
    assert feeds_of(table) == {unit: found for unit, found in model.items() if found}
    gone = list(model)[::2]
    table.delete_units(units(gone))
    assert feeds_of(table) == {unit: found for unit, found in model.items() if found and unit not in gone}


def test_a_unit_shrinks_and_vanishes_in_one_commit(feed_table: Table) -> None:
    feed_table.upsert(feeds({("s", "a"): ["x", "y", "z"], ("s", "b"): ["x"], ("t", "a"): ["x"]}))
    before = feed_table.version()
    feed_table.replace_units(feeds({("s", "a"): ["z"]}), units([("s", "a"), ("s", "b"), ("s", "never")]))
    assert feed_table.version() == before + 1
    assert feeds_of(feed_table) == {("s", "a"): ["z"], ("t", "a"): ["x"]}


def test_units_that_all_vanish(feed_table: Table) -> None:
    feed_table.upsert(feeds({("s", "a"): ["x"], ("t", "a"): ["x"]}))
    feed_table.replace_units(feeds({}), units([("s", "a")]))
    assert feeds_of(feed_table) == {("t", "a"): ["x"]}


def test_replacing_no_units_writes_nothing(feed_table: Table) -> None:
    feed_table.replace_units(feeds({}), units([]))
    assert not feed_table.exists()


def test_units_of_one_leading_value_do_not_reach_those_of_another(feed_table: Table) -> None:
    feed_table.upsert(feeds({("a|b", "c"): ["x"], ("a", "b|c"): ["y"]}))
    feed_table.delete_units(units([("a|b", "c")]))
    assert feeds_of(feed_table) == {("a", "b|c"): ["y"]}


def test_columns_named_as_sql_words(tmp_path: Path) -> None:
    table = Table(REJECTED, tmp_path / "rejected.lance")
    rows = pa.table({name: ["pins", "pins"] for name in REJECTED.names} | {"key": ["a", "it's"]})
    table.upsert(rows)
    table.replace_units(rows.slice(0, 1), rows.select(["table", "key", "fingerprint"]))
    assert table.read(["key"])["key"].to_pylist() == ["a"]
    table.delete_units(rows.select(["fingerprint", "key", "table"]))
    assert table.count() == 0


@pytest.mark.parametrize("n", [1, 3, 10_000])
def test_read_keys(table: Table, n: int) -> None:
    table.upsert(pins([f"p{i}" for i in range(12_000)]))
    keys = [f"p{i}" for i in range(n)] + ["absent", "it's"]
    started = time.perf_counter()
    found = table.read_keys(keys, ["title"])
    assert time.perf_counter() - started < 2
    assert sorted(found["title"].to_pylist()) == sorted(keys[:n])
    assert found.column_names == ["title"]
    chunked = pa.chunked_array([keys[: n // 2], keys[n // 2 :]], pa.string())
    assert table.read_keys(chunked).sort_by("pin_id").equals(table.read_keys(keys).sort_by("pin_id"))
    assert table.read_keys([], ["title"]).num_rows == 0


def test_ten_thousand_units_are_deleted_at_once(feed_table: Table) -> None:
    many = [(f"s{i % 700}", f"p{i}") for i in range(10_000)]
    feed_table.upsert(feeds({unit: ["x"] for unit in [*many, ("s", "kept")]}))
    started = time.perf_counter()
    feed_table.delete_units(units(many))
    assert time.perf_counter() - started < 2
    assert feeds_of(feed_table) == {("s", "kept"): ["x"]}


def test_ten_thousand_units_are_replaced_at_once(feed_table: Table) -> None:
    many = [("s", f"p{i}") for i in range(10_000)]
    feed_table.upsert(feeds({unit: ["x", "y"] for unit in [*many, ("t", "p0")]}))
    started = time.perf_counter()
    feed_table.replace_units(feeds({unit: ["z"] for unit in many[1:]}), units(many))
    assert time.perf_counter() - started < 3
    assert feeds_of(feed_table) == {**{unit: ["z"] for unit in many[1:]}, ("t", "p0"): ["x", "y"]}


def test_a_version_stays_as_it_was(table: Table) -> None:
    table.upsert(pins({"a": "one"}))
    fixed = table.at(table.version())
    table.upsert(pins({"a": "two", "b": "three"}))
    table.delete_where("pin_id = 'b'")
    assert titles_of(fixed) == {"a": "one"}
    assert titles_of(table) == {"a": "two"}
    assert fixed.version() < table.version()


def test_version_0_is_empty_for_ever(table: Table) -> None:
    fixed = table.at(0)
    table.upsert(pins({"a": "one"}))
    assert fixed.read().num_rows == fixed.version() == fixed.count() == 0
    assert not fixed.exists()


@pytest.mark.parametrize(
    "write",
    [
        lambda table: table.upsert(pins(["a"])),
        lambda table: table.replace_units(pins(["a"]), pa.table({"pin_id": ["a"]})),
        lambda table: table.delete_units(pa.table({"pin_id": ["a"]})),
        lambda table: table.delete_where("true"),
        lambda table: table.overwrite(pins(["b"])),
        lambda table: table.drop(),
    ],
)
def test_a_fixed_table_cannot_be_written(table: Table, write) -> None:  # type: ignore[no-untyped-def]
    table.upsert(pins(["a"]))
    with pytest.raises(AssertionError, match="is fixed at version"):
        write(table.at(table.version()))
    assert titles_of(table) == {"a": "a"}


def test_rows_are_brought_into_the_declared_order_and_types(feed_table: Table) -> None:
    rows = feeds({("s", "a"): ["x"]})
    loose = rows.select(["rank", "found", "pin_id", "strategy"]).set_column(0, "rank", pa.array([1], pa.int64()))
    feed_table.upsert(loose)
    assert feed_table.read().schema == FEEDS.arrow()
    assert feeds_of(feed_table) == {("s", "a"): ["x"]}


@pytest.mark.parametrize(
    ("rows", "error", "message"),
    [
        (pins(["a"]).drop_columns(["title"]), AssertionError, r"pins: .*\['title'\]"),
        (pins(["a"]).append_column("more", [["x"]]), AssertionError, r"pins: .*\['more'\]"),
        (pins(["a"]).set_column(0, "pin_id", pa.array([None], pa.string())), ValueError, "pin_id.*non-nullable"),
    ],
)
def test_rows_that_do_not_fit_are_an_error(table: Table, rows: pa.Table, error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        table.upsert(rows)
    assert not table.exists()


def test_overwrite_replaces_everything(table: Table) -> None:
    table.overwrite(pins(["a", "b"]))
    table.overwrite(pins(["c"]))
    assert titles_of(table) == {"c": "c"}


def test_vectors_come_back_as_they_went_in(tmp_path: Path) -> None:
    table = Table(VECTORS, tmp_path / "vectors.lance")
    matrix = np.random.default_rng(0).standard_normal((5, 3)).astype(np.float32)
    assert table.vector_dim() is None
    table.upsert(vector_rows("abcde", matrix))
    assert table.vector_dim() == 3
    rows = table.read(["pin_id", "vector"]).sort_by("pin_id")
    assert np.array_equal(vectors(rows), matrix)
    table.replace_units(vector_rows("b", -matrix[1:2]), pa.table({"pin_id": ["a", "b"]}))
    rows = table.read(["pin_id", "vector"]).sort_by("pin_id")
    assert np.array_equal(vectors(rows), np.concatenate([-matrix[1:2], matrix[2:]]))
    assert sum(batch.num_rows for batch in table.batches(["vector"], 2)) == 4


def test_vectors_of_another_length_are_an_error_that_names_both(tmp_path: Path) -> None:
    table = Table(VECTORS, tmp_path / "vectors.lance")
    table.upsert(vector_rows("a", np.ones((1, 3), np.float32)))
    with pytest.raises(AssertionError, match="vectors of 4 dimensions, it holds 3"):
        table.upsert(vector_rows("b", np.ones((1, 4), np.float32)))


def test_a_table_of_vectors_waits_for_its_first_vector(tmp_path: Path) -> None:
    table = Table(VECTORS, tmp_path / "vectors.lance")
    none = VECTORS.arrow().empty_table()
    table.create()
    table.upsert(none)
    table.replace_units(none, pa.table({"pin_id": ["a"]}))
    assert not table.exists()
    table.upsert(vector_rows("a", np.ones((1, 3), np.float32)))
    table.replace_units(none, pa.table({"pin_id": ["a"]}))
    assert table.exists()
    assert table.count() == 0
    assert vectors(table.read()).shape == (0, 3)


@pytest.mark.parametrize("left", [[], ["data"], ["_versions"], ["data", "_versions", "_transactions"]])
def test_a_folder_that_a_killed_first_write_left_is_no_table(table: Table, left: list[str]) -> None:
    for name in left or ["."]:
        (table.path / name).mkdir(parents=True)
    if "data" in left:
        (table.path / "data" / "half.lance").write_bytes(b"half")
    if "_transactions" in left:
        (table.path / "_versions" / "18446744073709551614.manifest#1").write_bytes(b"half")
    assert not table.exists()
    assert table.count() == 0
    table.upsert(pins(["a"]))
    assert titles_of(table) == {"a": "a"}


def test_two_tables_written_in_the_same_instant_do_not_meet(tmp_path: Path) -> None:
    first, second = Table(PINS, tmp_path / "a.lance"), Table(PINS, tmp_path / "b.lance")
    for i in range(3):
        first.upsert(pins({"x": f"a{i}"}))
        second.upsert(pins({"x": f"b{i}"}))
    assert (titles_of(first), titles_of(second)) == ({"x": "a2"}, {"x": "b2"})


def test_a_large_table_with_a_key_index_answers_as_without(feed_table: Table) -> None:
    many = {("s", f"p{i}"): ["x", "y"] for i in range(INDEX_FROM_ROWS // 2)}
    feed_table.upsert(feeds(many))
    feed_table.ensure_key_index()
    feed_table.ensure_key_index()
    assert [index.name for index in feed_table.dataset().describe_indices()] == ["pin_id_idx"]
    feed_table.replace_units(feeds({("s", "p1"): ["z"]}), units([("s", "p0"), ("s", "p1")]))
    feed_table.upsert(feeds({("s", "p2"): ["w"], ("s", "new"): ["v"], ("t", "p1"): ["u"]}))
    feed_table.delete_units(units([("s", "p3"), ("s", "p4")]))
    many |= {("s", "p1"): ["z"], ("s", "p2"): ["w", "y"], ("s", "new"): ["v"], ("t", "p1"): ["u"]}
    wanted = {unit: found for unit, found in many.items() if unit not in {("s", f"p{i}") for i in (0, 3, 4)}}
    assert feeds_of(feed_table) == wanted
    assert feed_table.count("pin_id = 'p1'") == 2
    assert feed_table.count("pin_id IN ('p0', 'p3', 'new')") == 1


def test_a_small_table_gets_no_index(table: Table) -> None:
    table.ensure_key_index()
    table.upsert(pins(["a"]))
    table.ensure_key_index()
    assert table.dataset().describe_indices() == []


def test_a_table_with_other_columns_is_emptied_and_its_old_versions_stay(tmp_path: Path) -> None:
    table = Table(PINS, tmp_path / "pins.lance")
    table.upsert(pins(["a", "b"]))
    assert not table.is_outdated()
    wider = replace(PINS, columns=(*PINS.columns, Column("rank", pa.int32(), "new with a release")))
    renewed = Table(wider, table.path)
    assert renewed.is_outdated()
    before = renewed.version()
    renewed.empty()
    assert not renewed.is_outdated()
    assert renewed.count() == 0
    assert table.at(before).count() == 2
    renewed.upsert(pins(["c"]).append_column("rank", pa.array([1], pa.int32())))
    assert renewed.read()["rank"].to_pylist() == [1]
