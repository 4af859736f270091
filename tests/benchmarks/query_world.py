"""A synthetic catalog on disk for benchmarks of queries: clustered pins in three spaces, boards, columns, indexes.

Pins lie in n / 100 clusters, and those in groups of 30: what is near but not of a pin's own cluster is then of a
cluster beside it, as in real spaces, and not anywhere. Content and two-tower vectors follow the same clusters, each
with noise of its own; a board holds pins of one cluster, and a few from anywhere. What is built once is opened again by
the next run.
"""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt

from relpins_assets.candidates.cooccurrence import cooccurrence
from relpins_resources.ann import LayeredIndex
from relpins_resources.query.catalog import Catalog, Column, Columns, Shares
from relpins_resources.query.retrieval.spaces import IndexedEmbedding

DIMS = {"clip_embedding": 128, "content_embedding": 384, "twotower_embedding": 64}
NOISE = 0.7
"""Of each coordinate of a pin around its cluster, and of a cluster around its group, whose variance is 1."""
PINS_PER_CLUSTER, CLUSTERS_PER_GROUP = 100, 30
PINS_PER_BOARD, BOARDS_PER_PIN = 20, 3
SHARES_KEPT = 100
STRAYS = 0.1
"""Share of a board that is not of its cluster."""
CATEGORIES = 32
AS_OF = datetime(2026, 1, 31, tzinfo=UTC)

Floats = npt.NDArray[np.float32]


def pin_ids(n: int) -> list[str]:
    return [f"pin-{i:07d}" for i in range(n)]


def built(folder: Path, n: int, backend: str) -> Path:
    """The folder of a world of n pins with indexes of one backend, made where it is missing."""
    home = folder / f"pins-{n}"
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "shares.npz").is_file():
        _write_shares(home / "shares.npz", n)
    for name in DIMS:
        target = home / backend / name
        if not target.is_dir():
            unfinished = target.with_name(f"{name}.unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            LayeredIndex.create(unfinished, pin_ids(n), vectors_of(n, name), backend)
            unfinished.rename(target)
    return home


def clusters_of(n: int) -> npt.NDArray[np.int64]:
    """(n,) the cluster of each pin."""
    return np.random.default_rng(0).integers(max(1, n // PINS_PER_CLUSTER), size=n)


def vectors_of(n: int, name: str) -> Floats:
    """(n, d) unit rows of one space."""
    rng = np.random.default_rng([1, DIMS[name]])
    clusters = clusters_of(n)
    n_clusters = int(clusters.max()) + 1
    groups = rng.standard_normal((n_clusters // CLUSTERS_PER_GROUP + 1, DIMS[name]), dtype=np.float32)
    centres = groups[np.arange(n_clusters) // CLUSTERS_PER_GROUP]
    centres += np.float32(NOISE) * rng.standard_normal(centres.shape, np.float32)
    rows = centres[clusters]
    for start in range(0, n, 1 << 16):
        at = slice(start, start + (1 << 16))
        rows[at] += np.float32(NOISE) * rng.standard_normal(rows[at].shape, np.float32)
        rows[at] /= np.linalg.norm(rows[at], axis=1, keepdims=True)
    return rows


def _write_shares(path: Path, n: int) -> None:
    rng = np.random.default_rng(2)
    in_order = np.argsort(clusters_of(n), kind="stable")  # neighbours are of one cluster
    n_boards = n * BOARDS_PER_PIN // PINS_PER_BOARD
    reach = 100
    starts = rng.integers(0, max(1, n - reach), size=n_boards)
    items = in_order[np.minimum(starts[:, None] + rng.integers(0, reach, (n_boards, PINS_PER_BOARD)), n - 1)]
    strays = rng.random(items.shape) < STRAYS
    items[strays] = rng.integers(0, n, int(strays.sum()))
    boards = np.repeat(np.arange(n_boards), PINS_PER_BOARD)
    blocks = list(cooccurrence(boards, items.ravel(), n, limit=SHARES_KEPT))
    sizes = np.concatenate([np.diff(block.indptr) for block in blocks])
    pairs = np.unique(boards * n + items.ravel())
    np.savez(
        path,
        indptr=np.concatenate([[0], np.cumsum(sizes)]),
        others=np.concatenate([block.item_ids for block in blocks]).astype(np.int64),
        counts=np.concatenate([block.counts for block in blocks]).astype(np.int64),
        n_boards=np.bincount(pairs % n, minlength=n),
    )


def opened(home: Path, n: int, backend: str) -> Catalog:
    """The catalog of a world that was built, as a reader opens it."""
    ids = np.array(pin_ids(n), dtype=object)
    everyone = np.ones(n, bool)
    spaces = {name: IndexedEmbedding(name, LayeredIndex.open(home / backend / name), ids, everyone) for name in DIMS}
    with np.load(home / "shares.npz") as held:
        shares = Shares(**{name: held[name] for name in ("indptr", "others", "counts", "n_boards")})
    return Catalog(
        item_ids=ids,
        is_candidate=everyone,
        as_of=AS_OF,
        columns=_columns(ids, shares),
        embeddings={**spaces, "pinclip_embedding": None},
        shares=shares,
    )


def _columns(ids: npt.NDArray[np.object_], shares: Shares) -> Columns:
    n = len(ids)
    rng = np.random.default_rng(3)
    known = np.zeros(n, bool)
    categories = np.array([f"category {i}" for i in range(CATEGORIES)], dtype=object)
    ages = rng.exponential(100.0, n)
    return Columns(
        {
            "item_id": lambda: Column("text", ids, known),
            "join_id": lambda: Column("text", ids, known),
            "board_category": lambda: Column("text", categories[clusters_of(n) % CATEGORIES], known),
            "n_boards": lambda: Column("number", shares.n_boards.astype(np.float64), known),
            "created_at": lambda: Column("time", AS_OF.timestamp() - ages * 86_400.0, known),
        }
    )
