"""The world's rows in the input layout, a handful of bad ones among them."""

from collections.abc import Sequence
from datetime import timedelta

import pyarrow as pa

from relpins_resources.sample_world.catalog import PinSpec
from relpins_resources.sample_world.config import AS_OF, WorldConfig, stream
from relpins_resources.sample_world.people import Person
from relpins_resources.sample_world.searches import Search
from relpins_resources.sample_world.sessions import Event
from relpins_resources.sample_world.texts import PinText, write_text
from relpins_resources.sample_world.world import World

TIME = pa.timestamp("us", tz="UTC")

PINS = pa.schema(
    [
        ("pin_id", pa.string()), ("image_url", pa.string()), ("title", pa.string()), ("description", pa.string()),
        ("link", pa.string()), ("price", pa.float64()), ("currency", pa.string()), ("board_category", pa.string()),
        ("merchant_tags", pa.list_(pa.string())), ("created_at", TIME), ("updated_at", TIME), ("deleted", pa.bool_()),
    ]
)  # fmt: skip
BOARDS = pa.schema([(name, pa.string()) for name in ("board_id", "title", "description", "owner_id", "category")])
BOARD_PINS = pa.schema([("board_id", pa.string()), ("pin_id", pa.string()), ("saved_at", TIME), ("note", pa.string())])
INTERACTIONS = pa.schema(
    [
        ("user_id", pa.string()), ("pin_id", pa.string()), ("event", pa.string()), ("interaction_id", pa.string()),
        ("created_at", TIME), ("surface", pa.string()), ("query_pin_id", pa.string()), ("position", pa.int32()),
        ("device", pa.string()), ("locale", pa.string()), ("request_id", pa.string()), ("is_randomised", pa.bool_()),
    ]
)  # fmt: skip
SEARCHES = pa.schema(
    [
        ("query", pa.string()), ("user_id", pa.string()), ("created_at", TIME), ("count", pa.int64()),
        ("clicked_pin_id", pa.string()), ("filters", pa.string()), ("kind", pa.string()),
    ]
)  # fmt: skip
USERS = pa.schema(
    [
        ("user_id", pa.string()), ("locale", pa.string()), ("device", pa.string()), ("age_band", pa.string()),
        ("joined_at", TIME),
    ]
)  # fmt: skip

Row = dict[str, object]


def input_tables(config: WorldConfig, seed: int, world: World) -> dict[str, pa.Table]:
    """Every input table by name. Bad rows: no id, a duplicate id, a path outside, an unknown event, no query."""
    specs, people, boards = world.specs, world.people, world.boards
    owners = [people[board.owner].user_id for board in boards]
    board_rows: list[Row] = [
        {"board_id": b.board_id, "title": b.title, "description": b.description or None, "owner_id": owner,
         "category": b.category or None}
        for b, owner in zip(boards, owners, strict=True)
    ]  # fmt: skip
    by_time = sorted(world.saves, key=lambda s: (s.saved_at, s.board, s.pin))
    save_rows: list[Row] = [
        {"board_id": boards[s.board].board_id, "pin_id": specs[s.pin].pin_id, "saved_at": s.saved_at,
         "note": s.note or None}
        for s in by_time
    ]  # fmt: skip
    save_rows.insert(len(save_rows) // 2, {**save_rows[0], "pin_id": None})
    user_rows: list[Row] = [
        {"user_id": p.user_id, "locale": p.locale, "device": p.device, "age_band": p.age_band, "joined_at": p.joined_at}
        for p in people
    ]
    return {
        "pins": _table(_pin_rows(config, seed, specs), PINS),
        "boards": _table(board_rows, BOARDS),
        "board_pins": _table(save_rows, BOARD_PINS),
        "interactions": _table(_interaction_rows(specs, people, world.events), INTERACTIONS),
        "searches": _table(_search_rows(specs, people, world.searches), SEARCHES),
        "users": _table(user_rows, USERS),
    }


def _table(rows: Sequence[Row], schema: pa.Schema) -> pa.Table:
    columns = {name: [row.get(name) for row in rows] for name in schema.names}
    return pa.table(columns, schema=schema)


def _pin_rows(config: WorldConfig, seed: int, specs: Sequence[PinSpec]) -> list[Row]:
    rng = stream(seed, "pin order")
    rows = [_pin_row(spec, write_text(config, seed, spec), rng.random() < 0.88) for spec in specs]
    rows = [rows[int(i)] for i in rng.permutation(len(rows))]
    worse = {**rows[0], "title": "an older copy of this row", "updated_at": AS_OF - timedelta(days=500)}
    outside = {**rows[1], "pin_id": "pin_outside", "image_url": "../elsewhere/secret.jpg"}
    unnamed = {**rows[2], "pin_id": None}
    return [*rows, worse, outside, unnamed]


def _pin_row(spec: PinSpec, text: PinText, is_dollar: bool) -> Row:
    return {
        "pin_id": spec.pin_id,
        "image_url": f"images/{spec.pin_id}.jpg",
        "title": text.title or None,
        "description": text.description or None,
        "link": text.link or None,
        "price": spec.price,
        "currency": None if spec.price is None else "USD" if is_dollar else "EUR",
        "board_category": text.category,
        "merchant_tags": list(text.merchant_tags) or None,
        "created_at": spec.created_at,
        "updated_at": spec.created_at,
        "deleted": False,
    }


def _interaction_rows(specs: Sequence[PinSpec], people: Sequence[Person], events: Sequence[Event]) -> list[Row]:
    rows: list[Row] = []
    for number, event in enumerate(events):
        person = people[event.user]
        in_list = event.request >= 0
        rows.append(
            {
                "user_id": person.user_id,
                "pin_id": specs[event.pin].pin_id,
                "event": event.event,
                "interaction_id": f"event_{number:07d}",
                "created_at": event.at,
                "surface": event.surface or None,
                "query_pin_id": specs[event.query_pin].pin_id if event.query_pin >= 0 else None,
                "position": event.position if in_list else None,
                "device": person.device,
                "locale": person.locale,
                "request_id": f"request_{event.request:06d}" if in_list else None,
                "is_randomised": event.is_randomised if in_list else None,
            }
        )
    bad = {**rows[0], "event": "teleport", "interaction_id": "event_unknown"}
    return [*rows, bad, {**rows[0], "user_id": None, "interaction_id": "event_nobody"}]


def _search_rows(specs: Sequence[PinSpec], people: Sequence[Person], searches: Sequence[Search]) -> list[Row]:
    rows: list[Row] = [
        {
            "query": search.query,
            "user_id": people[search.user].user_id if search.user >= 0 else None,
            "created_at": search.at,
            "count": search.count,
            "clicked_pin_id": specs[search.clicked].pin_id if search.clicked >= 0 else None,
            "filters": search.filters or None,
            "kind": search.kind,
        }
        for search in searches
    ]
    return [*rows, {**rows[0], "query": None}]
