"""What readers ask of a home: a pin's feed, a SELECT. They see the published snapshot and nothing else."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any

from relpins_assets.schemas import TABLES
from relpins_resources.errors import RelpinsError
from relpins_resources.lake import Lake

FEED = """
SELECT f.candidate_pin_id AS item_id, p.title, p.image_url, f.score, f.rank, f.clip_rank, f.content_rank,
       f.cooccurrence_rank, f.clip_similarity, f.content_similarity, f.n_shared_boards, f.retrieved_by
FROM related_pins_feeds f LEFT JOIN raw_pins p ON p.pin_id = f.candidate_pin_id
WHERE f.pin_id = ? ORDER BY f.strategy, f.rank LIMIT ?
"""
METADATA = (
    "clip_rank",
    "content_rank",
    "cooccurrence_rank",
    "clip_similarity",
    "content_similarity",
    "n_shared_boards",
    "retrieved_by",
)


def published(home: Path) -> Lake:
    """The home as its readers see it.

    Raises:
        RelpinsError: if nothing was published there yet.
    """
    lake = Lake(home, TABLES)
    snapshot = lake.snapshots.current()
    if snapshot is None:
        raise RelpinsError(f"home {home} has no published snapshot; run `relpins build --source FOLDER` first")
    return lake.at(snapshot)


def related_feed(home: Path, pin_id: str, limit: int) -> list[dict[str, Any]]:
    """A pin's related feed, best first; each entry says which rank each signal gave it.

    Raises:
        RelpinsError: the pin is unknown, or known and rejected (then with the reason).
    """
    lake = published(home)
    rows = lake.query(FEED, [pin_id, limit]).to_pylist()
    if not rows and lake.table("related_pins_pools").count(f"pin_id = '{_quoted(pin_id)}'") == 0:
        raise RelpinsError(_why_no_feed(lake, pin_id))
    return [
        {
            "item_id": row["item_id"],
            "id": row["item_id"],
            "title": row["title"],
            "image_url": row["image_url"],
            "rank": row["rank"],
            "score": row["score"],
            "metadata": {name: row[name] for name in METADATA},
        }
        for row in rows
    ]


def run_sql(home: Path, statement: str) -> list[dict[str, Any]]:
    """The rows of one SELECT over the published tables; bytes are shown by their length."""
    rows = published(home).query(statement).to_pylist()
    return [{name: _shown(value) for name, value in row.items()} for row in rows]


def _why_no_feed(lake: Lake, pin_id: str) -> str:
    reasons = lake.rejected.read(["reason", "detail"], where=f"key = '{_quoted(pin_id)}'").to_pylist()
    if reasons:
        return f"pin {pin_id!r} was rejected: {reasons[0]['reason']} ({reasons[0]['detail']})"
    known = lake.table("raw_pins").read(["pin_id"])["pin_id"].to_pylist()
    near = difflib.get_close_matches(pin_id, known[:200_000], n=3)
    hint = f"; near it: {', '.join(near)}" if near else f"; there are {len(known)} pins, such as {', '.join(known[:3])}"
    return f"there is no pin {pin_id!r}{hint}"


def _quoted(text: str) -> str:
    return text.replace("'", "''")


def _shown(value: Any) -> Any:
    return f"<{len(value)} bytes>" if isinstance(value, bytes) else value
