"""Topics x pins: the partitioned join beside plain DuckDB joins on the same synthetic assignments.

    python tests/benchmarks/topic_matching.py [--topics 20000] [--pins 200000] [--json]

Each method runs in a process of its own from the same Arrow tables and gives the best matches of every topic; they
are compared row for row (scores in millionths, ties by pin). "plain": assignments joined by attribute, grouped by topic
and pin. "by rarest": the same partition as ours, written in SQL.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from relpins_assets.collections.matching import MICRO, TopicSet, match, postings_of

Ints = npt.NDArray[np.int64]
LIMIT = 120
TOPICS_AT_ONCE = 200


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--topics", type=int, default=20_000)
    parser.add_argument("--pins", type=int, default=200_000)
    parser.add_argument("--attributes", type=int, default=3_000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--skip-plain", action="store_true", help="leave the plain join out")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    tables = synthetic(given.topics, given.pins, given.attributes)
    report: dict[str, Any] = {
        "machine": f"{os.cpu_count()} cores, {platform.machine()}",
        "topics": given.topics,
        "pins": given.pins,
        "assignments": tables["assignments"].num_rows,
        "methods": {},
    }
    results = {}
    for name in METHODS:
        if name == PLAIN and given.skip_plain:
            continue
        results[name], report["methods"][name] = _apart(name, tables, given.threads)
    first = next(iter(results.values()))
    report["identical"] = all(result.equals(first) for result in results.values())
    ours = report["methods"][OURS]["seconds"]
    report["times faster"] = {
        name: round(told["seconds"] / ours, 1) for name, told in report["methods"].items() if name != OURS
    }
    print(json.dumps(report, indent=2) if given.json else _text(report))


def synthetic(n_topics: int, n_pins: int, n_attributes: int, seed: int = 0) -> dict[str, pa.Table]:
    """Assignments (about 12 a pin, attributes by Zipf), topics of 2 to 4 attributes that some pin carries, weights.

    A tenth of the attributes, the most frequent ones among them, are categories: a pin has one, a topic at most one.
    """
    rng = np.random.default_rng(seed)
    popularity = 1 / np.arange(1, n_attributes + 1) ** 0.9
    popularity /= popularity.sum()
    drawn = rng.choice(n_attributes, (n_pins, 15), p=popularity)
    keys = np.unique((np.arange(n_pins)[:, None] * n_attributes + drawn).ravel())
    pins, attributes = keys // n_attributes, keys % n_attributes
    is_category = attributes % 10 == 0
    first_category = np.zeros(len(keys), bool)
    first_category[np.unique(np.where(is_category, pins, -1), return_index=True)[1]] = True
    kept = ~is_category | first_category
    pins, attributes = pins[kept], attributes[kept]
    confidences = rng.integers(MICRO // 2, MICRO, len(pins), endpoint=True)
    counts = np.bincount(attributes, minlength=n_attributes)
    weights = np.rint(MICRO * np.log(n_pins / np.maximum(counts, 1) + 1)).astype(np.int64)
    chosen = _topics(rng, n_topics, pins, attributes, n_pins)
    return {
        "assignments": pa.table({"pin": pins, "attribute": attributes, "confidence": confidences}),
        "topics": pa.table({"topic": chosen[0], "attribute": chosen[1]}),
        "attributes": pa.table(
            {"attribute": np.arange(n_attributes), "weight": weights, "is_category": np.arange(n_attributes) % 10 == 0}
        ),
    }


def _topics(
    rng: np.random.Generator, n_topics: int, pins: Ints, attributes: Ints, n_pins: int
) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    starts = np.searchsorted(pins, np.arange(n_pins + 1))
    rows: dict[tuple[int, ...], int] = {}
    while len(rows) < n_topics:
        pin = int(rng.integers(n_pins))
        carried = attributes[starts[pin] : starts[pin + 1]]
        size = int(rng.choice([2, 3, 4], p=[0.3, 0.4, 0.3]))
        if len(carried) >= size:
            rows.setdefault(tuple(sorted(rng.choice(carried, size, replace=False).tolist())), len(rows))
    topics = np.repeat(np.arange(n_topics), [len(row) for row in rows])
    return topics, np.array([attribute for row in rows for attribute in row], np.int64)


def partitioned(tables: dict[str, pa.Table], threads: int) -> pa.Table:
    """The module's own, from the tables to the matches."""
    columns = {name: {c: t[c].to_numpy() for c in t.column_names} for name, t in tables.items()}
    given, topics = columns["assignments"], columns["topics"]
    n_attributes = len(columns["attributes"]["attribute"])
    postings = postings_of(
        given["attribute"], given["pin"], given["confidence"], n_attributes, int(given["pin"].max()) + 1
    )
    n_topics = int(topics["topic"].max()) + 1
    starts = np.searchsorted(topics["topic"], np.arange(n_topics + 1)).astype(np.int64)
    found = match(
        TopicSet(starts, topics["attribute"]),
        postings,
        columns["attributes"]["weight"],
        columns["attributes"]["is_category"],
        limit=LIMIT,
    )
    topic = np.repeat(np.arange(n_topics), np.diff(found.starts))
    return pa.table({"topic": topic, "pin": found.images, "score": found.scores, "n_shared": found.n_shared})


_NEEDED = """
    CREATE TABLE needed AS
    SELECT topic, count(*) AS n, CAST(ceil(0.75 * count(*)) AS INTEGER) AS least, sum(weight)::DOUBLE AS total,
           count(*) FILTER (is_category) AS n_categories
    FROM topics JOIN attributes USING (attribute) GROUP BY topic"""
_MATCHES = """
    SELECT topic, pin, CAST(round_even(sum(weight * confidence::DOUBLE) / any_value(total), 0) AS BIGINT) AS score,
           count(*) AS n_shared
    FROM {pairs} GROUP BY topic, pin
    HAVING count(*) >= any_value(least) AND count(*) FILTER (is_category) = any_value(n_categories)"""
_BEST = """
    SELECT topic, pin, score, n_shared FROM ({matches})
    QUALIFY row_number() OVER (PARTITION BY topic ORDER BY score DESC, pin) <= {limit}
    ORDER BY topic, score DESC, pin"""


def plain_join(tables: dict[str, pa.Table], threads: int) -> pa.Table:
    """Every assignment with every topic that names its attribute, grouped by topic and pin."""
    pairs = "topics JOIN assignments USING (attribute) JOIN attributes USING (attribute) JOIN needed USING (topic)"
    return _by_duckdb(tables, threads, [], _BEST.format(matches=_MATCHES.format(pairs=pairs), limit=LIMIT))


def rarest_join(tables: dict[str, pa.Table], threads: int) -> pa.Table:
    """Candidates by the topic's rarest attributes first, then the same grouping on them alone."""
    prefix = """
        CREATE TABLE prefix AS
        SELECT topic, attribute FROM topics JOIN needed USING (topic)
        JOIN (SELECT attribute, count(*) AS n_pins FROM assignments GROUP BY attribute) USING (attribute)
        QUALIFY row_number() OVER (PARTITION BY topic ORDER BY n_pins, attribute) <= n - least + 1"""
    candidates = """
        CREATE TABLE candidates AS
        SELECT DISTINCT topic, pin FROM prefix JOIN assignments USING (attribute)"""
    pairs = """candidates JOIN topics USING (topic) JOIN assignments USING (pin, attribute)
        JOIN attributes USING (attribute) JOIN needed USING (topic)"""
    best = _BEST.format(matches=_MATCHES.format(pairs=pairs), limit=LIMIT)
    return _by_duckdb(tables, threads, [prefix, candidates], best)


def _by_duckdb(tables: dict[str, pa.Table], threads: int, before: list[str], query: str) -> pa.Table:
    """The query over `TOPICS_AT_ONCE` topics at a time: all at once needs more than 14 GB for the pairs."""
    found = []
    with duckdb.connect(config={"threads": threads, "memory_limit": "6GB"}) as con:
        con.execute("SET enable_progress_bar = false")
        con.execute("SET preserve_insertion_order = false")
        for name, rows in tables.items():
            con.register(f"given_{name}", rows)
            con.execute(f"CREATE TABLE {'all_topics' if name == 'topics' else name} AS SELECT * FROM given_{name}")
        for start in range(0, int(tables["topics"]["topic"].to_numpy().max()) + 1, TOPICS_AT_ONCE):
            con.execute(
                "CREATE OR REPLACE TABLE topics AS SELECT * FROM all_topics WHERE topic BETWEEN ? AND ?",
                [start, start + TOPICS_AT_ONCE - 1],
            )
            for statement in (_NEEDED, *before):
                con.execute(statement.replace("CREATE TABLE", "CREATE OR REPLACE TABLE"))
            found.append(con.sql(query).to_arrow_table())
    return pa.concat_tables(found)


OURS, PLAIN, RAREST = "partitioned join", "duckdb, plain join", "duckdb, by rarest attribute"
METHODS: dict[str, Callable[[dict[str, pa.Table], int], pa.Table]] = {
    OURS: partitioned,
    RAREST: rarest_join,
    PLAIN: plain_join,
}


def _apart(name: str, tables: dict[str, pa.Table], threads: int) -> tuple[pa.Table, dict[str, Any]]:
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(_measured, (name, tables, threads))


def _measured(name: str, tables: dict[str, pa.Table], threads: int) -> tuple[pa.Table, dict[str, Any]]:
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far (Linux)
    before = _resident_kb("VmRSS")
    start = time.perf_counter()
    found = METHODS[name](tables, threads)
    seconds = time.perf_counter() - start
    peak = _resident_kb("VmHWM") - before
    found = pa.table({c: found[c].cast(pa.int64()).combine_chunks() for c in ("topic", "pin", "score", "n_shared")})
    return found, {"seconds": round(seconds, 2), "peak_mb_above_input": round(peak / 1024), "rows": found.num_rows}


def _resident_kb(field: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field + ":"))


def _text(report: dict[str, Any]) -> str:
    size = f"{report['topics']} topics x {report['pins']} pins, {report['assignments']} assignments"
    lines = [
        f"{name:28} {told['seconds']:8.2f} s {told['peak_mb_above_input']:7} MB {told['rows']:9} rows"
        for name, told in report["methods"].items()
    ]
    told = [f"identical: {report['identical']}", f"times faster: {report['times faster']}"]
    return "\n".join([f"{size}, {report['machine']}", *lines, *told])


if __name__ == "__main__":
    main()
