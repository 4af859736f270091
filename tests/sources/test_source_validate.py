"""Each reason for which a row is rejected, and what stays of the row."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from source_tables import folder_with, load, only_file, write_table

from relpins_resources.sources import FolderSource
from relpins_resources.sources.layout import EVENTS, INPUT_TABLES
from relpins_resources.sources.rejected import MAX_ROW_JSON_BYTES, REJECTED_SCHEMA
from relpins_resources.sources.validate import Validated, validate

PIN = {"pin_id": "p1", "image_bytes": b"x"}
LINKED = {"pin_id": "p1"}
EVENT = {"user_id": "u1", "pin_id": "p1", "event": "save"}
LONG = "x" * 20_001


def judged(table: str, *rows: dict[str, Any], image_path: Callable[[str], Path] | None = None) -> Validated:
    names = dict.fromkeys(name for row in rows for name in row)
    return validate(table, pa.table({name: [row.get(name) for row in rows] for name in names}), image_path)


@pytest.mark.parametrize(
    ("table", "row", "reason", "detail"),
    [
        ("pins", {**PIN, "pin_id": None}, "missing id", "pin_id is empty"),
        ("pins", {**PIN, "pin_id": "  "}, "missing id", "pin_id is empty"),
        ("pins", {**PIN, "pin_id": "x" * 1_001}, "oversized text", "pin_id: 1001 characters, at most 1000"),
        ("pins", {**PIN, "title": LONG}, "oversized text", "title: 20001 characters, at most 20000"),
        ("pins", {**PIN, "merchant_tags": [LONG]}, "oversized text", "merchant_tags: 20001 characters"),
        ("pins", {**PIN, "created_at": "soon"}, "unreadable date", "created_at: 'soon' is no date"),
        ("pins", {**PIN, "updated_at": "2026-02-30"}, "unreadable date", "updated_at: '2026-02-30'"),
        ("pins", {**PIN, "price": "cheap"}, "bad value in column price", "price: 'cheap' is no double"),
        ("pins", {**PIN, "price": -1.0}, "bad value in column price", "price: '-1' is below 0"),
        ("pins", {**PIN, "deleted": "perhaps"}, "bad value in column deleted", "'perhaps' is no bool"),
        ("pins", {**PIN, "title": b"\xff"}, "bad value in column title", "'<not UTF-8>' is no UTF-8 text"),
        ("pins", {**PIN, "image_bytes": "!"}, "bad value in column image_bytes", "image_bytes: '!'"),
        ("pins", {"pin_id": "p1", "image_url": None}, "no image", "neither image_bytes nor image_url"),
        ("pins", {"pin_id": "p1", "image_url": " "}, "no image", "neither"),
        ("pins", {"pin_id": "p1", "image_bytes": b""}, "no image", "neither"),
        ("pins", {**LINKED, "image_url": "../x.jpg"}, "path outside the source", "'../x.jpg'"),
        ("pins", {**LINKED, "image_url": "a/../../x.jpg"}, "path outside the source", "outside"),
        ("pins", {**LINKED, "image_url": "/etc/passwd"}, "path outside the source", "'/etc/passwd'"),
        ("pins", {**LINKED, "image_url": "file:///etc/passwd"}, "path outside the source", "outside"),
        ("pins", {**LINKED, "image_url": "file:%2e%2e/x.jpg"}, "path outside the source", "outside"),
        ("pins", {**LINKED, "image_url": "C:\\x.jpg"}, "path outside the source", "outside"),
        ("pins", {**LINKED, "image_url": "a\0b"}, "path outside the source", "outside"),
        ("pins", {**LINKED, "image_url": "ftp://h/x.jpg"}, "unsupported url scheme", "scheme 'ftp' is not read"),
        ("pins", {**LINKED, "image_url": "data:image/png;base64,YQ=="}, "unsupported url scheme", "known: file, http"),
        ("boards", {"board_id": None}, "missing id", "board_id is empty"),
        ("board_pins", {"board_id": "b1", "pin_id": None}, "missing id", "pin_id is empty"),
        ("board_pins", {"board_id": "b1", "pin_id": "p1", "saved_at": "x"}, "unreadable date", "saved_at"),
        ("interactions", {**EVENT, "user_id": ""}, "missing id", "user_id is empty"),
        ("interactions", {**EVENT, "event": "poke"}, "unknown event", "'poke' is none of impression, click"),
        ("interactions", {**EVENT, "event": None}, "unknown event", "nothing is none of"),
        ("interactions", {**EVENT, "position": -1}, "bad value in column position", "'-1' is below 1"),
        ("interactions", {**EVENT, "position": 0}, "bad value in column position", "'0' is below 1"),
        ("interactions", {**EVENT, "position": "2.5"}, "bad value in column position", "'2.5' is no int64"),
        ("searches", {"query": " "}, "missing id", "query is empty"),
        ("searches", {"query": "sofa", "count": -2}, "bad value in column count", "'-2' is below 0"),
        ("users", {"user_id": None, "age": 3}, "missing id", "user_id is empty"),
        ("users", {"user_id": "u1", "bio": LONG}, "oversized text", "attributes"),
    ],
)
def test_a_bad_row_is_rejected_with_its_reason(table: str, row: dict[str, Any], reason: str, detail: str) -> None:
    result = judged(table, row)
    assert result.accepted.num_rows == 0
    assert result.reasons == {reason: 1}
    (rejected,) = result.rejected.to_pylist()
    assert rejected["table"] == table
    assert detail in rejected["detail"]
    assert isinstance(json.loads(rejected["row_json"]), dict)


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("pins", PIN),
        ("pins", {"pin_id": "p1", "image_url": "https://example.org/x.jpg"}),
        ("pins", {"pin_id": "p1", "image_url": "S3://bucket/x.jpg"}),
        ("pins", {"pin_id": "p1", "image_url": "photos/../p1.jpg"}),
        ("pins", {"pin_id": "p1", "image_url": "photo:1.jpg"}),
        ("pins", {"pin_id": "p1", "deleted": True}),
        ("pins", {**PIN, "image_url": "../the bytes are what is used"}),
        ("pins", {**PIN, "title": "x" * 20_000}),
        ("pins", {**PIN, "price": 0}),
        ("interactions", {**EVENT, "position": 1}),
        ("interactions", {**EVENT, "surface": "profile"}),
        ("searches", {"query": "sofa", "count": 0}),
        ("users", {"user_id": "u1"}),
        ("boards", {"board_id": "b1", "title": ""}),
    ],
)
def test_a_good_row_comes_in_with_the_layouts_columns_and_types(table: str, row: dict[str, Any]) -> None:
    result = judged(table, row)
    assert result.rejected.num_rows == 0
    assert result.accepted.schema == INPUT_TABLES[table].schema
    assert result.accepted.num_rows == 1


@pytest.mark.parametrize("table", INPUT_TABLES)
def test_no_rows_are_no_rows(table: str) -> None:
    layout = INPUT_TABLES[table]
    for schema in (layout.schema, pa.schema([(name, pa.string()) for name in layout.column_names])):
        result = validate(table, schema.empty_table())
        assert (result.accepted.schema, result.accepted.num_rows) == (layout.schema, 0)
        assert (result.rejected.schema, result.rejected.num_rows) == (REJECTED_SCHEMA, 0)


def test_events_are_read_in_any_case_and_hyphenated() -> None:
    written = ["Impression", " CLICK", "close-up", "long click", "Save", "HIDE"]
    result = judged("interactions", *({**EVENT, "event": event} for event in written))
    assert result.reasons == {"unknown event": 1}  # close-up is two words, closeup is the event
    assert set(result.accepted["event"].to_pylist()) == set(EVENTS) - {"closeup"}


def test_the_first_reason_is_given_and_every_row_stands_in_one_place() -> None:
    rows = [
        {**PIN, "pin_id": None, "price": "x"},
        PIN,
        {**PIN, "pin_id": "p2", "price": "x", "created_at": "y"},
        {**PIN, "pin_id": "p3"},
    ]
    rows = [{"price": None, "created_at": None, **row} for row in rows]
    result = validate("pins", pa.Table.from_pylist(rows), first_row=100)
    assert result.accepted["pin_id"].to_pylist() == ["p1", "p3"]
    assert result.row_numbers.to_pylist() == [101, 103]
    assert result.rejected["row_number"].to_pylist() == [100, 102]
    assert result.rejected["key"].to_pylist() == ["", "p2"]
    assert result.rejected["reason"].to_pylist() == ["missing id", "bad value in column price"]


def test_what_is_kept_of_a_rejected_row() -> None:
    row = {"pin_id": 7, "image_bytes": b"12345", "created_at": "soon", "title": 'a "b"\nü', "price": 1.5, "link": None}
    (rejected,) = judged("pins", row).rejected.to_pylist()
    assert rejected["key"] == "7"
    assert json.loads(rejected["row_json"]) == {
        "pin_id": 7, "image_bytes": "<5 bytes>", "created_at": "soon", "title": 'a "b"\nü', "price": "1.5",
    }  # fmt: skip


def test_a_huge_row_is_kept_short_and_still_json() -> None:
    for row in (
        {**PIN, "title": LONG, "description": "ü" * 30_000},
        {"user_id": None, **{f"column {i}": "y" * 100 for i in range(1_000)}},
    ):
        (rejected,) = judged("pins" if "pin_id" in row else "users", row).rejected.to_pylist()
        assert len(rejected["row_json"].encode()) <= MAX_ROW_JSON_BYTES
        assert isinstance(json.loads(rejected["row_json"]), dict)
    assert "30000 characters" in judged("pins", {**PIN, "description": "ü" * 30_000}).rejected["row_json"][0].as_py()


def test_a_bad_row_is_known_again_by_its_content() -> None:
    bad = {**PIN, "created_at": "soon"}
    other = {**bad, "image_bytes": b"y"}
    (first,) = judged("pins", bad).rejected["content_hash"].to_pylist()
    again = judged("pins", PIN, other, bad).rejected["content_hash"].to_pylist()
    assert again[1] == first
    assert again[0] != first


def test_a_bad_row_without_an_id_has_its_content_as_key() -> None:
    (rejected,) = judged("interactions", {**EVENT, "event": "poke"}).rejected.to_pylist()
    assert rejected["key"] == rejected["content_hash"]
    (named,) = judged("interactions", {**EVENT, "event": "poke", "interaction_id": "i1"}).rejected.to_pylist()
    assert named["key"] == "i1"


def test_a_key_of_two_columns_is_their_json_list() -> None:
    rows = [{"board_id": 'a"\\', "pin_id": "b,c", "saved_at": "x"}, {"board_id": "1", "pin_id": None, "saved_at": None}]
    keys = judged("board_pins", *rows).rejected["key"].to_pylist()
    assert [json.loads(key) for key in keys] == [['a"\\', "b,c"], ["1", ""]]


def test_times_that_no_calendar_has_are_rejected_and_shown() -> None:
    times = pa.array([2**60, 0]).cast(pa.timestamp("s"))
    rows = pa.table({"pin_id": ["p1", "p2"], "image_bytes": [b"x", b"x"], "created_at": times})
    result = validate("pins", rows)
    assert result.accepted["pin_id"].to_pylist() == ["p2"]
    assert str(2**60) in result.rejected["row_json"][0].as_py()


def test_users_attributes_are_gathered_as_texts() -> None:
    rows = [
        {"user_id": 1, "age": 34, "city": "Ghent", "likes": ["a"], "empty": "", "attributes": None},
        {"user_id": 2, "age": None, "city": None, "likes": None, "empty": None, "attributes": '{"tier": "gold"}'},
        {"user_id": 3, "age": None, "city": None, "likes": None, "empty": None, "attributes": "no object"},
        {"user_id": 4, "age": None, "city": None, "likes": None, "empty": None, "attributes": None},
    ]
    accepted = judged("users", *rows).accepted
    assert accepted["user_id"].to_pylist() == ["1", "2", "3", "4"]
    assert [None if text is None else json.loads(text) for text in accepted["attributes"].to_pylist()] == [
        {"age": "34", "city": "Ghent", "likes": '["a"]'}, {"tier": "gold"}, {"attributes": "no object"}, None,
    ]  # fmt: skip


def test_image_paths_are_looked_up_where_the_source_is_given(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.jpg").write_bytes(b"s")
    root = tmp_path / "source"
    (root / "photos").mkdir(parents=True)
    (root / "photos" / "a.jpg").write_bytes(b"a")
    (root / "link.jpg").symlink_to(outside / "secret.jpg")
    (root / "inner.jpg").symlink_to(root / "photos" / "a.jpg")
    (root / "out").symlink_to(outside)
    urls = ["photos/a.jpg", str(root / "photos/a.jpg"), f"file://{root}/photos/a.jpg", "inner.jpg", "not there.jpg"]
    outside_urls = [
        "link.jpg",
        "out/secret.jpg",
        str(outside / "secret.jpg"),
        "../outside/secret.jpg",
        f"{root}2/a.jpg",
    ]
    write_table(
        root / "pins.parquet", [{"pin_id": str(i), "image_url": url} for i, url in enumerate(urls + outside_urls)]
    )
    result = load(root)
    assert result.accepted["image_url"].to_pylist() == urls
    assert result.reasons == {"path outside the source": 5}


def test_malformed_lines_are_rejected_rows(tmp_path: Path) -> None:
    csv = load(folder_with(tmp_path / "csv", "pins.csv", "pin_id,image_url\np1,a.jpg\np2\np3,b,c\np4,d.jpg\n"))
    assert csv.accepted["pin_id"].to_pylist() == ["p1", "p4"]
    assert csv.reasons == {"malformed row": 2}
    assert "'p3,b,c'" in csv.rejected["detail"][1].as_py()
    lines = '{"pin_id": "p1", "image_url": "a"}\n{oops\n[1]\n\n{"pin_id": "p2", "image_url": "b"}\n'
    jsonl = load(folder_with(tmp_path / "jsonl", "pins.jsonl", lines))
    assert jsonl.accepted["pin_id"].to_pylist() == ["p1", "p2"]
    assert jsonl.reasons == {"malformed row": 2}
    assert json.loads(jsonl.rejected["row_json"][0].as_py())["_malformed_row"] == "{oops"


def test_malformed_lines_of_users_and_searches(tmp_path: Path) -> None:
    for table, head in (("users", "user_id,age"), ("searches", "query,count")):
        result = load(folder_with(tmp_path / table, f"{table}.csv", f"{head}\na,1\nb\n"), table)
        assert (result.accepted.num_rows, result.reasons) == (1, {"malformed row": 1})


def test_ids_are_made_from_content_and_repeats_are_kept(tmp_path: Path) -> None:
    row = {**EVENT, "created_at": "2026-01-01"}
    rows = [row, {**row, "pin_id": "p2"}, row, row]
    ids = judged("interactions", *rows).accepted["interaction_id"].to_pylist()
    assert ids == [ids[0], ids[1], f"{ids[0]}-2", f"{ids[0]}-3"]
    assert len(ids[0]) == 32
    shuffled = judged("interactions", rows[2], rows[1], rows[0], rows[3]).accepted["interaction_id"].to_pylist()
    assert sorted(shuffled) == sorted(ids)
    judged_given = judged(
        "interactions", {**rows[1], "interaction_id": "mine"}, row, {**row, "interaction_id": "yours"}, row
    )
    given = judged_given.accepted
    assert given["interaction_id"].to_pylist() == ["mine", ids[0], "yours", ids[2]]
    searches = judged("searches", {"query": "sofa"}, {"query": "sofa"}).accepted["search_id"].to_pylist()
    assert searches[1] == f"{searches[0]}-2"
    write_table(tmp_path / "pins.csv", [LINKED | {"image_url": "a.jpg"}])
    write_table(tmp_path / "interactions.csv", [dict(row) for row in rows], "interactions")
    source = FolderSource(tmp_path)
    from_csv = validate("interactions", source.read(only_file(source, "interactions"))).accepted
    assert from_csv["interaction_id"].to_pylist() == ids
