"""Topics: how fast tuples are mined beside the same counts in SQL, and whether the judge tells real from swapped.

    python tests/benchmarks/topic_mining.py [--images 100000] [--home HOME ...] [--json]

Mining is on synthetic images (about 12 attributes of 20 kinds each, Zipf); the peer counts the same tuples by joins
in DuckDB, and both must agree. The judge is checked on each home that is given: area under the ROC curve of real
queries against real tuples with one value swapped, demand counted on earlier searches only, mean and least of 5 draws.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import scipy.sparse as sp

from relpins_assets.home import open_home
from relpins_assets.vocabulary.demand import search_demand
from relpins_assets.vocabulary.itemsets import frequent_tuples
from relpins_assets.vocabulary.judge_check import check_judge
from relpins_assets.vocabulary.judging import Known
from relpins_assets.vocabulary.topic_evidence import Carriers, carriers, said_of_images
from relpins_assets.vocabulary.topic_fits import single_keys
from relpins_assets.vocabulary.vocabulary import Attribute, load_vocabulary
from relpins_resources.judges import StatisticalJudge

KINDS, VALUES = 20, 40
_PAIRS = """
    SELECT a.attribute AS one, b.attribute AS two, count(*) AS n FROM carried a JOIN carried b USING (image)
    WHERE a.attribute < b.attribute AND a.kind <> b.kind GROUP BY ALL HAVING count(*) >= $least"""
_TRIPLES = """
    SELECT count(*) AS tuples, sum(n)::BIGINT AS images FROM (
        SELECT count(*) AS n FROM carried a JOIN carried b USING (image) JOIN carried c USING (image)
        WHERE a.attribute < b.attribute AND b.attribute < c.attribute
          AND a.kind <> b.kind AND b.kind <> c.kind AND a.kind <> c.kind
        GROUP BY a.attribute, b.attribute, c.attribute HAVING count(*) >= $least)"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=100_000)
    parser.add_argument("--min-pins", type=int, default=50)
    parser.add_argument("--home", type=Path, action="append", default=[])
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    told: dict[str, Any] = {"mining": _mining(chosen.images, chosen.min_pins)}
    told["judge"] = {str(home): _judged(home) for home in chosen.home}
    print(json.dumps(told) if chosen.json else json.dumps(told, indent=2))


def _mining(n_images: int, least: int) -> dict[str, Any]:
    given = _synthetic(n_images)
    start = time.perf_counter()
    found = frequent_tuples(given, least, 3)
    ours = time.perf_counter() - start
    coo = given.matrix.tocoo()
    carried = pa.table({"image": coo.row, "attribute": coo.col, "kind": given.key_of[coo.col]})
    con = duckdb.connect()
    con.register("carried", carried)
    start = time.perf_counter()
    n_pairs = len(con.execute(_PAIRS, {"least": least}).fetchall())
    triples = con.execute(_TRIPLES, {"least": least}).fetchall()[0]
    peer = time.perf_counter() - start
    counts = [len(tuples) for tuples, _ in found]
    assert counts == [n_pairs, triples[0]], "both count the same tuples"
    assert int(found[1][1].sum()) == triples[1], "and the same images"
    return {
        "images": n_images,
        "attributes of an image": round(given.matrix.nnz / n_images, 1),
        "pairs": counts[0],
        "triples": counts[1],
        "seconds": round(ours, 2),
        "seconds of SQL": round(peer, 2),
    }


def _synthetic(n_images: int) -> Carriers:
    rng = np.random.default_rng(0)
    weights = 1 / np.arange(1, VALUES + 1)
    drawn = rng.choice(VALUES, size=(n_images, KINDS), p=weights / weights.sum())
    has = rng.random((n_images, KINDS)) < 0.6
    columns = (np.arange(KINDS) * VALUES + drawn)[has]
    matrix = sp.csr_matrix(
        (np.ones(len(columns), np.int32), (np.nonzero(has)[0], columns)), shape=(n_images, KINDS * VALUES)
    )
    attributes = tuple(
        Attribute(f"k{kind:02d}/{value:02d}", f"k{kind:02d}", f"v{value}", (f"v{value}",), 1, 1.0)
        for kind in range(KINDS)
        for value in range(VALUES)
    )
    return Carriers(attributes, tuple(map(str, range(n_images))), matrix)


def _judged(home: Path) -> dict[str, Any] | None:
    workspace = open_home(home).workspace()
    lake, vocabulary, singles = workspace.lake, load_vocabulary(workspace.lake), single_keys(workspace)
    given = carriers(said_of_images(lake), vocabulary, singles)
    intents = lake.table("search_intents").read()
    known = Known(given, search_demand(intents, vocabulary.attributes), singles)
    checks = [check_judge(StatisticalJudge(), known, intents, seed) for seed in range(5)]
    done = [check for check in checks if check is not None]
    if not done:
        return None
    return {
        "AUC": round(float(np.mean([one.score for one in done])), 3),
        "least": round(min(one.score for one in done), 3),
        "AUC of coherence alone": round(float(np.mean([one.coherence for one in done])), 3),
        "real queries": done[0].n,
    }


if __name__ == "__main__":
    main()
