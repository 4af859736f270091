"""The comparison as people read it: Markdown tables, for one catalog or as means over several worlds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from relpins_assets.evaluation.compared_systems import OURS
from relpins_assets.evaluation.replay import DEPTH

Row = Mapping[str, Any]
Key = tuple[str, str, str]
MAIN = ("ndcg@10", "recall@10", "hit@10", "coverage@10", "intra_list_distance@10", "novelty@10", "popular_share@10")
BY_TARGET = ("new", "thin", "warm")
SLICED = ("recall@10", "ndcg@10")
REPLAYED = (f"ctr@{DEPTH}", f"save_propensity@{DEPTH}", f"session_depth@{DEPTH}", "clicks_reordered")
CATEGORY = "category: "
HOW = """A query is a pin on a board at the cut; relevant is what that board got afterwards, of pins that were there at
the cut. Board mates known before are left out of the lists. New targets had no interaction and no save before the cut,
thin ones 1 to 4, warm ones 5 or more. Every system ranks the same candidates, is fitted on the cut and knows nothing
later.

`*` marks a number whose difference to ours leaves zero out (95 %, paired bootstrap, boards drawn)."""
REPLAY = f"""What people did with related pins that the log showed them after the cut and the system would have shown
among its first {DEPTH}: `ctr` is clicks an impression, `save_propensity` the people who saved such a pin out of the
feed among those who were shown one, `session_depth` how many of the shown pins somebody engaged with in a request.
Where the log ordered by lot (slice `randomised`), `clicks_reordered` is the clicks a request would get if the pins it
showed stood in the system's order, without bias. The log's own ranker chose what could be seen: this compares systems
and promises nothing."""


def told_of_rows(rows: Iterable[Row]) -> dict[Key, str]:
    """What each cell of the tables says, from rows of system_comparison."""
    return {_key(row): number(row["value"]) + ("*" if is_sure(row) else "") for row in rows}


def told_of_seeds(by_seed: Sequence[Sequence[Row]]) -> dict[Key, str]:
    """The same as mean ± standard deviation over worlds; a star where the mean difference to ours is sure."""
    return {
        _key(row): f"{number(row['mean'])} ± {number(row['spread'])}" + ("*" if is_sure(row) else "")
        for row in over_seeds(by_seed)
    }


def over_seeds(by_seed: Sequence[Sequence[Row]]) -> list[dict[str, Any]]:
    """A row per system, metric and slice: mean and standard deviation of its values over worlds, the values
    themselves, and in how many its difference to ours was surely above (`n_above`) or below zero (`n_below`).

    `low` and `high` are the 95 % interval of the mean difference to ours. Worlds are drawn apart from one another, so
    the squares of their intervals' half widths add up.
    """
    grouped: dict[Key, list[Row]] = {}
    at_worlds: dict[Key, list[int]] = {}
    for at, row in ((at, row) for at, rows in enumerate(by_seed) for row in rows):
        grouped.setdefault(_key(row), []).append(row)
        at_worlds.setdefault(_key(row), []).append(at)
    ours = {(at, row["metric"], row["slice"]): row["value"] for at, row in _of_ours(by_seed)}
    found = []
    for key, rows in grouped.items():
        values = [row["value"] for row in rows if row["value"] is not None]
        low, high = _mean_difference(rows, [ours.get((at, *key[1:])) for at in at_worlds[key]])
        above = sum(row["low"] is not None and row["low"] > 0 for row in rows)
        below = sum(row["high"] is not None and row["high"] < 0 for row in rows)
        found.append(
            {
                "system": key[0],
                "metric": key[1],
                "slice": key[2],
                "mean": float(np.mean(values)) if values else None,
                "spread": float(np.std(values, ddof=1)) if len(values) > 1 else None,
                "low": low,
                "high": high,
                "values": values,
                "n_above": above,
                "n_below": below,
            }
        )
    return found


def _of_ours(by_seed: Sequence[Sequence[Row]]) -> Iterator[tuple[int, Row]]:
    return ((at, row) for at, rows in enumerate(by_seed) for row in rows if row["system"] == OURS)


def _mean_difference(rows: Sequence[Row], ours: Sequence[float | None]) -> tuple[float | None, float | None]:
    """The interval of the mean difference over worlds; none where a world has no interval."""
    told = [(row["value"] - own, row["low"], row["high"]) for row, own in zip(rows, ours, strict=True)
            if row["low"] is not None and row["value"] is not None and own is not None]  # fmt: skip
    if not told or len(told) < len(rows):
        return None, None
    differences, lows, highs = np.array(told).T
    half = float(np.sqrt(np.square((highs - lows) / 2).sum()) / len(told))
    return float(differences.mean()) - half, float(differences.mean()) + half


def is_sure(row: Row) -> bool:
    """Whether the interval of the difference to ours leaves zero out."""
    return row["low"] is not None and not row["low"] <= 0 <= row["high"]


def main_table(told: Mapping[Key, str]) -> str:
    """Systems down, metrics over all targets and recall of each slice of targets across."""
    columns = [(metric, "all") for metric in MAIN] + [("recall@10", part) for part in BY_TARGET]
    return _table(told, columns)


def page(told: Mapping[Key, str], left_out: Mapping[str, str], about: str) -> str:
    """The whole page.

    Args:
        told: what each (system, metric, slice) says.
        left_out: systems that are not compared, and why.
        about: what catalog this is of, when it was made and how.
    """
    categories = sorted({part for _, _, part in told if part.startswith(CATEGORY)})
    sliced = [(metric, part) for metric in SLICED for part in BY_TARGET]
    replayed = [(metric, part) for part in ("shown", "randomised") for metric in REPLAYED]
    replayed = [one for one in replayed if any((system, *one) in told for system in _systems(told))]
    parts = ["# Systems compared", about, HOW, main_table(told)]
    parts += ["## By target", _table(told, sliced)]
    if categories:
        parts += ["## By category of the query pin", _table(told, [("ndcg@10", part) for part in categories])]
    if replayed:
        parts += ["## What the log says", REPLAY, _table(told, replayed)]
    if left_out:
        parts += ["## Left out", "\n".join(f"- {name}: {why}" for name, why in left_out.items())]
    return "\n\n".join(parts) + "\n"


def _table(told: Mapping[Key, str], columns: Sequence[tuple[str, str]]) -> str:
    lines = ["| system | " + " | ".join(_heading(*one) for one in columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for system in _systems(told):
        name = f"**{system}**" if system == OURS else system
        lines.append(f"| {name} | " + " | ".join(told.get((system, *one), "-") for one in columns) + " |")
    return "\n".join(lines)


def _systems(told: Mapping[Key, str]) -> list[str]:
    return list(dict.fromkeys(system for system, _, _ in told))


def _heading(metric: str, part: str) -> str:
    return metric if part == "all" else f"{metric} {part.removeprefix(CATEGORY)}"


def _key(row: Row) -> Key:
    return row["system"], row["metric"], row["slice"]


def number(value: float | None) -> str:
    """A figure of the tables."""
    return "-" if value is None else f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"
