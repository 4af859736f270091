"""Recommendations for one object in a pin: a query that starts from a part of its picture, run when it is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from relpins_assets.querying import Reader
from relpins_assets.reading import MOST_PINS, why_unknown
from relpins_resources.errors import RelpinsError
from relpins_resources.lake import Lake

STRATEGY = "object_pins"


def object_feed(home: Path, pin_id: str, number: int, limit: int, strategy: str | None = None) -> dict[str, Any]:
    """Pins for one object of a pin.

    Args:
        number: of the object, as in dominant_objects; 1 is the largest.
        strategy: a saved query with the parameters item_id and object; `object_pins` by default.

    Returns:
        {"object": its number, box, confidence and so on, "results": [...]}.

    Raises:
        RelpinsError: nothing is published, the pin is unknown, it has no such object (the message says which it has),
            the limit is out of range, or the strategy takes no object.
    """
    if not 1 <= limit <= MOST_PINS:
        raise RelpinsError(f"--limit {limit} is out of range; ask for 1 to {MOST_PINS} pins")
    reader, named = Reader(home), strategy or STRATEGY
    found = _object(reader.lake, pin_id, number)
    _, parameters, _ = reader.find(named)
    lacking = [name for name in ("item_id", "object") if name not in {spec.name for spec in parameters}]
    if lacking:
        raise RelpinsError(
            f"strategy {named} has no parameter {' and none '.join(lacking)}, so it cannot start from an object; "
            f"leave --strategy out, or write one as {STRATEGY} is written"
        )
    given: dict[str, Any] = {"item_id": pin_id, "object": number}
    if "limit" in {spec.name for spec in parameters}:
        given["limit"] = limit
    answer = reader.query(named, given)
    return {**answer, "object": found, "results": answer["results"][:limit]}


def _object(lake: Lake, pin_id: str, number: int) -> dict[str, Any]:
    """The row of an object. Raises RelpinsError if there is none of that number, saying which there are."""
    if lake.table("dominant_object_pins").read_keys([pin_id], ["pin_id"]).num_rows == 0:
        if lake.table("pin_images").read_keys([pin_id], ["pin_id"]).num_rows == 0:
            raise RelpinsError(why_unknown(lake, pin_id))
        raise RelpinsError(f"no detector looked at pin {pin_id!r} yet; run `relpins build`")
    rows = lake.table("dominant_objects").read_keys([pin_id]).sort_by("object_number").to_pylist()
    for row in rows:
        if row["object_number"] == number:
            return {name: value for name, value in row.items() if name != "pin_id"}
    if not rows:
        raise RelpinsError(f"no object was found in the picture of pin {pin_id!r}; ask for its feed without --object")
    there = ", ".join(f"{row['object_number']} ({row['area']:.0%} of the picture)" for row in rows)
    raise RelpinsError(f"pin {pin_id!r} has no object {number}; it has: {there}")
