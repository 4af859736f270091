"""Logs of shown pins as rows of raw_interactions, and a lake that holds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from relpins_assets.ranking.shown import ACTIONS
from relpins_assets.schemas import TABLES
from relpins_resources.lake import Lake
from relpins_resources.lake.fingerprints import digest

AT = datetime(2026, 5, 1, tzinfo=UTC)
EXAMINED = {"phone": [1.0, 0.55, 0.39, 0.31], "desktop": [1.0, 0.73, 0.61, 0.54]}
"""The chance that a place is looked at."""


def event(request: str | None, query: str | None, pin: str, kind: str = "impression", **more: Any) -> dict[str, Any]:
    given = {"position": 1, "device": "phone", "is_randomised": False, **more}
    return {"request_id": request, "query_pin_id": query, "pin_id": pin, "event": kind, "created_at": AT, **given}


def lake_of(folder: Path, events: Sequence[Mapping[str, Any]], images: Mapping[str, Sequence[str]]) -> Lake:
    """A lake with these interactions and with images (join id -> its pins)."""
    lake = Lake(folder, TABLES)
    write(lake, "raw_interactions", [{"interaction_id": f"i{n:06d}", **one} for n, one in enumerate(events)])
    joins = [
        {"join_id": join, "pin_ids": list(pins), "n_pins": len(pins), "representative_pin_id": min(pins)}
        for join, pins in images.items()
    ]
    write(lake, "pin_joins", joins)
    return lake


def write(lake: Lake, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Put rows in place of what a table holds; columns left out are null."""
    schema = lake.table(name).schema
    full = [{**dict.fromkeys(schema.names), **row, "fingerprint": digest(sorted(row.items()))} for row in rows]
    lake.table(name).overwrite(pa.Table.from_pylist(full, schema=schema.arrow()))


def biased_log(seed: int, n_requests: int, random_share: float) -> list[dict[str, Any]]:
    """A log of four places: every query shows its best pins on top, and clicks are examination times appeal."""
    rng = np.random.default_rng(seed)
    events = []
    for number in range(n_requests):
        query, device = f"q{number % 5}", ("phone", "desktop")[int(rng.integers(2))]
        is_random = bool(rng.random() < random_share)
        order = rng.permutation(6) if is_random else np.argsort(np.arange(6) + rng.normal(0, 1.2, 6))
        for place, pin in enumerate(order[:4].tolist()):
            told = {"position": place + 1, "device": device, "is_randomised": is_random}
            events.append(event(f"r{number}", query, f"p{pin}", **told))
            if rng.random() < EXAMINED[device][place] * (0.6 - 0.1 * pin):
                events.append(event(f"r{number}", query, f"p{pin}", "click", **told))
    return events


def biased_counts(seed: int, n_requests: int, random_share: float) -> pa.Table:
    """What `shown_counts` would say of such a log, with 20 queries of 8 pins each."""
    rng = np.random.default_rng(seed)
    is_random = rng.random(n_requests) < random_share
    noise = np.where(is_random[:, None], 100.0, 1.2) * rng.normal(size=(n_requests, 8))
    shown = np.argsort(np.arange(8) + noise, axis=1)[:, :4]
    device = rng.integers(0, 2, n_requests)
    examined = np.array([EXAMINED["phone"], EXAMINED["desktop"]])[device]
    clicked = rng.random(shown.shape) < examined * (0.6 - 0.07 * shown)
    rows = pa.table(
        {
            "query_join_id": np.repeat(rng.integers(0, 20, n_requests), 4).astype(str),
            "join_id": shown.ravel().astype(str),
            "device": np.repeat(np.array(["phone", "desktop"])[device], 4),
            "position": np.tile(np.arange(1, 5), n_requests),
            "is_randomised": np.repeat(is_random, 4),
            "n_impressions": np.ones(4 * n_requests, np.int64),
            **{action: (clicked.ravel() & (action == "click")).astype(np.int64) for action in ACTIONS},
        }
    )
    keys = rows.column_names[:5]
    summed = rows.group_by(keys).aggregate([(name, "sum") for name in rows.column_names[5:]])
    ordered = summed.sort_by([(key, "ascending") for key in keys])
    return ordered.rename_columns([name.removesuffix("_sum") for name in ordered.column_names])


IMAGES = {f"join-{name}": [name] for name in [*(f"q{i}" for i in range(5)), *(f"p{i}" for i in range(6))]}
