"""An index that follows a changing catalog: an immutable base, an exact delta of newer rows, tombstones.

Each version is a folder that never changes once written; the next one hard-links the base and writes its own delta
and tombstones, or, past a threshold, a new base. Renaming folders into place is the caller's.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from relpins_resources.ann import files
from relpins_resources.ann.backends import ann_backend
from relpins_resources.ann.base import AnnIndex, checked_queries, checked_rows, query_blocks
from relpins_resources.ann.exact import exact_candidates
from relpins_resources.ann.scores import FloatArray, IntArray, micro_dots, top_by_row
from relpins_resources.errors import RelpinsError

ObjectArray = npt.NDArray[np.object_]


class LayeredIndex:
    """(base - tombstones) and delta, searched as one; with the exact backend, as a fresh index of the live rows.

    Rows are numbered base first, then delta; `row_ids` (n_rows,) names them, hidden ones included. `folder` is where
    it was opened: after renaming the folder, open it again at its new place.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest = files.read_manifest(folder)
        self.dim = int(self.manifest["dim"])
        self.backend = str(self.manifest["backend"])
        self.base: AnnIndex = ann_backend(self.backend).open(folder / "base")
        self.delta_vectors = files.read_vectors(folder, "delta_vectors")
        self.row_ids: ObjectArray = np.concatenate([self.base.id_array, files.read_ids(folder, "delta_ids")])
        self.tombstones: IntArray = np.load(folder / "tombstones.npy")
        self._hidden = np.zeros(len(self.base), bool)
        self._hidden[self.tombstones] = True
        self._ranks = _id_ranks(self.base.id_array, self.delta_ids)
        self._row_of_rank = np.full(len(self._ranks) + 1, -1)  # the last stands for rank -1
        self._row_of_rank[self._ranks] = np.arange(len(self._ranks))

    @classmethod
    def open(cls, folder: Path) -> LayeredIndex:
        """Opens a version folder. Raises RelpinsError if there is no index or its schema is another."""
        return cls(folder)

    @classmethod
    def create(
        cls,
        folder: Path,
        ids: Sequence[str],
        vectors: npt.NDArray[np.floating],
        backend: str = "annoy",
        seed: int = 0,
        **options: Any,
    ) -> LayeredIndex:
        """Writes a first version into `folder` from n distinct ids and (n, d) unit rows; n may be 0.

        Raises RelpinsError for an unknown backend or option, ids given twice, rows that are not unit vectors.
        """
        base = ann_backend(backend).build(folder / "base", ids, vectors, seed=seed, **options)
        nothing = (np.empty(0, object), np.empty((0, base.dim), np.float32))
        return cls._write_layers(folder, base, options, *nothing, np.empty(0, np.int64))

    def __len__(self) -> int:
        return len(self.row_ids) - len(self.tombstones)

    @property
    def delta_ids(self) -> ObjectArray:
        """(n_delta,) ids of the delta, ascending."""
        return self.row_ids[len(self.base) :]

    def ids(self) -> list[str]:
        """The live ids, ascending."""
        return list(self.row_ids[self._live_rows()])

    def search(
        self,
        queries: npt.NDArray[np.floating],
        limit: int,
        exclude: Sequence[AbstractSet[str]] | None = None,
        exact: bool = False,
    ) -> tuple[ObjectArray, FloatArray]:
        """The `limit` nearest live ids of each query, best first, ties by id ascending.

        `queries` (q, d) unit rows; `exclude[i]` ids that query i must not get (unknown ones are ignored); `exact`
        scans the base whatever the backend. Returns ids (q, limit) padded with None and cosines (q, limit) float32
        rounded to 1e-6, padded with -inf. One query gives the bits that it gives in a batch.
        Raises RelpinsError for another dimension (both are printed), a limit below 1, a wrong number of excludes.
        """
        rows, scores = self.search_rows(queries, limit, exclude, exact)
        ids = np.full(rows.shape, None, object)
        ids[rows >= 0] = self.row_ids[rows[rows >= 0]]
        return ids, scores

    def search_rows(
        self,
        queries: npt.NDArray[np.floating],
        limit: int,
        exclude: Sequence[AbstractSet[str]] | None = None,
        exact: bool = False,
    ) -> tuple[IntArray, FloatArray]:
        """`search`, with rows into `row_ids` (q, limit) int64 padded with -1 in place of ids."""
        checked = checked_queries(queries, self.dim, limit)
        excluded = self._excluded_pairs(exclude, len(checked))
        found = np.full((len(checked), limit), -1, np.int64)
        scores = np.full((len(checked), limit), -np.inf, np.float32)
        for at in query_blocks(len(checked)):
            inside = excluded[(excluded[:, 0] >= at.start) & (excluded[:, 0] < at.stop)] - [at.start, 0]
            found[at], scores[at] = self._search_block(checked[at], limit, inside, exact)
        return found, scores

    def rows_of(self, ids: Sequence[str]) -> IntArray:
        """(n,) the live row of each id, -1 for one that is not live."""
        wanted = np.array(ids, dtype=object)
        delta = _find(self.delta_ids, wanted)
        base = _find(self.base.id_array, wanted)
        base[np.append(self._hidden, True)[base]] = -1  # -1 reads the appended one
        return np.where(delta >= 0, delta + len(self.base), base)

    def vectors_of(self, ids: Sequence[str]) -> FloatArray:
        """(n, d) the stored rows of live ids. Raises RelpinsError for an id that is not live."""
        rows = self.rows_of(ids)
        if (rows < 0).any():
            raise RelpinsError(f"id {ids[int(np.argmin(rows))]!r} is not in the index; look ids up with rows_of first")
        return self._vectors_at(rows)

    def updated(
        self,
        folder_new: Path,
        upserts: tuple[Sequence[str], npt.NDArray[np.floating]] | None = None,
        deletes: Sequence[str] = (),
        compact_over: float = 0.2,
    ) -> LayeredIndex:
        """Writes the next version into `folder_new` and opens it; this one stays as it is.

        Deletes go first, so an id that is in both is replaced; deleting an unknown id does nothing. The base files
        are hard-linked; when delta rows and tombstones together exceed `compact_over` of the base, a new base is
        built from the live rows, equal to a fresh index of them. Raises RelpinsError for rows that do not fit, or if
        this version's folder was moved since it was opened.
        """
        if not self.folder.is_dir():
            raise RelpinsError(f"index folder {self.folder} was moved or removed; open it again where it is now")
        ids, vectors = self._checked_upserts(upserts)
        touched = np.concatenate([np.array(list(deletes), dtype=object), ids])
        base_rows = _find(self.base.id_array, touched)
        tombstones = np.union1d(self.tombstones, base_rows[base_rows >= 0])
        kept = ~np.isin(np.arange(len(self.delta_ids)), _find(self.delta_ids, touched))
        delta_ids = np.concatenate([self.delta_ids[kept], ids])
        delta_vectors = np.concatenate([self.delta_vectors[kept], vectors])
        if len(delta_ids) + len(tombstones) > compact_over * len(self.base):
            return self._compacted(folder_new, delta_ids, delta_vectors, tombstones)
        files.link_folder(self.folder / "base", folder_new / "base")
        base = type(self.base).open(folder_new / "base")
        order = np.argsort(delta_ids)
        options = self.manifest["options"]
        return self._write_layers(folder_new, base, options, delta_ids[order], delta_vectors[order], tombstones)

    def recall_at(self, k: int, n_queries: int = 200, seed: int = 0) -> float:
        """Mean share of the true top k that `search` finds for sampled live rows, themselves left out.

        A result that ties with the last of the true ones counts. 1.0 for an index of fewer than two rows.
        """
        live = self._live_rows()
        if len(live) < 2:
            return 1.0
        k = min(k, len(live) - 1)
        sample = live[np.sort(np.random.default_rng(seed).permutation(len(live))[:n_queries])]
        queries = self._vectors_at(sample)
        own = [{row_id} for row_id in self.row_ids[sample]]
        _, found = self.search(queries, k, own)
        _, true = self.search(queries, k, own, exact=True)
        return float((found >= true[:, -1:]).mean())

    # --- searching

    def _search_block(
        self, queries: FloatArray, limit: int, excluded: IntArray, exact: bool
    ) -> tuple[IntArray, FloatArray]:
        """`search_rows` of one block; `excluded` (m, 2) holds (query, row) pairs."""
        limits = limit + np.bincount(excluded[:, 0], minlength=len(queries))
        hidden = self._hidden if len(self.tombstones) else None
        if exact:
            base = exact_candidates(self.base.vectors, queries, limits, hidden)
        else:
            base = self.base.candidates(queries, limits, hidden)
        delta = exact_candidates(self.delta_vectors, queries, limits, None)
        micro = np.concatenate(
            [micro_dots(queries, self.base.vectors, *base), micro_dots(queries, self.delta_vectors, *delta)]
        )
        query_rows = np.concatenate([base[0], delta[0]])
        rows = np.concatenate([base[1], delta[1] + len(self.base)])
        if len(excluded):
            n_rows = len(self.row_ids)
            allowed = ~np.isin(query_rows * n_rows + rows, excluded[:, 0] * n_rows + excluded[:, 1])
            query_rows, rows, micro = query_rows[allowed], rows[allowed], micro[allowed]
        order = np.argsort(query_rows, kind="stable")
        ranks, scores = top_by_row(query_rows[order], self._ranks[rows[order]], micro[order], len(queries), limit)
        rows_found: IntArray = self._row_of_rank[ranks]
        return rows_found, scores

    def _excluded_pairs(self, exclude: Sequence[AbstractSet[str]] | None, n_queries: int) -> IntArray:
        """(m, 2) pairs (query, live row) that must not be returned."""
        if exclude is None:
            return np.empty((0, 2), np.int64)
        if len(exclude) != n_queries:
            raise RelpinsError(f"{len(exclude)} exclude sets came with {n_queries} queries; give one for each")
        queries = np.repeat(np.arange(n_queries), [len(ids) for ids in exclude])
        rows = self.rows_of([row_id for ids in exclude for row_id in ids])
        return np.stack([queries, rows], axis=1)[rows >= 0]

    def _live_rows(self) -> IntArray:
        """Live rows in ascending id order."""
        rows: IntArray = self._row_of_rank[:-1]
        is_hidden = np.zeros(len(self.row_ids), bool)
        is_hidden[self.tombstones] = True
        live: IntArray = rows[~is_hidden[rows]]
        return live

    def _vectors_at(self, rows: IntArray) -> FloatArray:
        vectors = np.empty((len(rows), self.dim), np.float32)
        in_base = rows < len(self.base)
        vectors[in_base] = self.base.vectors[rows[in_base]]
        vectors[~in_base] = self.delta_vectors[rows[~in_base] - len(self.base)]
        return vectors

    # --- writing

    def _checked_upserts(
        self, upserts: tuple[Sequence[str], npt.NDArray[np.floating]] | None
    ) -> tuple[ObjectArray, FloatArray]:
        if upserts is None or len(upserts[0]) == 0:
            return np.empty(0, object), np.empty((0, self.dim), np.float32)
        ids, vectors = checked_rows(*upserts)
        if vectors.shape[1] != self.dim:
            raise RelpinsError(
                f"upserted vectors have {vectors.shape[1]} dimensions, the index has {self.dim};"
                " vectors of another model go into an index of their own"
            )
        return ids, vectors

    def _compacted(
        self, folder: Path, delta_ids: ObjectArray, delta_vectors: FloatArray, tombstones: IntArray
    ) -> LayeredIndex:
        kept = np.ones(len(self.base), bool)
        kept[tombstones] = False
        ids = list(self.base.id_array[kept]) + list(delta_ids)
        vectors = np.concatenate([self.base.vectors[kept], delta_vectors])
        return self.create(folder, ids, vectors, self.backend, int(self.manifest["seed"]), **self.manifest["options"])

    @classmethod
    def _write_layers(
        cls,
        folder: Path,
        base: AnnIndex,
        options: dict[str, Any],
        delta_ids: ObjectArray,
        delta_vectors: FloatArray,
        tombstones: IntArray,
    ) -> LayeredIndex:
        files.write_ids(folder, delta_ids, "delta_ids")
        files.write_vectors(folder, delta_vectors, "delta_vectors")
        np.save(folder / "tombstones.npy", tombstones)
        manifest = {
            "schema_version": files.SCHEMA_VERSION,
            "backend": base.backend,
            "options": options,
            "dim": base.dim,
            "seed": base.manifest["seed"],
            "n_base": len(base),
            "n_delta": len(delta_ids),
            "n_tombstones": len(tombstones),
        }
        files.write_manifest(folder, manifest)
        return cls.open(folder)


def _find(sorted_ids: ObjectArray, wanted: ObjectArray) -> IntArray:
    """(n,) where each wanted id stands in `sorted_ids`, -1 if it does not."""
    if len(sorted_ids) == 0:
        return np.full(len(wanted), -1, np.int64)
    at = np.minimum(np.searchsorted(sorted_ids, wanted), len(sorted_ids) - 1)
    return np.where(sorted_ids[at] == wanted, at, -1).astype(np.int64)


def _id_ranks(base_ids: ObjectArray, delta_ids: ObjectArray) -> IntArray:
    """(n_rows,) place of each row in id order; a hidden base row stands just before the delta row of its id."""
    before = np.searchsorted(base_ids, delta_ids, side="right")  # (n_delta,) base rows that go first
    n_delta_before = np.searchsorted(before, np.arange(len(base_ids)), side="right")
    return np.concatenate([np.arange(len(base_ids)) + n_delta_before, before + np.arange(len(delta_ids))])
