"""One raw table brought up to its source: the newest good row of each key, and a reason for every other row.

What a raw table should hold is a function of source_rows alone, so it is found by comparison: after a missed run, a
killed one or a changed rule the same comparison gives the same rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from relpins_assets.catalog.duplicates import BEATEN, RANKED, WANTED, WINNER
from relpins_assets.catalog.image_files import hash_image_files
from relpins_assets.catalog.reading import FilesRead, read_changed_files, record_files, validated_parts
from relpins_resources.lake import Lake, RefreshReport, Table
from relpins_resources.lake.sql import connect, rows_of
from relpins_resources.sources import Scan, Source, SourceFile, SourceFileUnreadable
from relpins_resources.sources.content_hash import image_hashes
from relpins_resources.sources.findings import DUPLICATE_ID
from relpins_resources.sources.keys import row_keys
from relpins_resources.sources.layout import INPUT_TABLES
from relpins_resources.sources.rejected import rejected_rows
from relpins_resources.sources.validate import Validated


@dataclass
class Ingested:
    """What an ingest did and left."""

    report: RefreshReport
    files: FilesRead
    n_withheld: int = 0
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Todo:
    """Rows to fetch from the source, by file: row number to fingerprint for rows that come in, to reason for losers."""

    accepted: dict[str, dict[int, str]]
    losers: dict[str, dict[int, str]]

    @property
    def paths(self) -> list[str]:
        return sorted(self.accepted.keys() | self.losers.keys())


def ingest(lake: Lake, source: Source, scan: Scan, table: str, *, most_gone: float, allow_deletes: bool) -> Ingested:
    """Bring `raw_<table>` and its rejected rows up to the source.

    Args:
        table: name in the input layout.
        most_gone: share of the rows held that may go in one run; more are withheld unless `allow_deletes`.
    """
    raw = lake.table(f"raw_{table}")
    raw.create()
    files = read_changed_files(lake, source, scan, table)
    if table == "pins":
        hash_image_files(lake, source)
    with connect({name: lake.table(name) for name in ("source_rows", "source_images")}) as con:
        con.execute(RANKED, [table])
        con.register("held", _held(raw, table))
        report, todo_rows = _compare(con)
        gone, n_withheld = _departures(con, raw, files.is_clean, most_gone, allow_deletes)
        if n_withheld and files.is_clean and INPUT_TABLES[table].derived_id is not None:
            # ids made from content all change when a column comes: old and new rows together would count twice
            report, todo_rows = RefreshReport(n_fresh=report.n_fresh), {}
        todo = _Todo(todo_rows, _new_losers(con, lake, table))
        rejected = _rejected(con, table)
    ingested = Ingested(report, files, n_withheld, [f"{file.path}: {why}" for file, why in files.unreadable])
    losers = _fetch(lake, source, scan, table, todo, ingested)
    raw.delete_units(gone)
    report.n_gone = gone.num_rows
    report.n_rejected = _sync_rejected(lake, table, rejected, losers)
    record_files(lake, table, files, source.reading_version)
    ingested.warnings += source.column_warnings()
    return ingested


def _held(raw: Table, table: str) -> pa.Table:
    layout = INPUT_TABLES[table]
    rows = raw.read([*layout.key, "fingerprint"])
    return rows.append_column("key", row_keys(layout, rows)) if "key" not in rows.column_names else rows


def _compare(con: duckdb.DuckDBPyConnection) -> tuple[RefreshReport, dict[str, dict[int, str]]]:
    """Rows that should be there and are not as they should be, by file."""
    todo = con.execute(f"""
        SELECT w.path, w.row_number, w.fingerprint, h.key IS NULL AS is_new
        FROM ({WANTED}) w LEFT JOIN held h USING (key)
        WHERE h.fingerprint IS DISTINCT FROM w.fingerprint ORDER BY path, row_number""").fetchall()
    fresh = con.execute(f"SELECT count(*) FROM ({WANTED}) w JOIN held h USING (key, fingerprint)").fetchall()[0]
    by_path: dict[str, dict[int, str]] = {}
    for path, row_number, fingerprint, _ in todo:
        by_path.setdefault(path, {})[row_number] = fingerprint
    n_new = sum(is_new for *_, is_new in todo)
    return RefreshReport(n_new=n_new, n_stale=len(todo) - n_new, n_fresh=fresh[0], n_rows=len(todo)), by_path


def _departures(
    con: duckdb.DuckDBPyConnection, raw: Table, is_clean: bool, most_gone: float, allow_deletes: bool
) -> tuple[pa.Table, int]:
    """Keys of rows to delete, and how many deletes are withheld.

    Absence counts only when every file was read; too many at once count only when the caller allows it.
    """
    keys = ", ".join(f'h."{name}"' for name in raw.schema.key)
    absent = rows_of(
        con,
        f"""
        SELECT {keys}, coalesce(d.is_gone, false) AS is_said FROM held h ANTI JOIN ({WANTED}) w USING (key)
        LEFT JOIN (SELECT DISTINCT key, is_gone FROM ranked) d ON d.key = h.key ORDER BY ALL""",
    )
    leaving = absent if is_clean else absent.filter(absent["is_said"])
    n_held = con.execute("SELECT count(*) FROM held").fetchall()[0]
    if leaving.num_rows > most_gone * n_held[0] and not allow_deletes:
        leaving = leaving.slice(0, 0)
    return leaving.drop_columns(["is_said"]), absent.num_rows - leaving.num_rows


def _new_losers(con: duckdb.DuckDBPyConnection, lake: Lake, table: str) -> dict[str, dict[int, str]]:
    """Rows beaten by another with their key and not yet in rejected_rows, by file, with what beat each."""
    con.register("rejected", lake.rejected.read(["key", "fingerprint"], where=f"`table` = '{table}'"))
    beaten = con.execute(f"""
        SELECT path, row_number, {WINNER} FROM ranked r
        WHERE {BEATEN} AND NOT EXISTS
            (SELECT 1 FROM rejected x WHERE x.key = r.key AND x.fingerprint = r.content_hash)""").fetchall()
    losers: dict[str, dict[int, str]] = {}
    for path, row_number, winner in beaten:
        losers.setdefault(path, {})[row_number] = winner
    return losers


def _rejected(con: duckdb.DuckDBPyConnection, table: str) -> pa.Table:
    """All that rejected_rows should hold for this table; beaten rows without their JSON."""
    return rows_of(
        con,
        f"""
        SELECT DISTINCT ON (key, fingerprint) * FROM (
            SELECT key, content_hash AS fingerprint, reason, detail, row_json, path, row_number
            FROM source_rows WHERE "table" = $table AND reason IS NOT NULL
            UNION ALL
            SELECT key, content_hash, $duplicate, {WINNER}, NULL,
                   path, row_number FROM ranked WHERE {BEATEN})
        ORDER BY key, fingerprint, path, row_number""",
        {"table": table, "duplicate": DUPLICATE_ID},
    )


def _fetch(
    lake: Lake, source: Source, scan: Scan, table: str, todo: _Todo, ingested: Ingested
) -> dict[tuple[str, int], str]:
    """Read the wanted rows again, this time whole, and commit them a part at a time; gives the JSON of beaten rows."""
    raw = lake.table(f"raw_{table}")
    files = {file.path: file for file in scan.of_table(table)}
    losers: dict[tuple[str, int], str] = {}
    for path in todo.paths:
        wanted, beaten = todo.accepted.get(path, {}), todo.losers.get(path, {})
        try:
            for part in _parts_of(source, files.get(path), path):
                rows = _raw_rows(lake, table, path, part, wanted)
                if rows.num_rows:
                    raw.upsert(rows)
                losers.update(_json_of(table, path, part, beaten))
        except SourceFileUnreadable as error:
            ingested.warnings.append(f"{path}: {error.why}; its rows are taken in by the next run")
            ingested.files.read = [file for file in ingested.files.read if file.path != path]
    return losers


def _parts_of(source: Source, file: SourceFile | None, path: str) -> Iterator[Validated]:
    if file is None:
        raise SourceFileUnreadable(path, "it is gone")
    return validated_parts(source, file)


def _raw_rows(lake: Lake, table: str, path: str, part: Validated, wanted: dict[int, str]) -> pa.Table:
    """Rows of the raw table among a part's rows."""
    numbers = part.row_numbers.to_pylist()
    at = [i for i, number in enumerate(numbers) if number in wanted]
    rows = part.accepted.take(pa.array(at, pa.int64()))
    schema = lake.schemas[f"raw_{table}"].arrow()
    extra = {
        "source_file": pa.array([path] * len(at), pa.string()),
        "fingerprint": pa.array([wanted[numbers[i]] for i in at], pa.string()),
    }
    if table == "pins":
        extra["image_hash"] = _image_hashes(lake, rows)
    for name, column in extra.items():
        rows = rows.append_column(name, column)
    return rows.select(schema.names).cast(schema)


def _image_hashes(lake: Lake, rows: pa.Table) -> pa.Array:
    held = lake.table("source_images").read(["image_url", "image_hash"])
    at = pc.index_in(rows["image_url"], value_set=held["image_url"])
    return pc.coalesce(image_hashes(rows), held["image_hash"].take(at).combine_chunks())


def _json_of(table: str, path: str, part: Validated, beaten: dict[int, str]) -> dict[tuple[str, int], str]:
    at = [i for i, number in enumerate(part.row_numbers.to_pylist()) if number in beaten]
    if not at:
        return {}
    rows = part.accepted.take(pa.array(at, pa.int64()))
    numbers = part.row_numbers.take(pa.array(at, pa.int64())).to_pylist()
    keys = row_keys(INPUT_TABLES[table], rows).to_pylist()
    as_rejected = rejected_rows(table, rows, keys, [DUPLICATE_ID] * len(at), [beaten[n] for n in numbers], numbers)
    return {(path, number): text for number, text in zip(numbers, as_rejected["row_json"].to_pylist(), strict=True)}


def _sync_rejected(lake: Lake, table: str, wanted: pa.Table, losers: dict[tuple[str, int], str]) -> int:
    """Make rejected_rows hold `wanted` for this table; returns how many are new.

    What is said of a row can change while the row does not: another one may have beaten it since. A beaten row whose
    file could not be read again waits for the next run.
    """
    rejected = lake.rejected
    held = {_unit(row): row for row in rejected.read(where=f"`table` = '{table}'").to_pylist()}
    rows = []
    for row in wanted.to_pylist():
        old = held.get(_unit(row))
        if old is not None and (old["reason"], old["detail"]) == (row["reason"], row["detail"]):
            continue
        kept = old["row_json"] if old is not None else None
        row["row_json"] = row["row_json"] or losers.get((row["path"], row["row_number"])) or kept
        if row["row_json"] is not None:
            rows.append({"table": table, **row})
    if rows:
        schema = rejected.schema.arrow()
        rejected.upsert(pa.Table.from_pylist([{name: row[name] for name in schema.names} for row in rows], schema))
    gone = held.keys() - {_unit(row) for row in wanted.select(["key", "fingerprint"]).to_pylist()}
    if gone:
        keys, fingerprints = zip(*sorted(gone), strict=True)
        rejected.delete_units(
            pa.table({"table": [table] * len(gone), "key": list(keys), "fingerprint": list(fingerprints)})
        )
    return sum(_unit(row) not in held for row in rows)


def _unit(row: dict[str, Any]) -> tuple[str, str]:
    return row["key"], row["fingerprint"]
