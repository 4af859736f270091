"""What is compared: our blend, each of its signals alone, the baselines; as rankings of the same candidates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from relpins_assets.evaluation.baselines import popularity_rankings, random_rankings, score_rankings
from relpins_assets.evaluation.evaluate import Rankings
from relpins_assets.evaluation.protocol import Queries
from relpins_assets.feeds.batches import answer_for
from relpins_assets.feeds.saved import Strategy
from relpins_resources.query.catalog import Catalog, Ints

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

    catalog: Catalog
    queries: Queries
    limit: int

    def all(
        self, strategies: Sequence[Strategy], tables: Mapping[str, pa.Table], truth: Path | None
    ) -> dict[str, Rankings]:
        """The systems by name, ours first; the oracle only where there is a truth and it knows every pin."""
        systems = {strategy.name: self.blend(strategy) for strategy in strategies}
        systems |= {
            "clip alone": self.nearest("clip_embedding"),
            "content alone": self.nearest("content_embedding"),
            "co-occurrence alone": self.most_shared(),
            "popularity": popularity_rankings(tables, self.queries, self.limit),
            "random": random_rankings(self.queries, self.limit),
        }
        oracle = self.oracle(truth) if truth is not None else None
        return systems if oracle is None else {**systems, "oracle": oracle}

    @cached_property
    def positions(self) -> Ints:
        """(n,) position in the catalog of each of the queries' pins."""
        return self.catalog.positions(self.queries.pin_ids.tolist())

    def blend(self, strategy: Strategy) -> Rankings:
        """A strategy's feeds as they are published, only longer, so that they are not judged short."""
        longer = strategy.limited(self.limit)
        own = np.full(len(self.catalog) + 1, -1, np.int64)  # the last one answers for padding
        own[self.positions] = np.arange(len(self.queries.pin_ids))

        def rankings(rows: Ints) -> Ints:
            parts = []
            asked, back = np.unique(self.queries.query_pins[rows], return_inverse=True)
            for start in range(0, len(asked), BLOCK):
                ids = self.queries.pin_ids[asked[start : start + BLOCK]].tolist()
                items = answer_for(longer, self.catalog, ids).items
                missing = self.limit - items.shape[1]
                parts.append(own[np.pad(items, ((0, 0), (0, missing)), constant_values=-1)])
            return np.concatenate(parts)[back]

        return rankings

    def nearest(self, name: str) -> Rankings:
        embedding = self.catalog.embedding(name)
        assert embedding is not None, "the graph at T has built its embeddings"
        at = embedding.vectors(self.positions).astype(np.float64)  # (n, d)
        return score_rankings(lambda rows: at[self.queries.query_pins[rows]] @ at.T, self.queries, self.limit)

    def most_shared(self) -> Rankings:
        shares = self.catalog.shares
        assert shares is not None, "the graph at T has built its co-occurrence"
        own = np.full(len(self.catalog), -1, np.int64)
        own[self.positions] = np.arange(len(self.positions))

        def scores(rows: Ints) -> npt.NDArray[np.float64]:
            found = np.full((len(rows), len(self.positions)), -np.inf)
            for row, asked in enumerate(self.positions[self.queries.query_pins[rows]]):
                at = slice(shares.indptr[asked], shares.indptr[asked + 1])
                mates = own[shares.others[at]]
                found[row, mates[mates >= 0]] = shares.counts[at][mates >= 0]
            return found

        return score_rankings(scores, self.queries, self.limit)

    def oracle(self, truth: Path) -> Rankings | None:
        from relpins_resources.sample_world.oracle import oracle_scores, unknown_pins

        ids = self.queries.pin_ids.tolist()
        if unknown_pins(truth, ids):
            return None
        matrix = oracle_scores(truth, ids, ids)
        return score_rankings(lambda rows: matrix[self.queries.query_pins[rows]], self.queries, self.limit)
