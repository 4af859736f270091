"""Home feeds on the sample world: feeds as of the evaluation's cut, judged by what each person saved since.

    python tests/benchmarks/home_feed_quality.py --home .relpins

Reads a built home of the sample world and the graph at the cut that its quality report was made on (`eval/<day>`).
Prints NDCG@10, recall@20, the mean age of what is shown and the number of distinct pins, for each strategy that starts
from a person, and for what is popular. It is a simulation: it compares strategies, it promises nothing.
"""

from __future__ import annotations

import argparse
from datetime import UTC, date, datetime, time
from pathlib import Path

import numpy as np

from relpins_assets.feeds.batches import answer_for
from relpins_assets.feeds.catalog import load_catalog
from relpins_assets.feeds.saved import Strategy, strategies
from relpins_assets.home import open_home
from relpins_assets.schemas import TABLES
from relpins_resources.lake import Lake
from relpins_resources.query.catalog import Catalog, Ints
from relpins_resources.query.language.parser import parse_query

SAVES = """
WITH joined AS (SELECT representative_pin_id AS item_id, unnest(pin_ids) AS pin_id FROM pin_joins)
SELECT DISTINCT owner_id AS user_id, item_id
FROM raw_board_pins JOIN raw_boards USING (board_id) JOIN joined USING (pin_id) WHERE saved_at >= ?
"""
POPULAR = """SELECT * FROM column_order('popular_rank ASC', limit=500)
WHERE prebuilt('exclude_saved', input_user_id=$user_id) LIMIT 20"""
K, DEPTH = 10, 20


def saved_since(lake: Lake, catalog: Catalog, day: date) -> dict[str, set[int]]:
    """Per person the items, known at the cut and not saved before, that they saved since."""
    assert catalog.people is not None
    found: dict[str, set[int]] = {}
    for row in lake.query(SAVES, [datetime.combine(day, time(), UTC)]).to_pylist():
        item = int(catalog.positions([row["item_id"]])[0])
        user = int(catalog.people.positions([row["user_id"]])[0])
        if item >= 0 and user >= 0 and item not in catalog.people.history(user):
            found.setdefault(row["user_id"], set()).add(item)
    return found


def judged(items: Ints, wanted: list[set[int]], catalog: Catalog) -> tuple[float, float, float, int]:
    """Mean NDCG@10 and recall@20 over people, mean age in days, distinct items."""
    discount = 1 / np.log2(np.arange(2, DEPTH + 2))
    ndcg, recall = [], []
    for row, relevant in zip(items, wanted, strict=True):
        hits = np.array([int(item) in relevant for item in row[:DEPTH]], float)
        ndcg.append(hits[:K] @ discount[: len(hits[:K])] / discount[: min(K, len(relevant))].sum())
        recall.append(hits.sum() / min(DEPTH, len(relevant)))
    shown = items[items >= 0]
    created = catalog.columns["created_at"]
    ages = (catalog.as_of.timestamp() - created.data[shown][~created.is_null[shown]]) / 86_400
    return float(np.mean(ndcg)), float(np.mean(recall)), float(ages.mean()), len(np.unique(shown))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--home", type=Path, required=True)
    home = parser.parse_args().home
    profile = open_home(home).profile
    folder = max((home / "eval").iterdir())
    day = date.fromisoformat(folder.name)
    catalog = load_catalog(Lake(folder, TABLES), profile, as_of=day)
    wanted = saved_since(Lake(home, TABLES), catalog, day)
    people = sorted(wanted)
    known = strategies(home, profile)
    compared = {
        name: (known[name].query, {"candidates": 100, "limit": DEPTH}) for name in ("home_feed", "visual_home_feed")
    }
    compared["popular"] = (parse_query(POPULAR), {})
    print(f"{len(people)} people who saved something since {day}")
    for name, (query, values) in compared.items():
        items = answer_for(Strategy(name, query, values, "user_id"), catalog, people).items
        ndcg, recall, age, distinct = judged(items, [wanted[who] for who in people], catalog)
        print(f"{name:<18} ndcg@10 {ndcg:.4f}  recall@20 {recall:.4f}  mean age {age:.0f} days  {distinct} pins")


if __name__ == "__main__":
    main()
