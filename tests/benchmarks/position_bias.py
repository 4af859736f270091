"""How well the expected rates find the position bias of sample worlds, and what that does for COEC.

    python tests/benchmarks/position_bias.py --seeds 100 101 102 103 104 [--json]

Root mean square of log(found / true) over impressions, height apart: of plain rates by place, of those of the lists in
random order alone (half an event added), and ours. And how COEC orders the pins of a query, by Kendall's tau with
the hidden truth over pairs shown ten times or more, beside the raw click rate and COEC from plain rates. The truth is
read here and by nothing else.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from scipy.stats import kendalltau

from relpins_assets.profile_signals import Ranking
from relpins_assets.ranking.coec import action_weights, coec_rows
from relpins_assets.ranking.expected_rates import Rates, fit_rates
from relpins_assets.ranking.shown import shown_counts
from relpins_assets.schemas import TABLES
from relpins_resources.lake import Lake
from relpins_resources.sample_world import oracle_scores, write_sample_world


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[100, 101, 102, 103, 104])
    parser.add_argument("--worlds", type=Path, help="a folder with worlds w<seed>; made anew where one is not there")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = []
    for seed in options.seeds:
        with tempfile.TemporaryDirectory() as folder:
            world = (options.worlds or Path(folder)) / f"w{seed}"
            if not world.exists():
                write_sample_world(world, seed=seed)
            found.append({"seed": seed, **measured(world, Path(folder))})
        if not options.json:
            print(line(found[-1]), flush=True)
    mean = {name: float(np.mean([one[name] for one in found])) for name in found[0] if name != "seed"}
    print(json.dumps({"seeds": found, "mean": mean}) if options.json else line({"seed": "mean", **mean}))


def measured(world: Path, scratch: Path) -> dict[str, float]:
    """The figures of one world."""
    counts = shown_counts(_lake(world, scratch / "home"))
    rates = fit_rates(counts)
    random = counts.filter(counts["is_randomised"])
    kinds = {"plain": plain_rates(counts, rates), "random lists": plain_rates(random, rates), "ours": rates}
    errors = {f"error, {name}": bias_error(world, one, rates) for name, one in kinds.items()}
    return {**errors, **agreement(world, counts, kinds)}


def _lake(world: Path, home: Path) -> Lake:
    """The log of a world, and its pins with repins as one image."""
    lake = Lake(home, TABLES)
    log = pq.read_table(world / "interactions.parquet")
    schema = lake.table("raw_interactions").schema.arrow()
    columns = {name: log[name] for name in schema.names if name in log.column_names}
    empty = pa.array([""] * log.num_rows)
    filled = {name: columns.get(name, empty).cast(schema.field(name).type) for name in schema.names}
    lake.table("raw_interactions").overwrite(pa.table(filled, schema=schema))
    copies = pq.read_table(world / "_truth" / "duplicates.parquet")
    original = dict(zip(copies["pin_id"].to_pylist(), copies["original_pin_id"].to_pylist(), strict=True))
    pins = pc.unique(pq.read_table(world / "pins.parquet")["pin_id"]).drop_null().to_pylist()
    joins: dict[str, list[str]] = {}
    for pin in pins:
        joins.setdefault(original.get(pin, pin), []).append(pin)
    rows = [
        {
            "join_id": join,
            "pin_ids": sorted(held),
            "n_pins": len(held),
            "representative_pin_id": join,
            "fingerprint": "",
        }
        for join, held in sorted(joins.items())
    ]
    lake.table("pin_joins").overwrite(pa.Table.from_pylist(rows, schema=lake.table("pin_joins").schema.arrow()))
    return lake


def plain_rates(counts: pa.Table, rates: Rates) -> Rates:
    """Clicks per impression at each place; half a click in half the impressions of the least place added."""
    cell, n = rates.cells(counts["device"], counts["position"]), len(rates.positions)
    clicks, shown = (np.bincount(cell, counts[name].to_numpy(), n) for name in ("click", "n_impressions"))
    plain = (clicks + 0.5) / (shown + 1.0)
    return Rates(rates.devices, rates.positions, rates.device_of, rates.n_impressions, {**rates.rates, "click": plain})


def bias_error(world: Path, rates: Rates, seen: Rates) -> float:
    truth = pq.read_table(world / "_truth" / "position_bias.parquet").to_pylist()
    examined = {(one["device"], one["position"]): one["examination"] for one in truth}
    cells = [
        (rates.devices[device], int(place)) for device, place in zip(rates.device_of, rates.positions, strict=True)
    ]
    known = np.array([cell in examined for cell in cells])
    ratio = np.log(rates.rates["click"][known] / [examined[cell] for cell in cells if cell in examined])
    weights = seen.n_impressions[known] / seen.n_impressions[known].sum()
    return float(np.sqrt((weights * (ratio - weights @ ratio) ** 2).sum()))


def agreement(world: Path, counts: pa.Table, kinds: dict[str, Rates]) -> dict[str, float]:
    ranking = Ranking()
    found = {}
    for name in ("plain", "ours"):
        rows = coec_rows(counts, kinds[name], action_weights(ranking), ranking.prior)
        rows = rows.filter(pc.greater_equal(rows["n_impressions"], ranking.min_impressions))
        found[f"tau, COEC {name}"] = rows["coec"].to_numpy()
    found["tau, click rate"] = rows["n_clicks"].to_numpy() / rows["n_impressions"].to_numpy()
    queries, items = rows["query_join_id"].to_pylist(), rows["join_id"].to_pylist()
    asked, shown = sorted(set(queries)), sorted(set(items))
    scores = oracle_scores(world, asked, shown)
    row, column = np.searchsorted(asked, queries), np.searchsorted(shown, items)
    truth = scores[row, column]
    taus = {name: [] for name in found}
    for one in np.unique(row):
        own = row == one
        if own.sum() > 2:
            for name, values in found.items():
                taus[name].append(kendalltau(values[own], truth[own]).statistic)
    return {name: float(np.nanmean(values)) for name, values in taus.items()}


def line(found: dict[str, float | str]) -> str:
    return "  ".join(
        f"{name} {value:.4f}" if isinstance(value, float) else f"{name} {value}" for name, value in found.items()
    )


if __name__ == "__main__":
    main()
