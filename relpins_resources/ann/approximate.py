"""What approximate backends share: an effort tuned to a recall when built, and fetching past hidden rows.

An approximate backend finds positions only; their scores are exact (see `base.py`), so a row that it returns
carries the cosine that the exact index gives it.
"""

from __future__ import annotations

import dataclasses
from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from relpins_resources.ann.base import AnnIndex, IndexOptions
from relpins_resources.ann.exact import exact_candidates
from relpins_resources.ann.scores import MICRO, BoolArray, FloatArray, IntArray, micro_dots, top_by_row
from relpins_resources.errors import RelpinsError

_SLACK = 16  # rows fetched past the limit: the backend's float32 order and ours may differ near a tie
_SCAN_SHARE = 4  # what looks at over 1/4 of the rows is a scan in disguise: scan
_TIERS = ((10, 200), (100, 100), (500, 50))  # limits that efforts are tuned for, and with how many queries
_GROWTH = 1.5


@dataclasses.dataclass(frozen=True)
class ApproximateOptions(IndexOptions):
    """target_recall: what tuning aims at, recall@10, @100 and @500; scan_under: below so many rows a scan is faster."""

    target_recall: float = 0.97
    scan_under: int = 1000

    def __post_init__(self) -> None:
        if not isinstance(self.target_recall, (int, float)) or not 0 < self.target_recall <= 1:
            raise RelpinsError(f"target_recall is {self.target_recall!r}; give a share above 0, up to 1, e.g. 0.97")
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if isinstance(field.default, int) and (not isinstance(value, int) or value < 0):
                raise RelpinsError(f"{field.name} is {value!r}; give a whole number of at least 0")


class Prober(Protocol):
    """A backend's opened structure."""

    def probe(self, query: FloatArray, n_wanted: int, effort: int) -> IntArray:
        """Up to `n_wanted` distinct positions near one query (d,), looking at as much as `effort` says."""


class ApproximateIndex(AnnIndex):
    """An index whose backend looks at a part of the rows; how much is its effort, tuned when it is built.

    Tuning measures recall@10, @100 and @500 against the exact scan on the index's own rows (themselves left out) and
    raises the effort until it reaches `target_recall`; where that takes looking at more than a quarter of the rows,
    searches for so many results scan. Queries from elsewhere (text vectors in an index of images) may see less.
    """

    options_type = ApproximateOptions
    first_effort: int

    def __init__(self, folder: Path, manifest: Mapping[str, Any]) -> None:
        super().__init__(folder, manifest)
        self._efforts: list[int | None] = manifest["structure"]["efforts"]
        self._most = self._most_effort(len(self), manifest["structure"]) if any(self._efforts) else 0
        self._prober = self._open_prober(folder, manifest) if any(self._efforts) else None

    def candidates(self, queries: FloatArray, limits: IntArray, hidden: BoolArray | None) -> tuple[IntArray, IntArray]:
        """Approximately the nearest `limits` visible rows, as in `AnnIndex.candidates`."""
        found = [self._visible(query, int(limit), hidden) for query, limit in zip(queries, limits, strict=True)]
        to_scan = [i for i, positions in enumerate(found) if positions is None]
        if to_scan:
            rows, positions = exact_candidates(self.vectors, queries[to_scan], limits[to_scan], hidden)
            ends = np.searchsorted(rows, np.arange(len(to_scan) + 1))
            for j, i in enumerate(to_scan):
                found[i] = positions[ends[j] : ends[j + 1]]
        whole = [positions for positions in found if positions is not None]
        counts = [len(positions) for positions in whole]
        return np.repeat(np.arange(len(queries)), counts), np.concatenate([np.empty(0, np.int64), *whole])

    def _visible(self, query: FloatArray, limit: int, hidden: BoolArray | None) -> IntArray | None:
        """Visible positions near one query, at least `limit` of them; None if it takes a scan to find so many."""
        n_hidden = 0 if hidden is None else int(np.count_nonzero(hidden))
        n_fetch = (limit + _SLACK) * len(self) // max(1, len(self) - n_hidden) + 1
        while (effort := _effort_for(n_fetch, len(self), self._efforts, self._most)) is not None:
            assert self._prober is not None
            positions = self._prober.probe(query, n_fetch, effort)
            if hidden is not None:
                positions = positions[~hidden[positions]]
            if len(positions) >= limit:
                return positions
            n_fetch *= 4
        return None

    @classmethod
    def _build_structure(cls, folder: Path, vectors: FloatArray, seed: int, options: IndexOptions) -> dict[str, Any]:
        assert isinstance(options, ApproximateOptions)
        if len(vectors) < max(options.scan_under, 2):
            return {"efforts": [None] * len(_TIERS)}
        facts = cls._write_structure(folder, vectors, seed, options)
        prober = cls._open_prober(folder, {"dim": vectors.shape[1], "structure": facts})
        most = cls._most_effort(len(vectors), facts)
        return {**facts, **_tuned(prober, vectors, seed, options.target_recall, cls.first_effort, most)}

    @classmethod
    @abstractmethod
    def _write_structure(cls, folder: Path, vectors: FloatArray, seed: int, options: Any) -> dict[str, Any]:
        """Writes the backend's files; returns what it chose, for the manifest."""

    @classmethod
    @abstractmethod
    def _open_prober(cls, folder: Path, manifest: Mapping[str, Any]) -> Prober:
        """Opens the backend's files, memory-mapped where it can."""

    @classmethod
    @abstractmethod
    def _most_effort(cls, n_vectors: int, facts: Mapping[str, Any]) -> int:
        """The effort that looks at about a quarter of the rows."""


def _effort_for(n_fetch: int, n: int, efforts: list[int | None], most: int) -> int | None:
    """The effort of a tier up to its limit, between two tiers in between, past the last in proportion; None to scan.

    Where the next tier scans, the one below may still grow in proportion, up to `most`.
    """
    if n_fetch * _SCAN_SHARE >= n:
        return None
    below: tuple[int, int] | None = None  # limit and effort of the last tier that was too small
    for (limit, _), effort in zip(_TIERS, efforts, strict=True):
        if n_fetch <= limit + 2 * _SLACK:
            if below is None or effort is None:
                break
            past = n_fetch - below[0] - 2 * _SLACK
            return below[1] + (effort - below[1]) * past // (limit - below[0])
        if effort is not None:
            below = (limit, effort)
    else:
        effort = None
    if below is None:
        return effort
    grown = below[1] * n_fetch // below[0]
    return grown if grown <= most else None


def _tuned(prober: Prober, vectors: FloatArray, seed: int, target: float, effort: int, most: int) -> dict[str, Any]:
    """For each tier the smallest tried effort that reaches the target, None if none does, and the recall seen."""
    shuffled = np.random.default_rng(seed).permutation(len(vectors))
    efforts: list[int | None] = []
    recalls: list[float] = []
    for limit, n_queries in _TIERS:
        if limit * _SCAN_SHARE >= len(vectors):
            break
        sample = shuffled[:n_queries]
        lowest = _lowest_true_scores(vectors, sample, limit)
        while (recall := _recall(prober, vectors, sample, lowest, limit, effort)) < target and effort < most:
            effort = min(most, int(effort * _GROWTH))
        efforts.append(effort if recall >= target else None)
        recalls.append(round(recall, 4))
    return {"efforts": efforts + [None] * (len(_TIERS) - len(efforts)), "recalls": recalls}


def _lowest_true_scores(vectors: FloatArray, sample: IntArray, limit: int) -> IntArray:
    """(q,) the score, in millionths, of the limit-th nearest other row of each sampled row."""
    rows, positions = exact_candidates(vectors, vectors[sample], np.full(len(sample), limit + 1), None)
    others = positions != sample[rows]
    rows, positions = rows[others], positions[others]
    micro = micro_dots(vectors[sample], vectors, rows, positions)
    _, scores = top_by_row(rows, positions, micro, len(sample), limit)
    return np.rint(scores[:, -1].astype(np.float64) * MICRO).astype(np.int64)


def _recall(prober: Prober, vectors: FloatArray, sample: IntArray, lowest: IntArray, limit: int, effort: int) -> float:
    """Mean share of the true top `limit` that probing finds; a row that ties with the last of them counts."""
    hits = 0
    for position, least in zip(sample, lowest, strict=True):
        found = prober.probe(vectors[position], limit + _SLACK + 1, effort)
        found = found[found != position]
        micro = micro_dots(vectors[position][None], vectors, np.zeros(len(found), np.int64), found)
        hits += min(limit, int((micro >= least).sum()))
    return hits / (limit * len(sample))
