"""The two-tower embedding alone on catalogs cut before their end, with each of its ingredients turned off.

    python tests/benchmarks/two_tower.py CUT_HOME SOURCE [CUT_HOME SOURCE ...] [--json]

A cut home is what `relpins evaluate` leaves under HOME/eval/DAY, SOURCE the home that it was cut from (its tables hold
the saves after the cut). Item to item: NDCG@10 and recall@10 of cosines alone, by slices of targets; with every pin's
own vector masked (as if all were new); share of the 1 % most popular pins. Users to items: NDCG@10 of what each saved
after the cut, own saves left out, from their last 10, 50 and 100 saves. Beside it clip, content and co-occurrence.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from relpins_assets.evaluation.baselines import score_rankings
from relpins_assets.evaluation.evaluate import Rankings, evaluate
from relpins_assets.evaluation.graph_at import midnight, raw_tables
from relpins_assets.evaluation.protocol import Queries, build_queries
from relpins_assets.evaluation.saves import unite_saves
from relpins_assets.evaluation.systems import Systems, collapsed
from relpins_assets.feeds.catalog import load_catalog
from relpins_assets.graph_embeddings.twotower_inputs import GROUPS
from relpins_assets.graph_embeddings.twotower_lessons import SAMPLE, Course, course_of
from relpins_assets.graph_embeddings.twotower_model import config_of
from relpins_assets.home import open_home
from relpins_assets.workspace import Workspace
from relpins_resources.ann import snap
from relpins_resources.collaborative.two_tower_network import Pins, Towers, mean_histories
from relpins_resources.collaborative.two_tower_training import TwoTowerConfig, train_two_tower
from relpins_resources.errors import RelpinsError

Floats = npt.NDArray[np.float32]
SHOWN = ("ndcg@10", "recall@10", "recall@10/new", "recall@10/thin", "recall@10/warm", "popular_share@10")
LIMIT, MAX_QUERIES = 100, 2_000
HISTORIES = (10, 50, 100)
VARIANTS: dict[str, dict[str, Any]] = {
    "as shipped": {},
    "without log Q": {"corrects_sampling": False},
    "without id dropout": {"id_dropout": 0.0},
    "without masking of known saves": {"masks_known": False},
    "without users": {"user_weight": 0.0},
    "temperature .2": {"temperature": 0.2},
    "negatives x 1/2": {"n_negatives": 1024},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("homes", type=Path, nargs="+", help="pairs: a cut home, and the home it was cut from")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if len(given.homes) % 2:
        parser.error("give pairs: a cut home, and the home it was cut from")
    for at, source in zip(given.homes[::2], given.homes[1::2], strict=True):
        for row in measured(at, source):
            print(json.dumps(row) if given.json else line(row), flush=True)


def measured(home: Path, source: Path) -> list[dict[str, Any]]:
    """A row per system and variant on one cut."""
    whole = open_home(source).workspace()
    day = date.fromisoformat(home.name)
    at = Workspace(home, whole.profile, cache_home=source, day=day)
    tables = raw_tables(whole.lake)
    as_shown = collapsed(tables, at.lake.table("pin_joins").read(["representative_pin_id", "pin_ids"]))
    queries = build_queries(as_shown, midnight(day), max_queries=MAX_QUERIES, seed=0)
    systems = Systems(load_catalog(at.lake, at.profile, as_of=day), queries, LIMIT)
    rows = [
        {"home": str(home), "system": name, **judged(rankings, queries)}
        for name, rankings in {
            "clip": systems.nearest("clip_embedding"),
            "content": systems.nearest("content_embedding"),
            "co-occurrence": systems.most_shared(),
        }.items()
    ]
    course = course_of(at.lake)
    ids = at.lake.query(SAMPLE)["pin_id"].to_pylist()
    place = {pin_id: row for row, pin_id in enumerate(ids)}
    of_candidates = np.array([place[pin_id] for pin_id in queries.pin_ids if pin_id in place], np.int64)
    if len(of_candidates) < len(queries.pin_ids):
        raise RelpinsError(f"{home} lacks images of {len(queries.pin_ids) - len(of_candidates)} pins; build it again")
    people = People(as_shown, midnight(day), ids)
    for name, settings in {**VARIANTS, **_without_groups()}.items():
        rows.append(
            {"home": str(home), "system": name, **variant(at, course, queries, of_candidates, people, settings)}
        )
    return rows


def variant(
    at: Workspace,
    course: Course,
    queries: Queries,
    of_candidates: npt.NDArray[np.int64],
    people: People,
    settings: Mapping[str, Any],
) -> dict[str, float]:
    """What towers trained with these settings reach; `left_out` is the number of a group of content that they lack."""
    config = replace(config_of(at.profile.twotower), **{k: v for k, v in settings.items() if k != "left_out"})
    towers, pins, seconds = trained(course, config, settings.get("left_out"), at.profile.seed)
    vectors, masked = snap(towers.of_pins(pins)), snap(towers.of_pins(pins.without_ids()))
    with_ids, without = (judged(by_cosine(one[of_candidates], queries), queries) for one in (vectors, masked))
    return {
        "seconds": round(seconds, 1),
        **with_ids,
        "ndcg@10 ids masked": without["ndcg@10"],
        "warm kept with ids masked": round(without["recall@10/warm"] / with_ids["recall@10/warm"], 3),
        **{f"users by {n}": people.ndcg(towers, vectors, n) for n in HISTORIES},
    }


def _without_groups() -> dict[str, dict[str, Any]]:
    return {f"without {name}": {"left_out": number} for number, name in enumerate(GROUPS)}


def trained(course: Course, config: TwoTowerConfig, left_out: int | None, seed: int) -> tuple[Towers, Pins, float]:
    """Towers trained with these settings, the pins as they saw them, and processor seconds."""
    groups = tuple(
        np.zeros((len(group), 0), np.float32) if number == left_out else group
        for number, group in enumerate(course.pins.groups)
    )
    pins = Pins(groups, course.pins.ids)
    started = time.process_time()
    towers = train_two_tower(pins, course.lessons, seed, config, course.judge(pins)).towers
    return towers, pins, time.process_time() - started


def by_cosine(vectors: Floats, queries: Queries) -> Rankings:
    wide = vectors.astype(np.float64)
    scores: Callable[[Any], Any] = lambda rows: wide[queries.query_pins[rows]] @ wide.T  # noqa: E731
    return score_rankings(scores, queries, LIMIT)


def judged(rankings: Rankings, queries: Queries) -> dict[str, float]:
    summary = evaluate(rankings, queries, (10,)).summary
    return {name: round(float(summary[name]), 4) for name in SHOWN}


class People:
    """Who saved what before the cut, newest first, and what they saved for the first time after it."""

    def __init__(self, tables: Mapping[str, pa.Table], cut_at: datetime, ids: list[str]) -> None:
        saves = unite_saves(tables["board_pins"], tables["interactions"], tables["boards"]).sort_by(
            [("saved_at", "descending"), ("pin_id", "ascending")]
        )
        place = {pin_id: row for row, pin_id in enumerate(ids)}
        before: dict[str, dict[int, None]] = {}
        after: dict[str, set[int]] = {}
        for user, pin, saved_at in zip(
            *(saves[name].to_pylist() for name in ("user_id", "pin_id", "saved_at")), strict=True
        ):
            if user is not None and pin in place:
                if saved_at.replace(tzinfo=UTC) < cut_at:
                    before.setdefault(user, {})[place[pin]] = None
                else:
                    after.setdefault(user, set()).add(place[pin])
        self.known = {user: np.array(list(pins), np.int64) for user, pins in before.items()}
        self.wanted = {
            user: np.array(sorted(after.get(user, set()) - set(pins)), np.int64) for user, pins in before.items()
        }
        self.users = sorted(user for user, pins in self.wanted.items() if len(pins) and len(self.known[user]))

    def ndcg(self, towers: Towers, vectors: Floats, history: int) -> float:
        """Mean NDCG@10 over people who saved before the cut and after."""
        lists = [self.known[user][:history] for user in self.users]
        indptr = np.concatenate([[0], np.cumsum([len(one) for one in lists])]).astype(np.int64)
        columns = np.zeros((len(lists), towers.columns.shape[0]), np.float32)
        users = towers.of_users(mean_histories(vectors[np.concatenate(lists)], indptr), columns)
        found = []
        for user, scores in zip(self.users, np.round(users @ vectors.T, 6), strict=True):
            scores[self.known[user]] = -np.inf
            is_hit = np.isin(np.argsort(-scores, kind="stable")[:10], self.wanted[user])
            gains = 1 / np.log2(np.arange(2, 12))
            found.append((is_hit * gains).sum() / gains[: min(10, len(self.wanted[user]))].sum())
        return round(float(np.mean(found)), 4)


def line(row: dict[str, Any]) -> str:
    return "  ".join(f"{name} {value}" for name, value in row.items() if name != "home")


if __name__ == "__main__":
    main()
