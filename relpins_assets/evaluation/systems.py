"""What is compared: our blend, each of its signals alone, the baselines; as rankings of the same candidates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from relpins_assets.evaluation.baselines import popularity_rankings, random_rankings, score_rankings
from relpins_assets.evaluation.evaluate import Rankings
from relpins_assets.evaluation.protocol import Queries
from relpins_assets.feeds.blend import diversified, pool
from relpins_assets.feeds.inputs import FeedInputs, Floats, Ints
from relpins_assets.feeds.retrieval import exact_search, shared_boards
from relpins_assets.profile import Feeds

BLOCK = 256


def collapsed(tables: Mapping[str, pa.Table], joins: pa.Table) -> dict[str, pa.Table]:
    """The tables with every pin named by its image's representative, as feeds name them.

    Args:
        tables: raw tables by their layout names.
        joins: pin_joins at T (representative_pin_id, pin_ids).
    """
    pins = pc.list_flatten(joins["pin_ids"])
    of_pin = joins["representative_pin_id"].take(pc.list_parent_indices(joins["pin_ids"].combine_chunks()))
    result = dict(tables)
    for name in ("board_pins", "interactions"):
        at = pc.index_in(tables[name]["pin_id"], value_set=pins)
        named = pc.coalesce(of_pin.take(at), tables[name]["pin_id"])
        result[name] = tables[name].set_column(tables[name].column_names.index("pin_id"), "pin_id", named)
    is_candidate = pc.is_in(tables["pins"]["pin_id"], value_set=joins["representative_pin_id"].combine_chunks())
    result["pins"] = tables["pins"].filter(is_candidate)
    return result


@dataclass(frozen=True)
class Systems:
    """Rankings by several systems over the same queries; `limit` pins each, before known ones are left out."""

    inputs: FeedInputs
    queries: Queries
    limit: int

    def all(self, feeds: Feeds, tables: Mapping[str, pa.Table], truth: Path | None) -> dict[str, Rankings]:
        """The systems by name, ours first; the oracle only where there is a truth."""
        systems = {
            feeds.strategy: self.blend(feeds),
            "clip alone": self.nearest(self.inputs.clip),
            "content alone": self.nearest(self.inputs.content),
            "co-occurrence alone": self.most_shared(),
            "popularity": popularity_rankings(tables, self.queries, self.limit),
            "random": random_rankings(self.queries, self.limit),
        }
        if truth is not None:
            systems["oracle"] = self.oracle(truth)
        return systems

    @property
    def _positions(self) -> Ints:
        """(n,) position in the inputs of each of the queries' pins; every candidate at T has vectors."""
        return self.inputs.positions(self.queries.pin_ids.tolist())

    def blend(self, feeds: Feeds) -> Rankings:
        """The feeds as they are published, only longer, so that they are not judged short."""
        searches = (exact_search(self.inputs, self.inputs.clip), exact_search(self.inputs, self.inputs.content))
        own = np.full(len(self.inputs.pin_ids), -1, np.int64)
        own[self._positions] = np.arange(len(self.queries.pin_ids))

        def rankings(rows: Ints) -> Ints:
            parts = []
            asked, back = np.unique(self._positions[self.queries.query_pins[rows]], return_inverse=True)
            for start in range(0, len(asked), BLOCK):
                pools = pool(self.inputs, asked[start : start + BLOCK], *searches, feeds)
                columns = diversified(self.inputs, pools, feeds.diversity, self.limit)
                places = np.take_along_axis(pools.places, np.maximum(columns, 0), axis=1)
                parts.append(np.where(columns >= 0, own[self.inputs.candidates[places]], -1))
            return np.concatenate(parts)[back]

        return rankings

    def nearest(self, vectors: Floats) -> Rankings:
        at = vectors[self._positions].astype(np.float64)  # (n, d)
        return score_rankings(lambda rows: at[self.queries.query_pins[rows]] @ at.T, self.queries, self.limit)

    def most_shared(self) -> Rankings:
        positions = self._positions
        places = np.searchsorted(self.inputs.candidates, positions)[None, :]

        def scores(rows: Ints) -> npt.NDArray[np.float64]:
            asked = positions[self.queries.query_pins[rows]]
            shared = shared_boards(self.inputs, asked, np.repeat(places, len(rows), axis=0))
            return np.where(shared > 0, shared.astype(np.float64), -np.inf)

        return score_rankings(scores, self.queries, self.limit)

    def oracle(self, truth: Path) -> Rankings:
        from relpins_resources.sample_world.oracle import oracle_scores

        ids = self.queries.pin_ids.tolist()
        matrix = oracle_scores(truth, ids, ids)
        return score_rankings(lambda rows: matrix[self.queries.query_pins[rows]], self.queries, self.limit)
