"""Logs of shown pins as rows of raw_interactions, and a lake that holds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

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


IMAGES = {f"join-{name}": [name] for name in [*(f"q{i}" for i in range(5)), *(f"p{i}" for i in range(6))]}
