"""Changed files of the source into source_rows: what stands in each file, by key and hash, good rows and bad ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from relpins_assets.schemas import TABLES
from relpins_resources.lake import Lake
from relpins_resources.sources import Scan, Source, SourceFile, SourceFileUnreadable
from relpins_resources.sources.content_hash import content_hashes
from relpins_resources.sources.image_location import classify_image_url
from relpins_resources.sources.keys import row_keys
from relpins_resources.sources.layout import INPUT_TABLES
from relpins_resources.sources.validate import Validated, validate

STAMP = ("size", "mtime_ns", "reading_version")
READ, UNREADABLE = "read", "unreadable"


@dataclass
class FilesRead:
    """What became of a table's files: those read now, those that could not be, those that are no more."""

    read: list[SourceFile] = field(default_factory=list)
    unreadable: list[tuple[SourceFile, str]] = field(default_factory=list)
    vanished: list[str] = field(default_factory=list)
    n_known_unreadable: int = 0

    @property
    def is_clean(self) -> bool:
        """Whether every file of the table has been read as it is now."""
        return not self.unreadable and not self.n_known_unreadable


def changed_files(lake: Lake, scan: Scan, table: str, reading_version: str) -> tuple[list[SourceFile], list[str], int]:
    """Files of a table not recorded as they are now, paths recorded but gone, and how many are known as unreadable."""
    recorded = {row["path"]: row for row in lake.table("source_files").read(where=f"`table` = '{table}'").to_pylist()}
    files = scan.of_table(table)
    stale = [
        file
        for file in files
        if file.path not in recorded
        or tuple(recorded[file.path][name] for name in STAMP) != (file.size, file.mtime_ns, reading_version)
    ]
    here, stale_paths = {file.path for file in files}, {file.path for file in stale}
    known_bad = [path for path, row in recorded.items() if row["status"] == UNREADABLE and path in here - stale_paths]
    return stale, sorted(recorded.keys() - here), len(known_bad)


def read_changed_files(lake: Lake, source: Source, scan: Scan, table: str) -> FilesRead:
    """Read what changed into source_rows; the files are recorded as read by `record_files`, after all else is done."""
    stale, vanished, n_known_unreadable = changed_files(lake, scan, table, source.reading_version)
    done = FilesRead(vanished=vanished, n_known_unreadable=n_known_unreadable)
    rows = lake.table("source_rows")
    for file in stale:
        try:
            parts = [_described(file, part) for part in validated_parts(source, file)]
        except SourceFileUnreadable as error:
            done.unreadable.append((file, error.why))
            continue
        schema = rows.schema.arrow()
        rows.replace_units(pa.concat_tables([schema.empty_table(), *parts]), pa.table({"path": [file.path]}))
        done.read.append(file)
    if vanished:
        rows.delete_units(pa.table({"path": vanished}))
    return done


def record_files(lake: Lake, table: str, files: FilesRead, reading_version: str) -> None:
    """Remember the files as they were read, or as unreadable, so that they are left alone until they change."""
    entries = [(file, READ, None) for file in files.read] + [(file, UNREADABLE, why) for file, why in files.unreadable]
    recorded = lake.table("source_files")
    if entries:
        recorded.upsert(
            pa.table(
                {
                    "path": [file.path for file, _, _ in entries],
                    "table": [table] * len(entries),
                    "size": pa.array([file.size for file, _, _ in entries], pa.int64()),
                    "mtime_ns": pa.array([file.mtime_ns for file, _, _ in entries], pa.int64()),
                    "reading_version": [reading_version] * len(entries),
                    "status": [status for _, status, _ in entries],
                    "message": pa.array([message for _, _, message in entries], pa.string()),
                }
            )
        )
    if files.vanished:
        recorded.delete_units(pa.table({"path": files.vanished}))


def validated_parts(source: Source, file: SourceFile) -> Iterator[Validated]:
    """The rows of a file, judged, a bounded part at a time; in one piece where ids depend on the whole file."""
    if INPUT_TABLES[file.table].derived_id is not None:
        yield validate(file.table, source.read(file), source.image_path)
        return
    first_row = 0
    for batch in source.read_batches(file):
        yield validate(file.table, pa.Table.from_batches([batch]), source.image_path, first_row=first_row)
        first_row += batch.num_rows


def _described(file: SourceFile, part: Validated) -> pa.Table:
    """Rows of source_rows for one validated part of a file."""
    good, layout, n_bad = part.accepted, INPUT_TABLES[file.table], part.rejected.num_rows
    n_good = good.num_rows
    updated_at = good[layout.recency] if layout.recency else pa.nulls(n_good, pa.timestamp("us", tz="UTC"))
    deleted = pc.fill_null(good["deleted"], False) if "deleted" in good.column_names else pa.array([False] * n_good)
    nothing = pa.nulls(n_good, pa.string())
    described = pa.table(
        {
            "path": pa.array([file.path] * n_good, pa.string()),
            "row_number": part.row_numbers,
            "table": pa.array([file.table] * n_good, pa.string()),
            "key": row_keys(layout, good),
            "updated_at": updated_at,
            "is_deleted": deleted,
            "image_url": _image_files(good),
            "content_hash": content_hashes(good),
            "reason": nothing,
            "detail": nothing,
            "row_json": nothing,
        }
    )
    bad = pa.table(
        {
            "path": pa.array([file.path] * n_bad, pa.string()),
            "updated_at": pa.nulls(n_bad, pa.timestamp("us", tz="UTC")),
            "is_deleted": pa.array([False] * n_bad),
            "image_url": pa.nulls(n_bad, pa.string()),
            **{
                name: part.rejected[name]
                for name in ("row_number", "table", "key", "content_hash", "reason", "detail", "row_json")
            },
        }
    )
    schema = TABLES["source_rows"].arrow()
    return pa.concat_tables([part.select(schema.names).cast(schema) for part in (described, bad)])


def _image_files(rows: pa.Table) -> pa.Array:
    """The image file that each row names; null where the image came inline, lies elsewhere, or there is none."""
    if "image_url" not in rows.column_names:
        return pa.nulls(rows.num_rows, pa.string())
    inline = pc.is_valid(rows["image_bytes"]).to_pylist()
    urls = rows["image_url"].to_pylist()
    return pa.array(
        [
            url if url and not has_bytes and classify_image_url(url).kind == "file" else None
            for url, has_bytes in zip(urls, inline, strict=True)
        ],
        pa.string(),
    )
