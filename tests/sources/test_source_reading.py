"""Files as people write them, half write them, and break them."""

import base64
import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from source_tables import folder_with, load, only_file, write_table

from relpins_resources.errors import RelpinsError
from relpins_resources.sources import FolderSource, SourceFileUnreadable
from relpins_resources.sources.reading import SUFFIXES
from relpins_resources.sources.validate import validate

PINS = [{"pin_id": f"p{i}", "image_bytes": bytes([i]) * 1_000, "title": f"pin {i}"} for i in range(200)]


def titles(folder: Path) -> list[str | None]:
    result = load(folder)
    assert result.reasons == {}
    return list(result.accepted["title"].to_pylist())


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('pin_id,image_url,title\n1,a,"two\nlines"\n', ["two\nlines"]),
        ('pin_id,image_url,title\r\n1,a,x\r\n2,b,"y, ""z"""\r\n', ["x", 'y, "z"']),
        ("\ufeffpin_id,image_url,title\n1,a,x\n", ["x"]),
        ("pin_id;image_url;title\n1;a;x,y\n", ["x,y"]),
        ("pin_id\timage_url\ttitle\n1\ta\tx\n", ["x"]),
        (" pin_id , image_url,title\n1,a,x\n", ["x"]),
        ("\n\npin_id,image_url,title\n1,a,x\n\n2,b,y\n", ["x", "y"]),
        ('pin_id,image_url,title\n1,a,\n2,b,""\n', [None, ""]),
        ("pin_id,image_url,title\n1,a,x", ["x"]),
        ('pin_id,image_url,title\n1,a,"x"', ["x"]),
        ('pin_id,image_url,title\n1,a,""', [""]),
        ('pin_id,image_url,title\n1,a,5" wide', ['5" wide']),
        ("pin_id,image_url,title\n", []),
        ("title,pin_id,other,image_url\nx,1,?,a\n", ["x"]),
        ("pin_id,image_url,title,title\n1,a,x,y\n", ["x"]),
    ],
)
def test_csv(tmp_path: Path, content: str, expected: list[str | None]) -> None:
    assert titles(folder_with(tmp_path, "pins.csv", content)) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('{"pin_id": 1, "image_url": "a", "title": "x"}\n', ["x"]),
        ('\ufeff{"pin_id": 1, "image_url": "a", "title": "x"}\r\n\r\n', ["x"]),
        ('{"pin_id": 1, "image_url": "a"}\n{"title": "y", "image_url": "b", "pin_id": 2.0}', [None, "y"]),
        ('{"pin_id": 1, "image_url": "a", "title": 7.0}\n', ["7"]),
        ('{"pin_id": 1, "image_url": "a", "title": ["x", 1]}\n', ['["x", 1]']),
        ('{"pin_id": 1, "image_url": "a", "title": "\\ud83d\\ude00"}\n', ["😀"]),
        ('{"pin_id": 1, "image_url": "a", "title": true}\n', ["true"]),
    ],
)
def test_jsonl(tmp_path: Path, content: str, expected: list[str | None]) -> None:
    assert titles(folder_with(tmp_path, "pins.jsonl", content)) == expected


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("pins.csv", "", "it is empty"),
        ("pins.csv", "\n \n", "it is empty"),
        ("pins.csv", "pin_id,image_url", "header line is cut short"),
        ("pins.csv", "pin_id,image_url\n1,a\n2", "last line is cut short"),
        ("pins.csv", 'pin_id,image_url\n1,a\n2,"b', "last line is cut short"),
        ("pins.csv", 'pin_id,image_url\n1,"a\n2,b\n3,c\n', "last line is cut short"),
        ("pins.csv", 'pin_id,image_url\n1,"', "last line is cut short"),
        ("pins.csv", 'pin_id,image_url,title\n1,a,"he said ""hi', "last line is cut short"),
        ("pins.csv", "pin_id,image_url\n1,a\n".encode("utf-16"), "not UTF-8"),
        ("pins.jsonl", "", "it is empty"),
        ("pins.jsonl", '{"pin_id": 1, "image_url": "a"}\n{"pin_id": 2, "ima', "last line is cut short"),
        ("pins.ndjson", "[1]\n[2]\n", "none of its 2 lines is a JSON object"),
        ("pins.parquet", b"", "Parquet"),
        ("pins.parquet", b"PAR1 and no more PAR1", "Parquet"),
    ],
)
def test_a_half_written_file_is_unreadable_and_says_why(tmp_path: Path, name: str, content: Any, why: str) -> None:
    source = FolderSource(folder_with(tmp_path, name, content))
    source.check()
    with pytest.raises(SourceFileUnreadable, match=why) as caught:
        source.read(only_file(source))
    assert caught.value.path == name
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.9, 0.999])
def test_a_truncated_parquet_is_unreadable_in_both_ways_of_reading(tmp_path: Path, keep: float) -> None:
    path = write_table(tmp_path / "pins.parquet", PINS)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * keep)])
    source = FolderSource(tmp_path)
    with pytest.raises(SourceFileUnreadable, match=r"pins\.parquet cannot be read"):
        source.read(only_file(source))
    with pytest.raises(SourceFileUnreadable, match=r"pins\.parquet cannot be read"):
        list(source.read_batches(only_file(source)))


def test_damage_inside_a_parquet_is_unreadable(tmp_path: Path) -> None:
    path = write_table(tmp_path / "pins.parquet", PINS)
    data = bytearray(path.read_bytes())
    data[100:2_000] = b"\xff" * 1_900
    path.write_bytes(data)
    source = FolderSource(tmp_path)
    with pytest.raises(SourceFileUnreadable):
        source.read(only_file(source))


def test_the_other_files_of_the_table_are_fine(tmp_path: Path) -> None:
    folder_with(tmp_path, "pins-1.parquet", b"broken")
    folder_with(tmp_path, "pins-2.csv", "pin_id,image_url\np1,a\n")
    source = FolderSource(tmp_path)
    source.check()
    first, second = source.scan().of_table("pins")
    with pytest.raises(SourceFileUnreadable, match=r"pins-1\.parquet"):
        source.read(first)
    assert source.read(second)["pin_id"].to_pylist() == ["p1"]


def test_a_file_that_changes_or_goes_is_unreadable(tmp_path: Path) -> None:
    source = FolderSource(folder_with(tmp_path, "pins.csv", "pin_id,image_url\np1,a\n"))
    seen = only_file(source)
    (tmp_path / "pins.csv").write_text("pin_id,image_url\np1,a\np2,b\n")
    with pytest.raises(SourceFileUnreadable, match=r"changed from 22 to 27 bytes"):
        source.read(seen)
    assert source.read(only_file(source)).num_rows == 2
    seen = only_file(source)
    os.utime(tmp_path / "pins.csv", ns=(0, seen.mtime_ns + 1))
    with pytest.raises(SourceFileUnreadable, match="changed"):
        source.read(seen)
    (tmp_path / "pins.csv").unlink()
    with pytest.raises(SourceFileUnreadable, match="it is gone"):
        list(source.read_batches(seen))


def test_a_file_that_grows_between_batches_is_unreadable_at_the_end(tmp_path: Path) -> None:
    write_table(tmp_path / "pins.parquet", PINS)
    source = FolderSource(tmp_path)
    batches = source.read_batches(only_file(source))
    assert next(batches).num_rows > 0
    os.utime(tmp_path / "pins.parquet", ns=(0, 0))
    with pytest.raises(SourceFileUnreadable, match="changed"):
        list(batches)


def test_a_big_parquet_comes_in_parts_of_bounded_size(tmp_path: Path) -> None:
    rows = [{"pin_id": f"p{i}", "image_bytes": os.urandom(400_000)} for i in range(120)]
    write_table(tmp_path / "pins.parquet", rows)
    source = FolderSource(tmp_path)
    file = only_file(source)
    batches = list(source.read_batches(file))
    assert len(batches) > 1
    assert max(batch.nbytes for batch in batches) < 40 << 20
    assert pa.Table.from_batches(batches).equals(source.read(file))


@pytest.mark.parametrize("suffix", ["parquet", "csv", "jsonl"])
def test_batches_are_the_rows_in_order(tmp_path: Path, suffix: str) -> None:
    write_table(tmp_path / f"pins.{suffix}", PINS)
    source = FolderSource(tmp_path)
    file = only_file(source)
    n_rows, accepted = 0, []
    for batch in source.read_batches(file):
        accepted.append(validate("pins", batch, first_row=n_rows).accepted)
        n_rows += batch.num_rows
    assert pa.concat_tables(accepted).to_pylist() == validate("pins", source.read(file)).accepted.to_pylist()
    assert n_rows == 200


def test_cells_that_are_not_utf8_spoil_their_row_only(tmp_path: Path) -> None:
    content = b"pin_id,image_url,title\np1,a,caf\xe9\np2,b,caf\xc3\xa9\np3,c\n\xff\n"
    result = load(folder_with(tmp_path, "pins.csv", content))
    assert result.accepted["title"].to_pylist() == ["café"]
    assert result.reasons == {"bad value in column title": 1, "malformed row": 2}


def test_long_cells_and_many_rows(tmp_path: Path) -> None:
    image = base64.b64encode(os.urandom(3 << 20)).decode()
    rows = "".join(f"p{i},\n" for i in range(3_000))
    result = load(folder_with(tmp_path / "csv", "pins.csv", f"pin_id,image_bytes\n{rows}big,{image}\n"))
    assert result.accepted["pin_id"].to_pylist() == ["big"]
    assert result.reasons == {"no image": 3_000}
    lines = (
        "".join(f'{{"pin_id": {i}, "image_url": "a"}}\n' for i in range(50_001)) + '{"title": "last", "pin_id": 0}\n'
    )
    jsonl = load(folder_with(tmp_path / "jsonl", "pins.jsonl", lines))
    assert jsonl.accepted.num_rows == 50_001
    assert jsonl.rejected["row_number"].to_pylist() == [50_001]


def test_parquet_types_of_other_tools(tmp_path: Path) -> None:
    table = pa.table(
        {
            "pin_id": pa.array([1, 2], pa.uint32()),
            "image_url": pa.array(["a", "b"]).dictionary_encode(),
            "title": pa.array(["x", None], pa.large_string()),
            "price": pa.array([1, None], pa.float32()),
            "merchant_tags": pa.array([["t"], None], pa.large_list(pa.large_string())),
            "created_at": pa.array([1_700_000_000_000, None], pa.timestamp("ms")),
            "deleted": pa.array([0, 1], pa.int8()),
        }
    )
    pq.write_table(table, tmp_path / "pins.parquet")
    first, second = load(tmp_path).accepted.to_pylist()
    assert (first["pin_id"], first["price"], first["merchant_tags"], first["deleted"]) == ("1", 1.0, ["t"], False)
    assert first["created_at"].isoformat() == "2023-11-14T22:13:20+00:00"
    assert (second["title"], second["merchant_tags"], second["deleted"]) == (None, None, True)


def test_a_column_that_stands_twice_in_parquet(tmp_path: Path) -> None:
    columns = [pa.array(["p1"]), pa.array(["p2"]), pa.array(["a"])]
    pq.write_table(pa.Table.from_arrays(columns, names=["pin_id", "pin_id", "image_url"]), tmp_path / "pins.parquet")
    source = FolderSource(tmp_path)
    with pytest.raises(SourceFileUnreadable, match="column 'pin_id' twice"):
        source.read(only_file(source))


HEADER = b"pin_id,image_url,title\n"
LINE = b'{"pin_id": "p1", "image_url": "a"}\n'


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_no_bytes_break_the_reader(tmp_path: Path, suffix: str) -> None:
    whole = write_table(tmp_path / "whole" / "pins.parquet", PINS[:3]).read_bytes()
    folder = tmp_path / "source"
    folder.mkdir()
    head = {".parquet": whole, ".csv": HEADER}.get(suffix, LINE)

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.binary(max_size=80), st.integers(0, len(head)), st.booleans())
    @example(b"\xff\xfe\x00", 0, False)
    @example(b"\x00" * 40, 10, True)
    def check(noise: bytes, at: int, keeps_tail: bool) -> None:
        tail = head[at + len(noise) :] if keeps_tail else b""
        (folder / f"pins{suffix}").write_bytes(head[:at] + noise + tail)
        source = FolderSource(folder)
        file = only_file(source)
        try:
            source.check()
            rows = source.read(file)
            result = validate("pins", rows, source.image_path)
        except (SourceFileUnreadable, RelpinsError) as error:
            message = str(error)
        else:
            message = ""
            assert result.accepted.num_rows + result.rejected.num_rows == rows.num_rows
        assert "\n" not in message

    check()
