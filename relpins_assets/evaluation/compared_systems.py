"""Every system of the comparison, each as lists over one set of candidates; those that nothing has built are named.

Belongs here: what is compared. How lists are judged is in `comparison.py`, what the published blends are in their
saved queries (`feeds/strategies`, and `strategies` beside this file for what no deployment should run).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse

from relpins_assets.evaluation.baselines import popularity, top_positions
from relpins_assets.evaluation.cut import cut_tables
from relpins_assets.evaluation.evaluate import Rankings
from relpins_assets.evaluation.hashing import hash_ids, mix
from relpins_assets.evaluation.protocol import Queries
from relpins_assets.evaluation.ragged import IntArray, Lists
from relpins_assets.evaluation.saves import unite_saves
from relpins_assets.evaluation.systems import Systems
from relpins_assets.evaluation.tf_idf import own_words_and_boards, tf_idf_rows
from relpins_assets.feeds.saved import Strategy, materialised
from relpins_assets.profile import Profile
from relpins_assets.workspace import Workspace
from relpins_resources.collaborative.als import Als
from relpins_resources.query.catalog import Catalog
from relpins_resources.query.checking.saved import load_saved

Scores = npt.NDArray[np.float64]
OURS = "ours"
COLD = "ours without cold start"
OWN_STRATEGIES = Path(__file__).parent / "strategies"
SPACES = {
    "clip alone": "clip_embedding",
    "content alone": "content_embedding",
    "two-tower alone": "twotower_embedding",
    "pinclip alone": "pinclip_embedding",
}
TRADITIONAL = {"clip": 0.5, "als": 0.3, "tf_idf": 0.2}
TRADITIONAL_CANDIDATES = 100
ALS_DIMENSIONS = 64


@dataclass(frozen=True)
class Compared:
    """Lists by system, ours first, and why others are not among them."""

    lists: dict[str, Rankings]
    left_out: dict[str, str]


@dataclass(frozen=True)
class Field:
    """What all systems rank, and what was known of it at T. Lists are of query pins: (r,) positions to (r, limit).

    Args:
        at: the workspace of the graph built on the cut.
        tables: uncut raw tables whose pins are named by their images' representatives; cut here before they are read.
        queries: their candidates and T count; the queries themselves do not.
    """

    at: Workspace
    catalog: Catalog
    tables: Mapping[str, pa.Table]
    queries: Queries
    limit: int

    def by_scores(self, scores: Callable[[IntArray], npt.NDArray[np.floating]]) -> Rankings:
        """The best scored of all candidates but the query pin itself; -inf is never listed."""
        n = len(self.queries.pin_ids)

        def lists(pins: IntArray) -> IntArray:
            own = Lists.from_pairs(np.arange(len(pins)), pins, len(pins), n)
            return top_positions(np.array(scores(pins), dtype=np.float64), self.limit, own)

        return lists

    def by_strategy(self, strategy: Strategy) -> Rankings:
        """A strategy's feeds, as long as the others' lists."""

        def lists(pins: IntArray) -> IntArray:
            asked = replace(self.queries, query_pins=pins)
            return Systems(self.catalog, asked, self.limit).blend(strategy)(np.arange(len(pins)))

        return lists

    @cached_property
    def saves(self) -> sparse.csr_matrix:
        """(users, n) who saved what before T; the owner of a board saves what is on it."""
        given = {name: self.tables[name] for name in ("pins", "boards", "board_pins", "interactions")}
        cut = cut_tables(given, self.queries.cut_at)
        rows = unite_saves(cut["board_pins"], cut["interactions"], cut["boards"])
        rows = rows.filter(pc.is_valid(rows["user_id"]))
        users, pins = rows["user_id"].combine_chunks().dictionary_encode(), self.queries.positions(rows["pin_id"])
        kept = pins >= 0
        shape = (len(users.dictionary), len(self.queries.pin_ids))
        at = (users.indices.to_numpy()[kept], pins[kept])
        return sparse.csr_matrix((np.ones(int(kept.sum()), np.float32), at), shape=shape)

    @cached_property
    def als(self) -> Scores:
        """(n, d) unit factors of the candidates from `saves`; zeros for one that nobody saved."""
        saves = self.saves
        pins = np.asarray(Als(dimensions=ALS_DIMENSIONS, seed=self.at.profile.seed).fit(saves).pins, np.float64)
        pins[np.asarray(saves.sum(axis=0)).ravel() == 0] = 0
        return np.asarray(pins / np.maximum(np.linalg.norm(pins, axis=1, keepdims=True), 1e-12), np.float64)

    @cached_property
    def tf_idf(self) -> sparse.csr_matrix:
        return tf_idf_rows(own_words_and_boards(self.tables, self.queries))

    def vectors(self, space: str) -> Scores | None:
        """(n, d) the candidates' vectors; None where the graph at T has none."""
        embedding = self.catalog.embedding(space)
        if embedding is None:
            return None
        return embedding.vectors(self.catalog.positions(self.queries.pin_ids.tolist())).astype(np.float64)


def compared_systems(field: Field, truth: Path | None) -> Compared:
    """Ours and everything it is held against.

    Args:
        truth: a sample world's folder, for the oracle; None for any other source.
    """
    strategies, unbuilt = _strategies(field.at, field.catalog)
    found: dict[str, Rankings | None] = {name: field.by_strategy(one) for name, one in strategies.items()}
    found |= {name: _nearest(field, space) for name, space in SPACES.items()}
    popular = popularity(field.tables, field.queries)
    found |= {
        "co-occurrence alone": field.by_scores(_shared(field)) if field.catalog.shares is not None else None,
        "random walk alone": _walks(field),
        "ALS alone": field.by_scores(lambda pins: _where_known(field.als[pins] @ field.als.T)),
        "TF-IDF alone": field.by_scores(lambda pins: _where_known((field.tf_idf[pins] @ field.tf_idf.T).toarray())),
        "traditional blend": field.by_scores(lambda pins: _traditional(field, pins)),
        "popularity": field.by_scores(lambda pins: np.broadcast_to(popular, (len(pins), len(popular)))),
        "random": field.by_scores(_chance(field)),
        "oracle": _oracle(field, truth),
    }
    left_out = {name: "the graph at T has not built it" for name, lists in found.items() if lists is None} | unbuilt
    return Compared({name: lists for name, lists in found.items() if lists is not None}, left_out)


def _strategies(at: Workspace, catalog: Catalog) -> tuple[dict[str, Strategy], dict[str, str]]:
    """The saved queries by their name here, and those that would only repeat another."""
    found = {OURS: materialised(at.strategies_home, at.profile, "related")[0]}
    found["article's blend"] = named_strategy(at, "related_pins_article")
    found[COLD] = own_strategy(at.profile, "related_pins_without_cold_start")
    if "ranker" not in catalog.models:
        return found, {"learned": "no ranker was trained at T"}
    return {**found, "learned": named_strategy(at, "learned")}, {}


def named_strategy(at: Workspace, name: str) -> Strategy:
    """A saved query of a home as a feed for every pin, with its defaults and the profile's parameters."""
    feeds = at.profile.feeds.model_copy(update={"related": (name,)})
    return materialised(at.strategies_home, at.profile.model_copy(update={"feeds": feeds}), "related")[0]


def own_strategy(profile: Profile, name: str, folder: Path = OWN_STRATEGIES) -> Strategy:
    """A saved query that no home knows, from a file of `folder`."""
    saved = load_saved(folder / f"{name}.sql")
    given = profile.feeds.parameters
    values = {one.name: given.get(one.name, one.default) for one in saved.parameters if one.name != "item_id"}
    return Strategy(name, saved.query, values, "item_id")


def _nearest(field: Field, space: str) -> Rankings | None:
    vectors = field.vectors(space)
    return None if vectors is None else field.by_scores(lambda pins: _where_known(vectors[pins] @ vectors.T))


def _where_known(scores: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """Scores of exactly zero are of pins that the signal knows nothing of: they are not listed."""
    return np.where(scores == 0, -np.inf, scores)


def _shared(field: Field) -> Callable[[IntArray], Scores]:
    """Boards shared with the query pin; -inf for none."""
    shares = field.catalog.shares
    assert shares is not None
    positions = field.catalog.positions(field.queries.pin_ids.tolist())
    own = np.full(len(field.catalog), -1, np.int64)
    own[positions] = np.arange(len(positions))

    def scores(pins: IntArray) -> Scores:
        found = np.full((len(pins), len(positions)), -np.inf)
        for row, asked in enumerate(positions[pins]):
            at = slice(shares.indptr[asked], shares.indptr[asked + 1])
            mates = own[shares.others[at]]
            found[row, mates[mates >= 0]] = shares.counts[at][mates >= 0]
        return found

    return scores


def _walks(field: Field) -> Rankings | None:
    """Where walks from the query pin's image came by, most visits first."""
    lake = field.at.lake
    rows = lake.table("random_walk_candidates").read(["join_id", "candidate_join_ids"])
    if rows.num_rows == 0:
        return None
    joins = lake.table("pin_joins").read(["join_id", "representative_pin_id"])
    of_join = dict(
        zip(
            joins["join_id"].to_pylist(),
            field.queries.positions(joins["representative_pin_id"]).tolist(),
            strict=True,
        )
    )
    found = np.full((len(field.queries.pin_ids), field.limit), -1, np.int64)
    for join_id, others in zip(rows["join_id"].to_pylist(), rows["candidate_join_ids"].to_pylist(), strict=True):
        own = of_join.get(join_id, -1)
        listed = [place for other in others if (place := of_join.get(other, -1)) not in (-1, own)][: field.limit]
        if own >= 0:
            found[own, : len(listed)] = listed
    return lambda pins: found[pins]


def _traditional(field: Field, pins: IntArray) -> Scores:
    """The hundred nearest by look, scored by look, collaborative factors and words; nothing else is listed."""
    looks = field.vectors("clip_embedding")
    assert looks is not None, "the graph at T has built its embeddings"
    clip = looks[pins] @ looks.T
    near = field.by_scores(lambda rows: looks[rows] @ looks.T)(pins)[:, :TRADITIONAL_CANDIDATES]
    words = (field.tf_idf[pins] @ field.tf_idf.T).toarray()
    blend = TRADITIONAL["clip"] * clip + TRADITIONAL["als"] * (field.als[pins] @ field.als.T)
    blend += TRADITIONAL["tf_idf"] * words
    found = np.full(blend.shape, -np.inf)
    rows, places = np.nonzero(near >= 0)
    found[rows, near[rows, places]] = blend[rows, near[rows, places]]
    return found


def _chance(field: Field) -> Callable[[IntArray], Scores]:
    """A hash of (query pin, candidate): it needs no state and never flickers."""
    hashes = hash_ids(field.queries.pin_ids, field.at.profile.seed)

    def scores(pins: IntArray) -> Scores:
        drawn = mix(hashes[pins][:, None], hashes[None, :])
        return (drawn >> np.uint64(11)).astype(np.float64) * (1e3 / 2.0**53)

    return scores


def _oracle(field: Field, truth: Path | None) -> Rankings | None:
    from relpins_resources.sample_world.oracle import oracle_scores, unknown_pins

    ids = field.queries.pin_ids.tolist()
    if truth is None or unknown_pins(truth, ids):
        return None
    matrix = oracle_scores(truth, ids, ids)
    return field.by_scores(lambda pins: matrix[pins])
