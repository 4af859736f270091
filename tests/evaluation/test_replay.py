"""What a log says of systems: known answers by hand, and the lottery's estimate against the truth it was drawn from."""

import numpy as np
import pyarrow as pa
import pytest
from evaluation_worlds import SCHEMAS, T, day, pins, saved

from relpins_assets.evaluation.protocol import Queries, build_queries
from relpins_assets.evaluation.replay import DEPTH, Log, logged_after, replay_rows

EVENT = pa.schema(
    [*SCHEMAS["interactions"], ("surface", pa.string()), ("request_id", pa.string())],
)


def world(events: list[dict[str, object]]) -> tuple[dict[str, pa.Table], pa.Table, Queries]:
    """Pins a to e, of which e is a repin of a; tables, pin_joins at T, queries."""
    rows = [{name: row.get(name) for name in EVENT.names} for row in events]
    tables = {
        "pins": pins("a", "b", "c", "d"),
        "board_pins": saved(("x", "a", -1), ("x", "b", 1)),
        "interactions": pa.Table.from_pylist(rows, EVENT),
    }
    joins = pa.table(
        {"representative_pin_id": ["a", "b", "c", "d"], "pin_ids": [["a", "e"], ["b"], ["c"], ["d"]]},
        schema=pa.schema([("representative_pin_id", pa.string()), ("pin_ids", pa.list_(pa.string()))]),
    )
    return tables, joins, build_queries(tables, T)


def event(what: str, pin: str, place: int, **more: object) -> dict[str, object]:
    """Something done in request r1 of user u to a pin shown at a place beside e, the repin of a, a day after T."""
    given = {"event": what, "pin_id": pin, "position": place, "request_id": "r1", "user_id": "u", "surface": "related"}
    return {**given, "query_pin_id": "e", "created_at": day(1), "is_randomised": False, **more}


def told(rows: list[dict[str, object]]) -> dict[tuple[object, ...], object]:
    return {(row["system"], row["metric"], row["slice"]): row["value"] for row in rows}


def test_an_impression_counts_for_the_systems_that_would_have_shown_it():
    tables, joins, queries = world(
        [
            event("impression", "b", 1), event("click", "b", 1), event("save", "b", 1),
            event("impression", "c", 2),
            event("impression", "b", 1, request_id="r2", user_id="v"),
            event("impression", "d", 2, request_id="r2", user_id="v"),
            event("closeup", "d", 2, request_id="r2", user_id="v"),
            event("impression", "c", 1, request_id="r3", created_at=day(-1)),  # before T
            event("impression", "c", 1, request_id="r4", surface="home"),  # of another surface
            event("impression", "gone", 1, request_id="r5"),  # a pin that did not exist at T
        ]
    )  # fmt: skip
    log = logged_after(tables, joins, queries)
    assert queries.pin_ids[log.query_pins].tolist() == ["a"] * 4
    a, b, c, d = range(4)
    lists = {"both": np.full((4, 30), -1), "c only": np.full((4, 30), -1), "late": np.full((4, 30), -1)}
    lists["both"][a, :2] = b, d
    lists["c only"][a, :1] = c
    lists["late"][a, DEPTH] = b  # one place too far down
    found = told(replay_rows(lists, log, "both"))
    assert found["both", f"ctr@{DEPTH}", "shown"] == 1 / 3
    assert found["both", f"save_propensity@{DEPTH}", "shown"] == 1 / 2
    assert found["both", f"session_depth@{DEPTH}", "shown"] == (1 + 1) / 2
    assert found["c only", f"ctr@{DEPTH}", "shown"] == 0
    assert found["c only", f"save_propensity@{DEPTH}", "shown"] == 0 / 1
    assert found["late", f"ctr@{DEPTH}", "shown"] is None
    assert not any(part == "randomised" for _, _, part in found)


def test_no_impression_no_rows():
    tables, joins, queries = world([])
    assert replay_rows({"ours": np.zeros((4, 9), int)}, logged_after(tables, joins, queries), "ours") == []


def test_the_lottery_estimates_what_an_order_would_have_earned():
    """Three pins are shown in random order; a click comes by chance of place and pin. The estimate for each order of
    the pins must be near what that order earns on average."""
    rng = np.random.default_rng(0)
    looks, likes = np.array([0.9, 0.5, 0.1]), np.array([0.8, 0.4, 0.2])
    n = 6000
    shown = np.array([rng.permutation(3) for _ in range(n)])  # (n, place) pin
    clicks = rng.random((n, 3)) < looks[None, :] * likes[shown]
    flat = shown.ravel()
    requests = np.repeat(np.arange(n), 3)
    order = np.lexsort((flat, requests))  # a log names pins in their order, not in that of the places
    log = Log(
        np.full(3 * n, 3), flat[order], requests[order] % 400, requests[order], np.tile(np.arange(3), n)[order],
        clicks.ravel()[order], np.zeros(3 * n, bool), clicks.ravel()[order], np.ones(3 * n, bool),
    )  # fmt: skip
    orders = {"best": [0, 1, 2], "worst": [2, 1, 0], "middle": [1, 0, 2]}
    lists = {name: np.array([[-1] * 3] * 3 + [pins]) for name, pins in orders.items()}
    rows = [row for row in replay_rows(lists, log, "best") if row["metric"] == "clicks_reordered"]
    for row in rows:
        truth = float(looks @ likes[orders[row["system"]]])
        assert row["value"] == pytest.approx(truth, abs=0.05), row["system"]
    worst = next(row for row in rows if row["system"] == "worst")
    assert worst["high"] < 0, "it is surely below the best order"
