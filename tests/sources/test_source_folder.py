"""Which files are which table, what the mapping does, and every mistake of a caller in one clear line."""

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from source_tables import folder_with, load, only_file, write_table

from relpins_resources.errors import RelpinsError
from relpins_resources.sources import FolderSource, ImageOutside, open_source
from relpins_resources.sources.image_location import ImageLocation, UnsupportedScheme, classify_image_url
from relpins_resources.sources.validate import validate

PINS_CSV = "pin_id,image_url\np1,a.jpg\n"


def touch(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(PINS_CSV)
    return folder


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("pins.parquet", "pins"),
        ("pins.CSV", "pins"),
        ("pins.jsonl", "pins"),
        ("pins.ndjson", "pins"),
        ("pins-00001.parquet", "pins"),
        ("pins-new.csv", "pins"),
        ("pins_2026.csv", "pins"),
        ("pins_part_3.csv", "pins"),
        ("pins/a.parquet", "pins"),
        ("pins/2026/01/a.csv", "pins"),
        ("pins/boards.csv", "pins"),
        ("pins.parquet/part-0.snappy.parquet", "pins"),
        ("board_pins.csv", "board_pins"),
        ("board_pins-1.csv", "board_pins"),
        ("boards.csv", "boards"),
        ("boards_1.csv", "boards"),
        ("board_pins/pins.csv", "board_pins"),
        ("boards_pins.csv", None),
        ("pins_labels.csv", None),
        ("pinsx.csv", None),
        ("labels.parquet", None),
        ("backup/pins.csv", None),
        ("pins.txt", None),
        ("pins.csv.gz", None),
    ],
)
def test_a_table_is_told_by_name(tmp_path: Path, name: str, table: str | None) -> None:
    scan = FolderSource(touch(tmp_path, "pins-0.csv", name)).scan()
    assert [file.table for file in scan.files if file.path == name] == ([table] if table else [])
    assert [name in warning for warning in scan.warnings] == ([] if table else [True])


def test_hidden_and_unfinished_files_are_passed_over(tmp_path: Path) -> None:
    touch(
        tmp_path,
        "pins.csv",
        "_pins.csv",
        ".pins.csv",
        "pins-1.csv.tmp",
        "pins-2.part",
        "pins/_SUCCESS",
        "pins/.a.csv.crc",
    )
    touch(tmp_path, "_old/pins.csv", ".git/x.csv")
    scan = FolderSource(tmp_path).scan()
    assert [file.path for file in scan.files] == ["pins.csv"]
    assert scan.warnings == []


def test_one_warning_names_the_unknown_files_and_not_all_of_many(tmp_path: Path) -> None:
    touch(tmp_path, "pins.csv", "notes.txt", "labels.parquet")
    (warning,) = FolderSource(tmp_path).scan().warnings
    assert warning == "kept out of the source, neither a table nor an image: labels.parquet, notes.txt"
    touch(tmp_path, *(f"x{i:02}.txt" for i in range(30)))
    (warning,) = FolderSource(tmp_path).scan().warnings
    assert warning.endswith("x07.txt and 22 more")
    touch(tmp_path, "pins_extra.csv")
    (warning,) = FolderSource(tmp_path).scan().warnings
    assert warning.endswith("(rename pins_extra.csv to pins-extra.csv to have it read as pins)")


def test_the_image_digest_follows_the_images(tmp_path: Path) -> None:
    source = FolderSource(touch(tmp_path, "pins.csv", "a.jpg", "photos/b.PNG", "photos/c"))
    before = source.scan()
    assert set(before.images) == {"a.jpg", "photos/b.PNG", "photos/c"}
    assert before.images["a.jpg"] == (len(PINS_CSV), (tmp_path / "a.jpg").stat().st_mtime_ns)
    touch(tmp_path, "readme.txt", "pins-2.csv")
    assert source.scan().images_digest == before.images_digest
    digests = {before.images_digest}
    os.utime(tmp_path / "a.jpg", ns=(0, 0))
    digests.add(source.scan().images_digest)
    (tmp_path / "a.jpg").write_bytes(b"changed")
    os.utime(tmp_path / "a.jpg", ns=(0, 0))
    digests.add(source.scan().images_digest)
    (tmp_path / "a.jpg").rename(tmp_path / "z.jpg")
    digests.add(source.scan().images_digest)
    (tmp_path / "z.jpg").unlink()
    digests.add(source.scan().images_digest)
    assert len(digests) == 5


def test_a_scan_is_the_same_until_something_changes(tmp_path: Path) -> None:
    source = FolderSource(touch(tmp_path, "pins.csv", "users.csv", "boards/b.csv", "boards/a.csv", "a.jpg"))
    assert source.scan() == source.scan()
    assert [file.path for file in source.scan().files] == ["boards/a.csv", "boards/b.csv", "pins.csv", "users.csv"]
    assert FolderSource(tmp_path / "boards" / "..").identity == source.identity == f"folder:{tmp_path.resolve()}"


def test_a_scan_of_many_images_is_quick(tmp_path: Path) -> None:
    touch(tmp_path, "pins.csv")
    for i in range(3_000):
        (tmp_path / f"{i}.jpg").touch()
    started = time.perf_counter()
    scan = FolderSource(tmp_path).scan()
    assert len(scan.images) == 3_000
    assert time.perf_counter() - started < 1


def test_symlinked_folders_below_the_top_are_not_followed(tmp_path: Path) -> None:
    root = touch(tmp_path / "source", "pins.csv", "photos/a.jpg")
    (root / "photos" / "again").symlink_to(root)
    (root / "gone.jpg").symlink_to(tmp_path / "nowhere.jpg")
    assert set(FolderSource(root).scan().images) == {"photos/a.jpg"}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("a/b.jpg", ImageLocation("file", "a/b.jpg")),
        ("a%20b.jpg", ImageLocation("file", "a%20b.jpg")),
        ("file:///x/a%20b.jpg", ImageLocation("file", "/x/a b.jpg")),
        ("file://localhost/x.jpg", ImageLocation("file", "/x.jpg")),
        ("file:x/a.jpg", ImageLocation("file", "x/a.jpg")),
        ("HTTPS://h/x.jpg", ImageLocation("remote", "HTTPS://h/x.jpg")),
        ("s3://b/x.jpg", ImageLocation("remote", "s3://b/x.jpg")),
        ("gs://b/x.jpg", ImageLocation("remote", "gs://b/x.jpg")),
        ("a:b.jpg", ImageLocation("file", "a:b.jpg")),
    ],
)
def test_where_an_image_url_points(url: str, expected: ImageLocation) -> None:
    assert classify_image_url(url) == expected


def test_where_an_image_url_cannot_point(tmp_path: Path) -> None:
    source = FolderSource(touch(tmp_path / "s", "pins.csv"))
    for url in ("ftp://h/x", "data:image/png;base64,AA"):
        with pytest.raises(UnsupportedScheme, match="known: file, http"):
            classify_image_url(url)
    for url in ("../x.jpg", "/x.jpg", "https://h/x.jpg", "a\0b", f"{tmp_path}/s2/x.jpg"):
        with pytest.raises(ImageOutside):
            source.image_path(url)
    assert source.image_path("a/../b.jpg") == tmp_path.resolve() / "s" / "b.jpg"


@pytest.mark.parametrize(
    ("columns", "tables"),
    [
        (
            {"item_id": "pin_id", "interaction_type": "event", "image": "image_url"},
            {"interactions": "pin_interactions"},
        ),
        (
            {
                "pins": {"item_id": "pin_id", "image": "image_url"},
                "interactions": {"item_id": "pin_id", "interaction_type": "event"},
            },
            {"interactions": "pin_interactions"},
        ),
        (
            {"item_id": "pin_id", "pins": {"image": "image_url"}, "interactions": {"interaction_type": "event"}},
            {"interactions": "pin_interactions"},
        ),
    ],
)
def test_a_catalogs_own_names_load(tmp_path: Path, columns: Mapping[str, Any], tables: Mapping[str, str]) -> None:
    folder_with(tmp_path, "pins.csv", "item_id,image,title\n7,a.jpg,sofa\n")
    folder_with(tmp_path, "pin_interactions.csv", "user_id,item_id,interaction_type,app\nu1,7,save,ios\n")
    source = open_source({"kind": "folder", "path": tmp_path, "columns": columns, "tables": tables})
    source.check()
    scan = source.scan()
    pins = validate("pins", source.read(scan.of_table("pins")[0])).accepted.to_pylist()
    events = validate("interactions", source.read(scan.of_table("interactions")[0])).accepted.to_pylist()
    assert (pins[0]["pin_id"], pins[0]["image_url"], pins[0]["title"]) == ("7", "a.jpg", "sofa")
    assert (events[0]["pin_id"], events[0]["event"]) == ("7", "save")
    assert scan.warnings == []
    assert source.column_warnings() == ["interactions: columns outside the layout are kept out: app"]


def test_a_mapped_column_goes_before_one_that_has_the_name(tmp_path: Path) -> None:
    folder_with(tmp_path, "pins.csv", "pin_id,sku,image_url\n1,A,a.jpg\n")
    folder_with(tmp_path, "users.csv", "user_id,login\n1,ann\n")
    options: dict[str, Any] = {"columns": {"pins": {"sku": "pin_id"}, "users": {"login": "user_id"}}}
    assert load(tmp_path, **options).accepted["pin_id"].to_pylist() == ["A"]
    assert load(tmp_path, "users", **options).accepted.to_pylist() == [{"user_id": "ann", "attributes": None}]


def test_swapped_columns(tmp_path: Path) -> None:
    folder_with(tmp_path, "pins.csv", "pin_id,image_url,title,description\n1,a.jpg,T,D\n")
    (row,) = load(tmp_path, columns={"title": "description", "description": "title"}).accepted.to_pylist()
    assert (row["title"], row["description"]) == ("D", "T")


def test_one_warning_per_table_names_the_columns_kept_out(tmp_path: Path) -> None:
    folder_with(tmp_path, "pins-1.csv", "pin_id,image_url,colour\n1,a,red\n")
    folder_with(tmp_path, "pins-2.csv", "pin_id,image_url,size,colour\n2,a,XL,red\n")
    folder_with(tmp_path, "users.csv", "user_id,age\n1,30\n")
    source = FolderSource(tmp_path, columns={"pins": {"titel": "title"}})
    assert source.column_warnings() == []
    for file in source.scan().files:
        source.read(file)
    assert source.column_warnings() == [
        "pins: columns outside the layout are kept out: colour, size",
        "columns: pins maps titel, which no file of it has",
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"columns": {"a": "pin"}},
            "columns: 'a' maps to 'pin', a column of no input table; did you mean 'pin_id'? known: ",
        ),
        (
            {"columns": {"pins": {"a": "event"}}},
            "columns: pins.a maps to 'event', no column of pins; known: pin_id, image",
        ),
        (
            {"columns": {"pin": {"a": "pin_id"}}},
            "columns: 'pin' is no input table; did you mean 'pins'? known: pins, boards",
        ),
        (
            {"columns": {"pins": {"a": "title", "b": "title"}}},
            "columns: pins maps both 'a' and 'b' to 'title'; keep one",
        ),
        ({"columns": {"pins": ["a"]}}, "columns: 'pins' maps to ['a']; write `theirs: ours` or `table: {...}`"),
        ({"tables": {"events": "x"}}, "tables: 'events' is no input table; known: pins"),
        ({"sql": {"pin": "SELECT 1"}}, "sql: 'pin' is no input table; did you mean 'pins'? known: pins"),
        ({"sql": {"pins": "SELEC 1"}}, "sql: pins: Parser Error: syntax error at or near"),
        ({"sql": {"pins": "SELECT 1; SELECT 2"}}, "sql: pins takes one SELECT; received 'SELECT 1; SELECT 2'"),
        ({"sql": {"pins": "COPY (SELECT 1) TO 'x.csv'"}}, 'sql: pins takes one SELECT; received "COPY'),
        ({"sql": {"pins": ""}}, "sql: pins takes one SELECT; received ''"),
    ],
)
def test_a_mapping_that_cannot_be_right(tmp_path: Path, options: dict[str, Any], message: str) -> None:
    touch(tmp_path, "pins.csv")
    with pytest.raises(RelpinsError) as caught:
        FolderSource(tmp_path, **options)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("files", "options", "message"),
    [
        (
            {"pins.csv": "PinID,image_url,title\n1,a,x\n"},
            {},
            "pins.csv: required column 'pin_id' of pins is missing; columns found: PinID, image_url, title; "
            "is it 'PinID'? Then add `PinID: pin_id` under `columns: pins:`",
        ),
        (
            {"pins.csv": "pin_id,title\n1,x\n"},
            {},
            "pins.csv: an image column, 'image_bytes' or 'image_url', of pins is missing; "
            "columns found: pin_id, title; map yours to 'image_url' under `columns: pins:`",
        ),
        (
            {"pins.csv": PINS_CSV, "interactions.jsonl": '{"user_id": 1, "pin_id": 2}\n'},
            {},
            "interactions.jsonl: required column 'event' of interactions is missing; columns found: user_id, pin_id",
        ),
        (
            {"pins.csv": "a,b,image_url\n1,2,x\n"},
            {"columns": {"a": "pin_id", "b": "pin_id"}},
            "columns: in pins.csv both 'a' and 'b' give 'pin_id'; keep one",
        ),
        (
            {"catalog.csv": "sku,image\n1,x\n"},
            {"sql": {"pins": "SELECT sku, image FROM catalog"}},
            "pins.sql: required column 'pin_id' of pins is missing; columns found: sku, image",
        ),
    ],
)
def test_a_missing_column_is_named(
    tmp_path: Path, files: dict[str, str], options: dict[str, Any], message: str
) -> None:
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    source = FolderSource(tmp_path, **options)
    with pytest.raises(RelpinsError) as caught:
        source.check()
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)
    last = max(source.scan().files, key=lambda file: file.path == next(reversed(files)))
    with pytest.raises(RelpinsError):
        source.read(last)


def test_a_column_that_jsonl_shows_late_is_found(tmp_path: Path) -> None:
    lines = ['{"pin_id": "p"}\n'] * 2_000 + ['{"pin_id": "late", "image_url": "a.jpg"}\n']
    source = FolderSource(folder_with(tmp_path, "pins.jsonl", "".join(lines)))
    source.check()
    assert validate("pins", source.read(only_file(source))).accepted["pin_id"].to_pylist() == ["late"]


def test_a_file_of_deletions_needs_no_images(tmp_path: Path) -> None:
    result = load(folder_with(tmp_path, "pins.csv", "pin_id,deleted\np1,true\np2,false\n"))
    assert result.accepted["pin_id"].to_pylist() == ["p1"]
    assert result.reasons == {"no image": 1}


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("nowhere", "source 'nowhere' does not exist; give a folder with a pins file"),
        ("pins.csv", "source 'pins.csv' is a file; give the folder it lies in"),
        ({"kind": "ftp", "path": "."}, "source kind 'ftp' is unknown; known: folder"),
        ({"path": ".", "colums": {}}, "source option 'colums' is unknown; known: path, columns, sql, tables"),
        ({"columns": {}}, "source of kind 'folder' has no path; add `path: folder`"),
    ],
)
def test_a_source_that_cannot_be_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config: Any, message: str
) -> None:
    monkeypatch.chdir(touch(tmp_path, "pins.csv"))
    with pytest.raises(RelpinsError) as caught:
        open_source(config)
    assert str(caught.value) == message


def test_a_folder_without_pins(tmp_path: Path) -> None:
    with pytest.raises(RelpinsError, match=r"has no pins: expected pins\.parquet, .* found nothing to read$"):
        FolderSource(tmp_path).scan()
    touch(tmp_path, "boards.csv", "_pins.csv")
    with pytest.raises(RelpinsError, match=r"or a folder items/; found boards\.csv$"):
        FolderSource(tmp_path, tables={"pins": "items"}).scan()


def test_the_reading_version_follows_the_mapping(tmp_path: Path) -> None:
    touch(tmp_path, "pins.csv")
    options: list[dict[str, Any]] = [
        {},
        {"columns": {"a": "title"}},
        {"sql": {"boards": "SELECT 1"}},
        {"tables": {"pins": "x"}},
    ]
    versions = [FolderSource(tmp_path, **option).reading_version for option in options]
    assert len(set(versions)) == 4
    assert versions == [FolderSource(tmp_path, **option).reading_version for option in options]


def test_write_helper_writes_what_is_read(tmp_path: Path) -> None:
    write_table(tmp_path / "pins.csv", [{"pin_id": "p", "image_bytes": b"x"}])
    assert load(tmp_path).accepted["image_bytes"].to_pylist() == [b"x"]
