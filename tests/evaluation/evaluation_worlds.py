"""Small catalogs with known answers, and random ones, as input tables."""

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa

T = datetime(2026, 3, 1, tzinfo=UTC)
TIME = pa.timestamp("us", "UTC")

SCHEMAS = {
    "pins": pa.schema(
        [
            ("pin_id", pa.string()),
            ("image_bytes", pa.large_binary()),
            ("image_url", pa.string()),
            ("title", pa.string()),
            ("price", pa.float64()),
            ("merchant_tags", pa.list_(pa.string())),
            ("created_at", TIME),
            ("updated_at", TIME),
            ("deleted", pa.bool_()),
        ]
    ),
    "boards": pa.schema([("board_id", pa.string()), ("title", pa.string()), ("owner_id", pa.string())]),
    "board_pins": pa.schema(
        [("board_id", pa.string()), ("pin_id", pa.string()), ("saved_at", TIME), ("note", pa.string())]
    ),
    "interactions": pa.schema(
        [
            ("interaction_id", pa.string()),
            ("user_id", pa.string()),
            ("pin_id", pa.string()),
            ("event", pa.string()),
            ("created_at", TIME),
            ("query_pin_id", pa.string()),
            ("position", pa.int64()),
            ("is_randomised", pa.bool_()),
        ]
    ),
    "searches": pa.schema(
        [
            ("search_id", pa.string()),
            ("query", pa.string()),
            ("user_id", pa.string()),
            ("created_at", TIME),
            ("clicked_pin_id", pa.string()),
        ]
    ),
    "users": pa.schema([("user_id", pa.string()), ("country", pa.string()), ("attributes", pa.string())]),
}


def day(days: float) -> datetime:
    """T plus days; negative is before T."""
    return T + timedelta(days=days)


def table(name: str, *rows: dict) -> pa.Table:
    """Rows of one input table; what a row leaves out is null."""
    schema = SCHEMAS[name]
    return pa.Table.from_pylist([{field: row.get(field) for field in schema.names} for row in rows], schema)


def pins(*ids: str, created: float = -100) -> pa.Table:
    return table("pins", *({"pin_id": pin, "created_at": day(created)} for pin in ids))


def saved(*rows: tuple[str, str, float | None]) -> pa.Table:
    """board_pins from (board, pin, days after T or None)."""
    return table(
        "board_pins",
        *({"board_id": b, "pin_id": p, "saved_at": None if d is None else day(d)} for b, p, d in rows),
    )


def events(*rows: tuple[str, str, str, float]) -> pa.Table:
    """interactions from (user, pin, event, days after T)."""
    return table(
        "interactions",
        *(
            {"interaction_id": f"i{n}", "user_id": u, "pin_id": p, "event": e, "created_at": day(d)}
            for n, (u, p, e, d) in enumerate(rows)
        ),
    )


def even_odd_world(n_pins: int = 20) -> dict[str, pa.Table]:
    """Even boards save the even pins and odd boards the odd ones; board i saves pin i only after T."""
    rows = [
        (f"b{board:02}", f"p{pin:02}", 5 if pin == board else -5)
        for board in range(n_pins)
        for pin in range(n_pins)
        if pin % 2 == board % 2
    ]
    return {"pins": pins(*(f"p{pin:02}" for pin in range(n_pins))), "board_pins": saved(*rows)}


def random_world(seed: int, n_pins: int = 30, n_boards: int = 8, n_events: int = 80) -> dict[str, pa.Table]:
    """A catalog of every oddity: missing times, dangling ids, updates, deletions, times of exactly T."""
    rng = np.random.default_rng(seed)

    def when(missing: float = 0.1) -> datetime | None:
        return None if rng.random() < missing else day(int(rng.integers(-4, 5)) / 2)

    def one_of(prefix: str, n: int) -> str:
        return f"{prefix}{rng.integers(n + 2):03}"  # two of them are in no table

    pin_rows = [
        {
            "pin_id": f"p{i:03}",
            "image_bytes": bytes([i % 256]),
            "title": f"title {i}",
            "price": float(i),
            "merchant_tags": ["a", str(i)],
            "created_at": when(),
            "updated_at": when(0.5),
            "deleted": bool(rng.random() < 0.1),
        }
        for i in range(n_pins)
    ]
    pairs = sorted({(one_of("b", n_boards), one_of("p", n_pins)) for _ in range(5 * n_boards)})
    event_rows = [
        {
            "interaction_id": f"i{i}",
            "user_id": one_of("u", 6),
            "pin_id": one_of("p", n_pins),
            "event": str(rng.choice(["impression", "click", "save"])),
            "created_at": when(),
            "position": int(rng.integers(1, 9)),
        }
        for i in range(n_events)
    ]
    return {
        "pins": table("pins", *pin_rows),
        "boards": table(
            "boards", *({"board_id": f"b{i:03}", "title": f"t{i}", "owner_id": one_of("u", 6)} for i in range(n_boards))
        ),
        "board_pins": table(
            "board_pins", *({"board_id": b, "pin_id": p, "saved_at": when(), "note": "n"} for b, p in pairs)
        ),
        "interactions": table("interactions", *event_rows),
        "searches": table(
            "searches",
            *(
                {"search_id": f"s{i}", "query": f"q{i}", "user_id": one_of("u", 6), "created_at": when()}
                for i in range(9)
            ),
        ),
        "users": table(
            "users",
            *(
                {
                    "user_id": f"u{i:03}",
                    "country": str(rng.choice(["fr", "de"])),
                    "attributes": json.dumps({"born": str(1950 + i), "saves": str(rng.integers(99))}),
                }
                for i in range(6)
            ),
        ),
    }
