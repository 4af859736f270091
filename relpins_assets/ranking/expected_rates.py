"""How often any pin is acted on at a place, by device: what expected clicks are made of.

A plain rate by place says too much of the upper ones, since better pins stand there. So a place is judged by what
happens to one pin beside one query when it stands here and when it stands there (a Poisson model with a level per
pair: Chapelle and Zhang's position bias, without their assumption that what stands at a place is average). Lists in
random order say more: there every pin of a query could stand anywhere, so that all of the query share one level. Where
neither is to be had, rates are the plain ones. Their height is that of the random lists, where there are any: a pin as
good as those drawn at random has as many clicks as expected.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from relpins_assets.ranking.shown import ACTIONS

Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

ROUNDS = 30
PULL = 5.0
"""Events of the plain rate that are mixed into each place's: they decide where nothing else does."""
SPREAD = 20.0
"""Impressions of all devices together that are mixed into the plain rate of a device."""
DECIMALS = 9


@dataclass(frozen=True)
class Rates:
    """Actions per impression of any pin, per device and position; a place that was never seen has the nearest rate."""

    devices: tuple[str, ...]
    positions: Ints  # (c,) with `device_of`, the cells in order
    device_of: Ints  # (c,)
    n_impressions: Ints  # (c,)
    rates: Mapping[str, Doubles]  # action -> (c,)

    def cells(self, device: pa.ChunkedArray, position: pa.ChunkedArray) -> Ints:
        """(r,) the cell of each row; of an unknown device the busiest one's; of an unknown place the nearest."""
        known = {name: at for at, name in enumerate(self.devices)}
        encoded = device.combine_chunks().dictionary_encode()
        busiest = int(np.argmax(np.bincount(self.device_of, self.n_impressions, len(self.devices))))
        of_name = np.array([known.get(name, busiest) for name in encoded.dictionary.to_pylist()], np.int64)
        devices = of_name[encoded.indices.to_numpy()]
        stride = int(max(self.positions.max(), np.max(position.to_numpy(), initial=0))) + 1
        pairs, back = np.unique(devices * stride + position.to_numpy(), return_inverse=True)
        return np.array([self._nearest(*divmod(int(pair), stride)) for pair in pairs], np.int64)[back]

    def _nearest(self, device: int, position: int) -> int:
        own = np.flatnonzero(self.device_of == device)
        return int(own[np.argmin(np.abs(self.positions[own] - position))])

    def table(self) -> pa.Table:
        """One row per cell: device, position, n_impressions, and a rate per action."""
        columns = {
            "device": pa.array([self.devices[at] for at in self.device_of], pa.string()),
            "position": self.positions,
            "n_impressions": self.n_impressions,
        }
        return pa.table({**columns, **self.rates})

    @classmethod
    def of(cls, table: pa.Table) -> Rates:
        devices, device_of = np.unique(np.array(table["device"].to_pylist(), object), return_inverse=True)
        return cls(
            tuple(devices.tolist()),
            table["position"].to_numpy(),
            device_of.astype(np.int64),
            table["n_impressions"].to_numpy(),
            {action: table[action].to_numpy() for action in ACTIONS},
        )


def fit_rates(counts: pa.Table) -> Rates:
    """Expected rates from `shown_counts`; from none, that nothing is expected anywhere."""
    if counts.num_rows == 0:
        nowhere = np.zeros(1, np.int64)
        return Rates(("",), nowhere, nowhere, nowhere, {action: np.zeros(1) for action in ACTIONS})
    places = _places(counts)
    cell, level = places.cells(counts["device"], counts["position"]), _levels(counts)
    shown = counts["n_impressions"].to_numpy().astype(np.float64)
    is_random = counts["is_randomised"].to_numpy(zero_copy_only=False)
    rates: dict[str, Doubles] = {}
    for action in ACTIONS:
        acted = counts[action].to_numpy().astype(np.float64)
        effect = _effects(acted, shown, cell, level, _plain(acted, shown, cell, places))
        slice_ = is_random if acted[is_random].any() else np.ones(len(acted), bool)
        expected = float((shown * effect[cell])[slice_].sum())
        height = float(acted[slice_].sum()) / expected if expected > 0 else 0.0
        rates[action] = np.asarray(np.round(np.minimum(effect * height, 1.0), DECIMALS), np.float64)
    return Rates(places.devices, places.positions, places.device_of, places.n_impressions, rates)


def _places(counts: pa.Table) -> Rates:
    """The cells that were seen, without rates."""
    keys = ["device", "position"]
    cells = counts.group_by(keys).aggregate([("n_impressions", "sum")]).sort_by([(key, "ascending") for key in keys])
    devices, device_of = np.unique(np.array(cells["device"].to_pylist(), object), return_inverse=True)
    positions, shown = cells["position"].to_numpy(), cells["n_impressions_sum"].to_numpy()
    return Rates(tuple(devices.tolist()), positions, device_of.astype(np.int64), shown, {})


def _levels(counts: pa.Table) -> Ints:
    """(r,) rows that share a level: a pair of images where the order was chosen, a query where it was random."""
    is_random = counts["is_randomised"].to_numpy(zero_copy_only=False)
    queries, joins = (
        counts[name].combine_chunks().dictionary_encode().indices.to_numpy().astype(np.int64)
        for name in ("query_join_id", "join_id")
    )
    pairs = np.where(is_random, 0, 1 + joins) + queries * (joins.max() + 2)
    return np.unique(pairs, return_inverse=True)[1].astype(np.int64)


def _plain(acted: Doubles, shown: Doubles, cell: Ints, places: Rates) -> Doubles:
    """(c,) actions per impression at each place, a little of all devices' mixed in."""
    n_cells = len(places.positions)
    of_cell, seen = np.bincount(cell, acted, n_cells), np.bincount(cell, shown, n_cells)
    mean = max(float(acted.sum() / shown.sum()), 1e-9)
    _, at = np.unique(places.positions, return_inverse=True)
    pooled = (np.bincount(at, of_cell) + SPREAD * mean) / (np.bincount(at, seen) + SPREAD)
    plain: Doubles = (of_cell + SPREAD * pooled[at]) / (seen + SPREAD)
    return plain


def _effects(acted: Doubles, shown: Doubles, cell: Ints, level: Ints, plain: Doubles) -> Doubles:
    """(c,) what a place does to the rate of one and the same pin, in the height of `plain`.

    Alternates the levels given the effects and the effects given the levels: the maximum of a Poisson likelihood, which
    levels of their own do not bias.
    """
    n_cells, n_levels = len(plain), int(level.max()) + 1
    of_cell, of_level = np.bincount(cell, acted, n_cells), np.bincount(level, acted, n_levels)
    effect = plain.copy()
    for _ in range(ROUNDS):
        likely = np.bincount(level, shown * effect[cell], n_levels)
        better = np.divide(of_level, likely, out=np.zeros(n_levels), where=likely > 0)
        exposed = np.bincount(cell, shown * better[level], n_cells)
        effect = (of_cell + PULL) / (exposed + PULL / plain)
    return effect
