"""Image files that pins name: hashed when new or changed, so that a new picture under an old name is noticed."""

from __future__ import annotations

import hashlib

import pyarrow as pa

from relpins_resources.lake import Lake
from relpins_resources.sources import ImageOutside, Source


def hash_image_files(lake: Lake, source: Source) -> int:
    """Bring source_images up to date with the files that source_rows names; returns how many were hashed.

    A file that is not there, or cannot be opened, has no row: its pin waits, rejected, until it comes.
    """
    named = lake.query("SELECT DISTINCT image_url FROM source_rows WHERE image_url IS NOT NULL ORDER BY image_url")
    table = lake.table("source_images")
    held = {row["image_url"]: row for row in table.read().to_pylist()}
    fresh, seen = [], set()
    for url in named["image_url"].to_pylist():
        try:
            stamp = _stamp(source, url)
            if url not in held or (held[url]["size"], held[url]["mtime_ns"]) != stamp:
                fresh.append((url, *stamp, _sha256(source, url)))
        except (OSError, ImageOutside):
            continue
        seen.add(url)
    if fresh:
        urls, sizes, mtimes, hashes = zip(*fresh, strict=True)
        table.upsert(
            pa.table(
                {
                    "image_url": pa.array(urls, pa.string()),
                    "size": pa.array(sizes, pa.int64()),
                    "mtime_ns": pa.array(mtimes, pa.int64()),
                    "image_hash": pa.array(hashes, pa.string()),
                }
            )
        )
    table.delete_units(pa.table({"image_url": pa.array(sorted(held.keys() - seen), pa.string())}))
    return len(fresh)


def changed_image_files(lake: Lake, source: Source) -> list[tuple[str, tuple[int, int] | None]]:
    """Image files that pins name and that are not as they were hashed, with their stamps (None: not there)."""
    held = {row["image_url"]: (row["size"], row["mtime_ns"]) for row in lake.table("source_images").read().to_pylist()}
    named = lake.table("source_rows").read(["image_url"], where="image_url IS NOT NULL")["image_url"].unique()
    stamps = {url: _stamp_or_none(source, url) for url in named.to_pylist()}
    return sorted((url, stamp) for url, stamp in stamps.items() if stamp != held.get(url))


def _stamp_or_none(source: Source, url: str) -> tuple[int, int] | None:
    try:
        return _stamp(source, url)
    except (OSError, ImageOutside):
        return None


def _stamp(source: Source, url: str) -> tuple[int, int]:
    path = source.image_path(url)
    if not path.is_file():
        raise FileNotFoundError(path)
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns


def _sha256(source: Source, url: str) -> str:
    with source.image_path(url).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
