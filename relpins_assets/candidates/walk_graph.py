"""The graph that walks run on: images and boards as they stood when it was fitted, pruned by what they are about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from scipy import sparse

from relpins_assets.profile_signals import Walks
from relpins_resources.lake import Lake
from relpins_resources.lake.artefacts import Artefact
from relpins_resources.lake.fingerprints import digest
from relpins_resources.walks.board_graph import BoardGraph, Ints
from relpins_resources.walks.pruning import prune

IMAGES = "images.parquet"
"""In the folder of a walk_graph version: the join_ids of its images, in order of id, which numbers them."""
NAME = "walk_graph"

CONTENT = """
SELECT (SELECT md5(string_agg(fingerprint, '' ORDER BY board_id)) FROM board_joins) AS boards,
       (SELECT md5(string_agg(fingerprint, '' ORDER BY pin_id)) FROM pin_topics) AS topics
"""
TOPICS = """
SELECT j.join_id, unnest(t.topics)::INTEGER AS topic, unnest(t.weights) AS weight
FROM pin_joins j JOIN pin_topics t ON t.pin_id = j.representative_pin_id ORDER BY j.join_id, topic
"""


@dataclass(frozen=True)
class Edges:
    """Which image stands on which board: numbers (e,) of both, in order of their ids."""

    images: Ints
    boards: Ints
    join_ids: pa.Array  # (n,) ascending
    n_boards: int

    @classmethod
    def of(cls, lake: Lake) -> Edges:
        rows = lake.table("board_joins").read(["board_id", "join_ids"]).sort_by("board_id").combine_chunks()
        lists = rows["join_ids"].combine_chunks()
        flat = lists.flatten()
        distinct = pc.unique(flat)
        join_ids = distinct.take(pc.sort_indices(distinct))
        images = pc.index_in(flat, value_set=join_ids).to_numpy(zero_copy_only=False).astype(np.int64)
        return cls(images, pc.list_parent_indices(lists).to_numpy().astype(np.int64), join_ids, rows.num_rows)


def can_walk(lake: Lake) -> bool:
    """Whether any board has two images, so that a walk can get from one to another."""
    return lake.table("board_joins").count("n_pins > 1") > 0


def graph_version(lake: Lake, walks: Walks) -> str:
    """Names all that a fit depends on."""
    return digest("1", lake.query(CONTENT).to_pylist()[0], made_with(lake, walks))


def made_with(lake: Lake, walks: Walks) -> dict[str, Any]:
    """The settings, and the space of topics, that a graph is pruned by; one of others counts as missing."""
    topics = lake.artefact("pin_topics")
    space = topics.manifest["space"] if topics is not None else "none"
    return {"pruned": walks.pruned, "degree power": walks.degree_power, "space of topics": space}


def fit_walk_graph(lake: Lake, walks: Walks) -> Callable[[Path], Mapping[str, Any]]:
    """A function that writes the pruned graph into a folder and says what went and what stayed."""

    def fit(folder: Path) -> dict[str, Any]:
        edges = Edges.of(lake)
        topics = _topics(lake, edges.join_ids)
        pruned = prune(
            edges.images, edges.boards, topics, edges.n_boards, mixed=walks.pruned, degree_power=walks.degree_power
        )
        graph, kept = connected(edges.images[pruned.keep], edges.boards[pruned.keep])
        graph.save(folder)
        pq.write_table(pa.table({"join_id": edges.join_ids.take(pa.array(kept))}), folder / IMAGES)
        return {
            **made_with(lake, walks),
            "images": graph.n_items,
            "boards": graph.n_boards,
            "edges": graph.n_edges,
            "images on boards": len(edges.join_ids),
            "edges before pruning": len(edges.images),
            "boards of mixed topics left out": pruned.n_mixed_boards,
            "edges to less alike boards left out": pruned.n_cut,
            "share of images with topics": float((np.diff(topics.indptr) > 0).mean()) if len(edges.join_ids) else 0.0,
        }

    return fit


def connected(images: Ints, boards: Ints) -> tuple[BoardGraph, Ints]:
    """The graph of the boards that have two images left, and which images are still on any, ascending."""
    sizes = np.bincount(boards, minlength=1)
    is_there = sizes[boards] > 1
    kept, numbers = np.unique(images[is_there], return_inverse=True)
    named, renumbered = np.unique(boards[is_there], return_inverse=True)
    return BoardGraph.from_edges(numbers, renumbered, len(kept), len(named)), kept.astype(np.int64)


def _topics(lake: Lake, join_ids: pa.Array) -> sparse.csr_array:
    """(n, t) topics of each image, by the pin that stands for it; a row without entries where nothing is known."""
    rows = lake.query(TOPICS)
    at: npt.NDArray[np.int64] = (
        pc.index_in(rows["join_id"].combine_chunks(), value_set=join_ids)
        .fill_null(-1)
        .to_numpy(zero_copy_only=False)
        .astype(np.int64)
    )
    topics, weights = rows["topic"].to_numpy(), rows["weight"].to_numpy()
    known = at >= 0
    n_topics = int(topics.max(initial=0)) + 1
    found = sparse.coo_array((weights[known], (at[known], topics[known])), shape=(len(join_ids), n_topics))
    return sparse.csr_array(found)


@dataclass(frozen=True)
class WalkGraph:
    """A fitted graph: its images by number, in order of id."""

    version: str
    join_ids: pa.Array
    graph: BoardGraph

    @classmethod
    def open(cls, artefact: Artefact) -> WalkGraph:
        return cls(artefact.version, images_of(artefact), BoardGraph.open(artefact.folder))


def images_of(artefact: Artefact) -> pa.Array:
    """The join_ids of a graph's images."""
    return pq.read_table(artefact.folder / IMAGES)["join_id"].combine_chunks()
