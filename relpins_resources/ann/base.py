"""What an ann index is: an immutable, memory-mapped set of vectors that answers top-k by cosine.

A backend adds only how it narrows the rows down (`candidates`); scores, rounding and order are the same for all of
them and live here. Adding and removing vectors is `layered.py`.
"""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from relpins_resources.ann import files
from relpins_resources.ann.scores import (
    MAX_NORM,
    BoolArray,
    FloatArray,
    IntArray,
    micro_dots,
    snap,
    top_by_row,
)
from relpins_resources.errors import RelpinsError

QUERY_BLOCK = 1024


@dataclasses.dataclass(frozen=True)
class IndexOptions:
    """The options that a backend takes; a backend with options subclasses it. Values are checked when made."""


class AnnIndex(ABC):
    """An immutable index over (n, d) unit vectors, keyed by id; rows are kept in ascending id order."""

    backend: ClassVar[str]
    options_type: ClassVar[type[IndexOptions]] = IndexOptions

    def __init__(self, folder: Path, manifest: Mapping[str, Any]) -> None:
        self.folder = folder
        self.manifest = dict(manifest)
        self.dim = int(manifest["dim"])
        self.vectors: FloatArray = files.read_vectors(folder)  # (n, d), snapped, memory-mapped
        self.id_array: npt.NDArray[np.object_] = files.read_ids(folder)
        self.options = self.options_type(**manifest["options"])

    @property
    def ids(self) -> list[str]:
        """The ids in ascending order; positions from `search` point into it."""
        return list(self.id_array)

    def __len__(self) -> int:
        return len(self.vectors)

    @classmethod
    def build(
        cls, folder: Path, ids: Sequence[str], vectors: npt.NDArray[np.floating], *, seed: int = 0, **options: Any
    ) -> Self:
        """Writes an index into `folder` (made if missing) and opens it; the caller renames the folder into place.

        `ids` are n distinct strings and `vectors` (n, d) their unit rows, in any order: the same pairs, seed and
        options write the same files. n may be 0. Raises RelpinsError for an unknown option or rows that do not fit.
        """
        parsed = parse_options(cls, options)
        sorted_ids, rows = checked_rows(ids, vectors)
        folder.mkdir(parents=True, exist_ok=True)
        files.write_ids(folder, sorted_ids)
        files.write_vectors(folder, rows)
        manifest = {
            "schema_version": files.SCHEMA_VERSION,
            "backend": cls.backend,
            "options": dataclasses.asdict(parsed),
            "dim": rows.shape[1],
            "n_vectors": len(rows),
            "seed": seed,
        }
        manifest["structure"] = cls._build_structure(folder, rows, seed, parsed)
        files.write_manifest(folder, manifest)
        return cls.open(folder)

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Opens what `build` wrote. Raises RelpinsError if there is no index, or one of another backend or schema."""
        manifest = files.read_manifest(folder)
        if manifest["backend"] != cls.backend:
            raise RelpinsError(
                f"index {folder.name} was built by ann backend {manifest['backend']!r}, opened as {cls.backend!r};"
                " open it with the backend that built it"
            )
        return cls(folder, manifest)

    def search(self, queries: npt.NDArray[np.floating], limit: int) -> tuple[IntArray, FloatArray]:
        """The `limit` nearest rows of each query, best first, ties by id ascending.

        `queries`: (q, d) unit rows. Returns positions into `ids` (q, limit) int64 padded with -1, and cosines
        (q, limit) float32 rounded to 1e-6, padded with -inf. One query gives the bits it gives in a batch.
        Raises RelpinsError for another dimension or a limit below 1.
        """
        checked = checked_queries(queries, self.dim, limit)
        found = np.full((len(checked), limit), -1, np.int64)
        scores = np.full((len(checked), limit), -np.inf, np.float32)
        for at in query_blocks(len(checked)):
            block = checked[at]
            rows, positions = self.candidates(block, np.full(len(block), limit), None)
            micro = micro_dots(block, self.vectors, rows, positions)
            found[at], scores[at] = top_by_row(rows, positions, micro, len(block), limit)
        return found, scores

    @abstractmethod
    def candidates(self, queries: FloatArray, limits: IntArray, hidden: BoolArray | None) -> tuple[IntArray, IntArray]:
        """Pairs to score: (query rows ascending, positions), no pair twice, no `hidden` position.

        `queries` (q, d) are snapped; limits[i] is how many of the nearest visible rows query i needs to find among
        its pairs; `hidden` (n,) marks rows that are deleted. The exact backend always includes them; the others
        include most. Fewer only when fewer are visible. What query i gets depends on its own row and limit alone.
        """

    @classmethod
    @abstractmethod
    def _build_structure(cls, folder: Path, vectors: FloatArray, seed: int, options: IndexOptions) -> dict[str, Any]:
        """Writes the backend's own files beside the vectors; what it measured or chose goes into the manifest."""


def query_blocks(n_queries: int) -> Iterator[slice]:
    """Slices that bound how many queries are in flight."""
    return (slice(start, start + QUERY_BLOCK) for start in range(0, n_queries, QUERY_BLOCK))


def parse_options(index_type: type[AnnIndex], options: Mapping[str, Any]) -> IndexOptions:
    """The backend's options object. Raises RelpinsError naming the options that exist."""
    known = sorted(field.name for field in dataclasses.fields(index_type.options_type))
    unknown = sorted(set(options) - set(known))
    if unknown:
        raise RelpinsError(
            f"ann backend {index_type.backend!r} has no option {unknown[0]!r}; known: {', '.join(known) or 'none'}"
        )
    return index_type.options_type(**options)


def checked_rows(ids: Sequence[str], vectors: npt.NDArray[np.floating]) -> tuple[npt.NDArray[np.object_], FloatArray]:
    """Ids in ascending order and their snapped rows. Raises RelpinsError for rows that no index can hold."""
    if vectors.ndim != 2 or vectors.shape[1] < 1:
        raise RelpinsError(f"vectors have shape {vectors.shape}; give (n, d) with d >= 1, (0, d) if there are none")
    if len(ids) != len(vectors):
        raise RelpinsError(f"{len(ids)} ids came with {len(vectors)} vectors; give one id for each vector")
    order = sorted(range(len(ids)), key=ids.__getitem__)
    sorted_ids = np.array([ids[i] for i in order], dtype=object)
    twice = np.flatnonzero(sorted_ids[1:] == sorted_ids[:-1])
    if len(twice):
        raise RelpinsError(f"id {sorted_ids[twice[0]]!r} came more than once; give each id one vector")
    rows = snap(vectors[order])
    _check_norms(rows, "vectors")
    return sorted_ids, rows


def checked_queries(queries: npt.NDArray[np.floating], dim: int, limit: int) -> FloatArray:
    """Queries as snapped rows. Raises RelpinsError for another dimension (both are printed) or a limit below 1."""
    if queries.ndim != 2:
        raise RelpinsError(f"queries have shape {queries.shape}; give (q, {dim}), a single query as (1, {dim})")
    if queries.shape[1] != dim:
        raise RelpinsError(
            f"queries have {queries.shape[1]} dimensions, the index has {dim};"
            " encode queries with the model that made the index"
        )
    if limit < 1:
        raise RelpinsError(f"limit is {limit}; ask for at least 1 result")
    rows = snap(queries)
    _check_norms(rows, "queries")
    return rows


def _check_norms(rows: FloatArray, what: str) -> None:
    squares = np.einsum("nd,nd->n", rows, rows)
    bad = np.flatnonzero(~(squares <= MAX_NORM**2))  # also catches nan
    if len(bad):
        norm = float(np.sqrt(squares[bad[0]]))
        raise RelpinsError(f"{what} row {bad[0]} has norm {norm:.3g}; give finite, L2-normalised rows")
