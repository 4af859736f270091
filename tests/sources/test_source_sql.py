"""Reshaping with SQL: what a SELECT sees, that it sees nothing else, and when its result counts as changed."""

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from source_tables import folder_with, only_file, write_table

from relpins_resources.errors import RelpinsError
from relpins_resources.sources import FolderSource, SourceFileUnreadable
from relpins_resources.sources.validate import validate

CATALOG = "sku,file,price\n007,a.jpg,12\n008,b.jpg,900\n"


def pins_of(folder: Path, select: str) -> list[dict[str, object]]:
    source = FolderSource(folder, sql={"pins": select})
    source.check()
    result = validate("pins", source.read(only_file(source)))
    assert result.reasons == {}
    return [{name: value for name, value in row.items() if value is not None} for row in result.accepted.to_pylist()]


def test_a_select_over_a_csv_keeps_ids_as_written(tmp_path: Path) -> None:
    folder_with(tmp_path, "catalog.csv", CATALOG)
    for name in ("catalog", "Catalog", '"catalog.csv"', "'catalog.csv'"):
        rows = pins_of(
            tmp_path, f"SELECT sku AS pin_id, 'img/' || file AS image_url FROM {name} WHERE price::INT < 100;"
        )
        assert rows == [{"pin_id": "007", "image_url": "img/a.jpg"}]


def test_a_select_over_parquet_keeps_types_and_joins_formats(tmp_path: Path) -> None:
    write_table(tmp_path / "items.parquet", [{"pin_id": "p1", "image_bytes": b"x", "price": 2.5}])
    folder_with(tmp_path, "words.jsonl", '{"id": "p1", "text": {"en": "sofa"}}\n')
    select = """WITH w AS (SELECT id AS pin_id, text->>'en' AS title FROM words)
        SELECT * FROM items JOIN w USING (pin_id)"""
    assert pins_of(tmp_path, select) == [{"pin_id": "p1", "image_bytes": b"x", "price": 2.5, "title": "sofa"}]


def test_a_table_in_several_files_is_one_view(tmp_path: Path) -> None:
    folder_with(tmp_path, "pins-1.csv", "id,file\n1,a\n")
    folder_with(tmp_path, "pins-2.jsonl", '{"file": "b", "id": "2"}\n')
    for path, content in (("more/x.csv", "id,file\n3,c\n"), ("backup/pins.csv", "id,file\n9,z\n")):
        (tmp_path / path).parent.mkdir()
        (tmp_path / path).write_text(content)
    mapped = "SELECT id AS pin_id, file AS image_url FROM {} ORDER BY 1"
    assert [row["pin_id"] for row in pins_of(tmp_path, mapped.format("pins"))] == ["1", "2"]
    assert [row["pin_id"] for row in pins_of(tmp_path, mapped.format('"pins-2"'))] == ["2"]
    assert [row["pin_id"] for row in pins_of(tmp_path, mapped.format("more"))] == ["3"]
    assert [row["pin_id"] for row in pins_of(tmp_path, mapped.format('"more/x.csv"'))] == ["3"]


def test_malformed_lines_come_through_a_select_that_takes_all(tmp_path: Path) -> None:
    folder_with(tmp_path, "catalog.csv", "pin_id,image_url\n1,a\n2\n3,c\n")
    source = FolderSource(tmp_path, sql={"pins": "SELECT * FROM catalog"})
    source.check()
    result = validate("pins", source.read(only_file(source)))
    assert (result.accepted.num_rows, result.reasons) == (2, {"malformed row": 1})
    assert source.column_warnings() == []


def test_a_select_and_columns_together(tmp_path: Path) -> None:
    folder_with(tmp_path, "catalog.csv", CATALOG)
    source = FolderSource(
        tmp_path, sql={"pins": "SELECT sku, file FROM catalog"}, columns={"sku": "pin_id", "file": "image_url"}
    )
    assert source.read(only_file(source)).column_names == ["pin_id", "image_url"]
    (batch,) = source.read_batches(only_file(source))
    assert batch.to_pydict() == {"pin_id": ["007", "008"], "image_url": ["a.jpg", "b.jpg"]}
    assert source.scan().warnings == []


@pytest.mark.parametrize(
    ("select", "message"),
    [
        ("SELECT * FROM nope", "Table with name nope does not exist!"),
        ("SELECT nope FROM catalog", 'column "nope"'),
        ("SELECT sku::INT / 0 + file::INT AS pin_id FROM catalog", "Could not convert string 'a.jpg'"),
        ("SELECT * FROM read_text('/etc/passwd')", "disabled by configuration; name the source's own files"),
        ("SELECT * FROM '/etc/passwd.csv'", "disabled by configuration"),
        ("SELECT * FROM read_csv('{folder}/catalog.csv')", "disabled by configuration"),
        ("SELECT * FROM glob('{folder}/*')", "disabled by configuration"),
        ("SELECT * FROM 'http://127.0.0.1:9/x.parquet'", ""),
        ("SELECT error('stop') FROM catalog", "stop"),
        ("SELECT a.sku FROM catalog a JOIN clash ON true", "cast"),
    ],
)
def test_a_select_sees_the_sources_files_and_nothing_else(tmp_path: Path, select: str, message: str) -> None:
    folder_with(tmp_path, "catalog.csv", CATALOG)
    (tmp_path / "clash").mkdir()
    pq.write_table(pa.table({"x": [[1]]}), tmp_path / "clash" / "1.parquet")
    pq.write_table(pa.table({"x": [{"a": 1}]}), tmp_path / "clash" / "2.parquet")
    source = FolderSource(tmp_path, sql={"pins": select.format(folder=tmp_path)})
    with pytest.raises(RelpinsError) as caught:
        source.read(only_file(source))
    assert str(caught.value).startswith("sql: pins: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_result_changes_with_the_files_it_names_and_only_those(tmp_path: Path) -> None:
    folder_with(tmp_path, "catalog.csv", CATALOG)
    folder_with(tmp_path, "other.csv", CATALOG)
    source = FolderSource(tmp_path, sql={"pins": "SELECT sku AS pin_id, file AS image_url FROM catalog"})
    first = only_file(source)
    assert (first.path, first.size) == ("pins.sql", len(CATALOG))
    os.utime(tmp_path / "other.csv", ns=(0, 0))
    assert only_file(source) == first
    os.utime(tmp_path / "catalog.csv", ns=(0, 0))
    assert only_file(source) != first
    with pytest.raises(SourceFileUnreadable, match=r"pins\.sql cannot be read: a file it reads changed"):
        source.read(first)
    other = FolderSource(tmp_path, sql={"pins": "SELECT sku AS pin_id, file AS image_url FROM catalog WHERE true"})
    assert only_file(other) != only_file(source)


@pytest.mark.parametrize("name", ["catalog.parquet", "catalog.csv", "catalog.jsonl"])
def test_a_file_that_does_not_read_makes_the_result_unreadable(tmp_path: Path, name: str) -> None:
    folder_with(tmp_path, name, b"")
    source = FolderSource(tmp_path, sql={"pins": "SELECT a AS pin_id, b AS image_url FROM catalog"})
    source.check()
    with pytest.raises(SourceFileUnreadable, match=rf"pins\.sql cannot be read: {name}: "):
        source.read(only_file(source))


def test_damage_that_shows_while_the_select_runs(tmp_path: Path) -> None:
    path = write_table(
        tmp_path / "items.parquet", [{"pin_id": f"p{i}", "image_bytes": os.urandom(1_000)} for i in range(200)]
    )
    data = bytearray(path.read_bytes())
    data[100:20_000] = b"\xff" * 19_900
    path.write_bytes(data)
    source = FolderSource(tmp_path, sql={"pins": "SELECT * FROM items"})
    source.check()
    with pytest.raises(SourceFileUnreadable, match=r"items\.parquet: .*[Cc]orrupt"):
        source.read(only_file(source))
