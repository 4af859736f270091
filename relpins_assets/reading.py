"""What readers ask of a home: a pin's feed, a SELECT. They see the published snapshot and nothing else."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from relpins_assets.home import open_home
from relpins_assets.schemas import TABLES
from relpins_resources.errors import RelpinsError
from relpins_resources.lake import Lake

FEED = """
SELECT f.candidate_pin_id AS item_id, p.title, p.image_url, p.board_category, f.*
FROM related_pins_feeds f LEFT JOIN raw_pins p ON p.pin_id = f.candidate_pin_id
WHERE f.pin_id = ? AND f.strategy = ? ORDER BY f.rank LIMIT ?
"""
MOST_PINS = 1_000
LONGEST_ID = 1_000
METADATA = (
    "rank",
    "strategy",
    "clip_rank",
    "content_rank",
    "twotower_rank",
    "pinclip_rank",
    "cooccurrence_rank",
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


def related_feed(home: Path, pin_id: str, limit: int, strategy: str | None = None) -> list[dict[str, Any]]:
    """A pin's related feed as it was published, best first; each entry says which rank each signal gave it.

    Args:
        strategy: the saved query whose feeds are wanted; by default the first that the profile names.

    Raises:
        RelpinsError: the pin is unknown, or known and rejected (then with the reason), there are no feeds of that
            strategy, or the limit is out of range.
    """
    if not 1 <= limit <= MOST_PINS:
        raise RelpinsError(f"--limit {limit} is out of range; ask for 1 to {MOST_PINS} pins")
    lake = published(home)
    strategy = _known_strategy(lake, strategy or next(iter(open_home(home).profile.feeds.related), None))
    rows = lake.query(FEED, [pin_id, strategy, limit]).to_pylist()
    if not rows and lake.table("related_pins_pools").count(f"pin_id = '{_quoted(pin_id)}'") == 0:
        raise RelpinsError(why_unknown(lake, pin_id))
    shown = ("item_id", "title", "image_url", "board_category", "score")
    return [
        {
            "id": row["item_id"],
            **{name: row[name] for name in shown},
            "metadata": {name: row.get(name) for name in METADATA},  # an earlier release may have had fewer
        }
        for row in rows
    ]


BY_CONTENT = ("clip", "content", "pinclip")
"""Retrievers that need nobody to have saved a pin."""


def fallback_notes(feed: Sequence[Mapping[str, Any]]) -> list[str]:
    """What to say of a feed in which nothing comes from what people did: it falls back to look and words."""
    named = {name for entry in feed for name in entry["metadata"]["retrieved_by"] or ()}
    if not named or named - set(BY_CONTENT):
        return []
    return ["too few people saved this pin: everything here was found by look and words alone"]


def _known_strategy(lake: Lake, wanted: str | None) -> str:
    found = lake.query("SELECT DISTINCT strategy FROM related_pins_pools ORDER BY 1")["strategy"].to_pylist()
    if wanted is None or wanted not in found:
        there = ", ".join(found) or "none"
        raise RelpinsError(
            f"no related feeds of strategy {wanted!r} are published; there are: {there}. Name it under feeds.related"
            " in the profile, or run it now with `relpins query`"
        )
    return wanted


def run_sql(home: Path, statement: str) -> list[dict[str, Any]]:
    """The rows of one SELECT over the published tables; of columns with one name the next are `name_1`, `name_2`.

    Raises:
        RelpinsError: it is not one SELECT, it names what is not there, or nothing was published yet.
    """
    _check_is_select(statement)
    rows = published(home).query(statement)
    found: list[dict[str, Any]] = rows.rename_columns(_distinct(rows.column_names)).to_pylist()
    return found


def _check_is_select(statement: str) -> None:
    try:
        kinds = [parsed.type for parsed in duckdb.extract_statements(statement)]
    except duckdb.Error as error:
        raise RelpinsError(f"the SQL was refused: {str(error).splitlines()[0]}") from None
    if len(kinds) != 1:
        raise RelpinsError(f"one SELECT can be run at a time, got {len(kinds)} statements")
    if kinds[0] != duckdb.StatementType.SELECT:
        raise RelpinsError(f"only a SELECT can be run, got {kinds[0].name}; tables change by `relpins build` alone")


def _distinct(names: list[str]) -> list[str]:
    seen: Counter[str] = Counter()
    distinct = []
    for name in names:
        distinct.append(f"{name}_{seen[name]}" if seen[name] else name)
        seen[name] += 1
    return distinct


def why_unknown(lake: Lake, pin_id: str) -> str:
    """Why a pin has no feed: it was rejected, or there is no such pin; then with the nearest names."""
    if len(pin_id) > LONGEST_ID:
        return f"there is no pin {pin_id[:40]!r}... ({len(pin_id):,} characters)"
    of_pin = f"`table` IN ('pins', 'pin_images') AND key = '{_quoted(pin_id)}'"
    known = sorted(lake.table("raw_pins").read(["pin_id"])["pin_id"].to_pylist())
    reasons = lake.rejected.read(["table", "reason", "detail"], where=of_pin).sort_by("table").to_pylist()
    if reasons:
        return f"pin {pin_id!r} was rejected: {reasons[0]['reason']} ({reasons[0]['detail']})"
    near = difflib.get_close_matches(pin_id, known[:200_000], n=3)
    hint = f"; near it: {', '.join(near)}" if near else f"; there are {len(known)} pins, such as {', '.join(known[:3])}"
    return f"there is no pin {pin_id!r}{hint}"


def _quoted(text: str) -> str:
    return text.replace("'", "''")
