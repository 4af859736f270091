"""What landing pages cost in seconds of processor time: making their rows, and writing the site. `--json` for machines.

    python tests/benchmarks/landing_pages.py --pages 10000 --pins 50000

The catalog is drawn: attributes by a Zipf law, a category and one to three of the rest per topic, 6 to 60 pins each of
those nearest to it in number. Beside the sparse products that find near-duplicates stands DuckDB's self-join, in the
same run, on the same pages.
"""

from __future__ import annotations

import argparse
import io
import json
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from PIL import Image
from scipy import sparse

from relpins_assets.collections.pages import page_rows, wanted_pages
from relpins_assets.collections.related import SAME_FROM, canonical_of
from relpins_assets.export.site import export_pages
from relpins_assets.profile import Collections
from relpins_assets.schemas import TABLES
from relpins_resources.lake import Lake
from relpins_resources.lake.table import vector_array

DIM = 64


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=10_000)
    parser.add_argument("--pins", type=int, default=50_000)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        told = measure(Path(folder), asked.pages, asked.pins)
    print(json.dumps(told, indent=2) if asked.json else "\n".join(f"{name}: {value}" for name, value in told.items()))


def measure(folder: Path, n_pages: int, n_pins: int) -> dict[str, Any]:
    lake, members = drawn(folder / "home", n_pages, n_pins)
    told: dict[str, Any] = {"pages": n_pages, "pins": n_pins, "pins on pages": int(members.nnz)}
    wanted, told["wanted s"] = timed(lambda: wanted_pages(lake, Collections()))
    rows, told["rows s"] = timed(lambda: page_rows(wanted))
    order = list(range(n_pages))
    canonical, told["near-duplicates s"] = timed(lambda: canonical_of(members, order))
    pairs, told["near-duplicates by DuckDB's self-join s"] = timed(lambda: pairs_by_join(members))
    assert sum(page != place for place, page in enumerate(canonical)) <= pairs
    table = lake.table("landing_pages")
    table.overwrite(rows.append_column("fingerprint", pa.array(["x"] * rows.num_rows)))
    publish(lake)
    exported, told["export s"] = timed(
        lambda: export_pages(folder / "home", folder / "site", base_url="https://a.example")
    )
    told["pages a second"] = round(exported["pages"] / told["export s"])
    told["published"], told["images"] = exported["pages"], exported["images"]
    told["peak MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return told


def drawn(home: Path, n_pages: int, n_pins: int) -> tuple[Lake, sparse.csr_matrix]:
    """A home with all that pages are made of, and (pages, pins) with 1 where a page shows a pin."""
    random, lake = np.random.default_rng(0), Lake(home, TABLES)
    pins = [f"pin_{place:07d}" for place in range(n_pins)]
    sizes = random.integers(6, 61, n_pages)
    starts = random.integers(0, n_pins - 400, n_pages)
    shown = [
        np.sort(start + random.choice(400, size, replace=False)) for start, size in zip(starts, sizes, strict=True)
    ]
    flat, of_topic = np.concatenate(shown), np.repeat(np.arange(n_pages), sizes)
    topics = [f"topic_{place:012x}" for place in range(n_pages)]
    collected = {
        "topic_id": [topics[place] for place in of_topic],
        "rank": np.concatenate([np.arange(1, size + 1) for size in sizes]),
        "pin_id": [pins[place] for place in flat],
        "score": np.full(len(flat), 0.95),
        "n_shared": np.full(len(flat), 2),
        "matched_by": ["strict"] * len(flat),
    }
    put(lake, "shopping_collections", collected)
    pools = {"topic_id": topics, "n_matched": sizes, "is_published": [True] * n_pages, "fingerprint": topics}
    put(lake, "collection_pools", pools)
    _put_topics(lake, topics, starts * 60 // n_pins, random)
    _put_pins(lake, pins, random)
    _put_words(lake, pins)
    return lake, sparse.csr_matrix((np.ones(len(flat)), (of_topic, flat)), shape=(n_pages, n_pins))


def _put_topics(lake: Lake, topics: list[str], categories: npt.NDArray[np.int64], random: np.random.Generator) -> None:
    kinds = random.zipf(1.3, (len(topics), 3)) % 300
    names = [
        [f"category/c{category}", *sorted({f"style/s{kind}" for kind in row})]
        for category, row in zip(categories, kinds, strict=True)
    ]
    judged = {
        "topic_id": topics,
        "attribute_ids": names,
        "query": [" ".join(name.partition("/")[2] for name in reversed(each)) + " things" for each in names],
        "score": np.full(len(topics), 5.0),
        **{name: ["x"] * len(topics) for name in ("verdict", "reason", "judge")},
    }
    put(lake, "judged_topics", judged)
    known = sorted({name for each in names for name in each})
    vocabulary = {
        "attribute_id": known,
        "key": [name.partition("/")[0] for name in known],
        "value": [name.partition("/")[2] for name in known],
        "members": [[name.partition("/")[2]] for name in known],
        "n_pins": np.full(len(known), 9),
        "idf": random.random(len(known)) * 5,
    }
    put(lake, "attribute_vocabulary", vocabulary)


def _put_pins(lake: Lake, pins: list[str], random: np.random.Generator) -> None:
    n = len(pins)
    looks = np.eye(DIM)[np.arange(n) * DIM // n] + 0.1 * random.normal(size=(n, DIM))
    looks /= np.linalg.norm(looks, axis=1, keepdims=True)
    put(
        lake,
        "raw_pins",
        {
            "pin_id": pins,
            "title": [f"A chair, number {place}" for place in range(n)],
            "description": ["Solid oak with a woven seat, made to order."] * n,
            "link": [f"https://shop.example/{place}" for place in range(n)],
            "price": random.random(n) * 500,
            "currency": ["USD"] * n,
            "fingerprint": pins,
        },
    )
    file = io.BytesIO()
    Image.fromarray(random.integers(0, 255, (48, 36, 3), np.uint8)).resize((154, 192)).save(file, "JPEG", quality=80)
    hashes = [f"{place * 2654435761 % 2**32:08x}".ljust(64, "0") for place in range(n)]
    put(
        lake,
        "pin_images",
        {
            "pin_id": pins,
            "jpeg": [b""] * n,
            "thumbnail": [file.getvalue()] * n,
            "width": np.full(n, 308),
            "height": np.full(n, 384),
            **dict.fromkeys(("jpeg_hash", "pixel_hash", "phash", "fingerprint"), hashes),
        },
    )
    put(
        lake,
        "clip_embeddings",
        {"pin_id": pins, "vector": vector_array(looks.astype(np.float32)), "fingerprint": hashes},
    )


def _put_words(lake: Lake, pins: list[str]) -> None:
    n = len(pins)
    said = {"pin_id": pins, "key": ["color"] * n, "value": [f"color {place % 9}" for place in range(n)]}
    put(lake, "raw_attributes", {**said, "source": ["title"] * n})
    told = {"pin_id": pins, "description": ["d"] * n, "describer": ["pixels"] * n, "fingerprint": pins}
    put(lake, "enriched_descriptions", {**told, "statement": ["Oak 80%; calm."] * n})


def put(lake: Lake, name: str, columns: dict[str, Any]) -> None:
    """Write these columns, the others null."""
    n = len(next(iter(columns.values())))
    schema = TABLES[name].arrow(DIM)
    lake.table(name).overwrite(
        pa.table(
            {
                field.name: pa.array(columns[field.name], field.type)
                if field.name in columns
                else pa.nulls(n, field.type)
                for field in schema
            }
        )
    )


def publish(lake: Lake) -> None:
    from datetime import date

    lake.snapshots.publish(lake.candidate(date(2026, 6, 1), "sample"))


def pairs_by_join(members: sparse.csr_matrix) -> int:
    """Pairs of pages that share `SAME_FROM` of their pins, as a join over shared pins finds them."""
    entries = members.tocoo()
    with duckdb.connect() as con:
        con.register("shown", pa.table({"page": entries.row, "pin": entries.col}))
        found = con.execute(
            """WITH sizes AS (SELECT page, count(*) AS n FROM shown GROUP BY 1),
            shared AS (SELECT a.page AS one, b.page AS other, count(*) AS n FROM shown a JOIN shown b USING (pin)
                       WHERE a.page < b.page GROUP BY ALL)
            SELECT count(*) FROM shared s JOIN sizes a ON a.page = s.one JOIN sizes b ON b.page = s.other
            WHERE s.n / (a.n + b.n - s.n) >= ?""",
            [SAME_FROM],
        ).fetchall()
    return int(found[0][0])


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    started = time.process_time()
    result = work()
    return result, round(time.process_time() - started, 2)


if __name__ == "__main__":
    main()
