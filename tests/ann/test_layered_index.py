"""Layers: after any changes, the same answers as a fresh index of what is there."""

import itertools
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest
from ann_vectors import APPROXIMATE, INSTALLED, clustered
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from relpins_resources.ann import LayeredIndex
from relpins_resources.errors import RelpinsError

NAMES = [f"p{i}" for i in range(24)]
VECTORS = clustered(2400, 64)
IDS = [f"pin-{i:04d}" for i in range(2400)]

vector = st.lists(st.integers(-3, 3), min_size=3, max_size=3).map(lambda xs: np.array(xs, np.float32) / 8)  # many ties
rows = st.dictionaries(st.sampled_from(NAMES), vector, max_size=8)


def stacked(vectors: dict[str, np.ndarray]) -> np.ndarray:
    return np.array(list(vectors.values()), np.float32).reshape(-1, 3)


class Changes(RuleBasedStateMachine):
    """A dict of vectors beside an index that takes the same changes."""

    @initialize(vectors=rows)
    def create(self, vectors: dict[str, np.ndarray]):
        self.home = Path(tempfile.mkdtemp())
        self.number = itertools.count()
        self.vectors = dict(vectors)
        self.index = LayeredIndex.create(self.folder(), list(vectors), stacked(vectors), "exact")
        self.before = self.index, dict(vectors)

    def folder(self) -> Path:
        return self.home / str(next(self.number))

    @rule(upserts=rows, deletes=st.lists(st.sampled_from(NAMES), max_size=6), compact_over=st.sampled_from([0, 0.5, 9]))
    def update(self, upserts: dict[str, np.ndarray], deletes: list[str], compact_over: float):
        self.before = self.index, dict(self.vectors)
        for name in deletes:
            self.vectors.pop(name, None)
        self.vectors |= upserts
        given_rows = (list(upserts), stacked(upserts))
        self.index = self.index.updated(self.folder(), given_rows, deletes, compact_over)

    @rule()
    def rename_and_reopen(self):
        self.index = LayeredIndex.open(self.index.folder.rename(self.folder()))

    @invariant()
    def answers_as_the_dict(self):
        for index, vectors in ((self.index, self.vectors), self.before):
            assert index.ids() == sorted(vectors)
            assert len(index) == len(vectors)
            assert index.dim == 3

    @invariant()
    def searches_as_a_full_sort(self):
        queries = np.array([[0.375, -0.125, 0.25], [0, 0, 0], [-0.25, 0.25, 0.125]], np.float32)
        excluded = [set(), {"p0", "p1", "no such pin"}, set(NAMES[::2])]
        found, scores = self.index.search(queries, 5, excluded)
        for i, query in enumerate(queries):
            ranked = sorted(
                (-float(row @ query), name) for name, row in self.vectors.items() if name not in excluded[i]
            )[:5]
            padding = [None] * (5 - len(ranked))
            assert found[i].tolist() == [name for _, name in ranked] + padding
            assert scores[i][: len(ranked)].tolist() == [np.float32(np.rint(-s * 1e6) / 1e6) for s, _ in ranked]

    @invariant()
    def gives_vectors_back(self):
        names = sorted(self.vectors)
        assert (self.index.vectors_of(names) == np.array([self.vectors[n] for n in names]).reshape(-1, 3)).all()
        assert (self.index.rows_of([n for n in NAMES if n not in self.vectors]) == -1).all()

    def teardown(self):
        shutil.rmtree(self.home, ignore_errors=True)


Changes.TestCase.settings = settings(max_examples=25, stateful_step_count=6, deadline=None)
test_changes = Changes.TestCase


def test_the_base_is_linked_until_it_is_compacted(tmp_path: Path):
    first = LayeredIndex.create(tmp_path / "1", IDS, VECTORS, "annoy", seed=4, n_trees=5)
    second = first.updated(tmp_path / "2", (["pin-0001", "new"], VECTORS[:2]), ["pin-0002"])
    for path in (tmp_path / "1" / "base").iterdir():
        assert path.stat().st_ino == (tmp_path / "2" / "base" / path.name).stat().st_ino
    assert (second.manifest["n_base"], second.manifest["n_delta"], second.manifest["n_tombstones"]) == (2400, 2, 2)

    third = second.updated(tmp_path / "3", deletes=IDS[100:800])
    live = sorted({*IDS, "new"} - {"pin-0002", *IDS[100:800]})
    fresh = LayeredIndex.create(tmp_path / "4", live, third.vectors_of(live), "annoy", seed=4, n_trees=5)
    assert (third.manifest["n_delta"], third.manifest["n_tombstones"]) == (0, 0)
    for path in (p for p in fresh.folder.rglob("*") if p.is_file()):
        assert (third.folder / path.relative_to(fresh.folder)).read_bytes() == path.read_bytes(), path.name


def test_an_update_leaves_the_version_before_as_it_was(tmp_path: Path):
    first = LayeredIndex.create(tmp_path / "1", IDS[:50], VECTORS[:50], "exact")
    bytes_before = {path: path.read_bytes() for path in first.folder.rglob("*") if path.is_file()}
    first.updated(tmp_path / "2", (["a"], VECTORS[60:61]), IDS[:3])
    assert {path: path.read_bytes() for path in first.folder.rglob("*") if path.is_file()} == bytes_before


def test_a_new_row_is_found_and_a_deleted_one_is_not(tmp_path: Path):
    first = LayeredIndex.create(tmp_path / "1", IDS[:1000], VECTORS[:1000], "annoy")
    second = first.updated(tmp_path / "2", (["new"], VECTORS[:1]), compact_over=1)
    assert second.search(VECTORS[:1], 2)[0][0].tolist() == ["new", "pin-0000"]
    third = second.updated(tmp_path / "3", deletes=["new", "pin-0000"], compact_over=1)
    assert not {"new", "pin-0000"} & set(third.search(VECTORS[:1], 1000)[0][0])
    assert third.manifest["n_delta"] == 0
    fourth = third.updated(tmp_path / "4", (["pin-0000"], VECTORS[:1]), ["pin-0000"], compact_over=1)
    assert fourth.search(VECTORS[:1], 1)[0][0, 0] == "pin-0000"


@pytest.mark.parametrize("backend", INSTALLED)
def test_from_empty_and_back(backend: str, tmp_path: Path):
    index = LayeredIndex.create(tmp_path / "1", [], np.zeros((0, 64), np.float32), backend)
    assert index.search(VECTORS[:2], 3)[0].tolist() == [[None] * 3] * 2
    assert index.recall_at(10) == 1.0
    index = index.updated(tmp_path / "2", (IDS[:5], VECTORS[:5]))
    assert index.ids() == IDS[:5]
    index = index.updated(tmp_path / "3", deletes=IDS[:5])
    assert index.ids() == []
    assert index.search(VECTORS[:1], 1)[0].tolist() == [[None]]


@pytest.mark.parametrize("backend", APPROXIMATE)
def test_approximate_layers_keep_their_recall_with_tombstones(backend: str, tmp_path: Path):
    first = LayeredIndex.create(tmp_path / "1", IDS, VECTORS, backend)
    dead = IDS[::3]
    index = first.updated(tmp_path / "2", (["new-" + i for i in IDS[:300]], VECTORS[:300]), dead, compact_over=1)
    assert index.manifest["n_tombstones"] == 800
    assert index.recall_at(10) >= 0.95
    found, scores = index.search(VECTORS[:200], 20)
    assert not set(dead) & set(found.ravel())
    assert all(len(set(row)) == 20 for row in found.tolist())
    true = LayeredIndex.create(tmp_path / "3", index.ids(), index.vectors_of(index.ids()), "exact").search(
        VECTORS[:200], 20
    )
    scanned = index.search(VECTORS[:200], 20, exact=True)
    assert (scanned[0] == true[0]).all()
    assert (scanned[1] == true[1]).all()
    assert (scores == true[1]).mean() >= 0.9


@pytest.mark.parametrize("backend", INSTALLED)
def test_neither_company_nor_the_others_excludes_change_an_answer(backend: str, tmp_path: Path):
    first = LayeredIndex.create(tmp_path / "1", IDS, VECTORS, backend)
    index = first.updated(tmp_path / "2", (["new"], VECTORS[7:8]), IDS[50:60])
    excluded = [set(IDS[: i * i]) for i in range(40)]
    together = index.search(VECTORS[:40], 15, excluded)
    for i in range(40):
        alone = index.search(VECTORS[i : i + 1], 15, excluded[i : i + 1])
        assert alone[0][0].tolist() == together[0][i].tolist()
        assert (alone[1][0] == together[1][i]).all()
        assert not excluded[i] & set(together[0][i])


def test_more_queries_than_a_block(tmp_path: Path):
    index = LayeredIndex.create(tmp_path, IDS, VECTORS, "exact")
    found, _ = index.search(VECTORS, 1, [{IDS[i]} if i % 2 else set() for i in range(2400)])
    for i in range(2400):
        assert (found[i, 0] == IDS[i]) == (i % 2 == 0)


def test_recall_tells_a_poor_index(tmp_path: Path):
    rows = np.random.default_rng(0).standard_normal((2400, 64))  # no neighbourhoods for one tree to find
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    poor = LayeredIndex.create(tmp_path / "poor", IDS, rows, "annoy", n_trees=1, target_recall=0.05)
    good = LayeredIndex.create(tmp_path / "good", IDS, rows, "annoy")
    assert poor.recall_at(10) < 0.8
    assert good.recall_at(10) >= 0.95
    assert LayeredIndex.create(tmp_path / "exact", IDS, rows, "exact").recall_at(10) == 1.0


def test_what_a_caller_can_get_wrong(tmp_path: Path):
    index = LayeredIndex.create(tmp_path / "1", IDS[:9], VECTORS[:9], "exact")
    with pytest.raises(RelpinsError, match="upserted vectors have 3 dimensions, the index has 64"):
        index.updated(tmp_path / "2", (["a"], np.zeros((1, 3), np.float32)))
    with pytest.raises(RelpinsError, match="queries have 3 dimensions, the index has 64"):
        index.search(np.zeros((1, 3), np.float32), 1)
    with pytest.raises(RelpinsError, match="id 'a' came more than once"):
        index.updated(tmp_path / "2", (["a", "a"], VECTORS[:2]))
    with pytest.raises(RelpinsError, match="1 exclude sets came with 2 queries"):
        index.search(VECTORS[:2], 1, [set()])
    with pytest.raises(RelpinsError, match="id 'x' is not in the index"):
        index.vectors_of(["pin-0001", "x"])
    with pytest.raises(RelpinsError, match="ann backend 'anoy' is unknown"):
        LayeredIndex.create(tmp_path / "2", IDS[:9], VECTORS[:9], "anoy")
    with pytest.raises(RelpinsError, match="there is no ann index"):
        LayeredIndex.open(tmp_path / "3")
    assert not (tmp_path / "2").exists()


def test_a_version_that_was_renamed_must_be_opened_again(tmp_path: Path):
    index = LayeredIndex.create(tmp_path / "temporary", IDS[:9], VECTORS[:9], "exact")
    (tmp_path / "temporary").rename(tmp_path / "kept")
    assert index.search(VECTORS[:1], 1)[0][0, 0] == IDS[0]  # what is open stays usable
    with pytest.raises(RelpinsError, match="open it again"):
        index.updated(tmp_path / "next", (["a"], VECTORS[:1]), compact_over=1)
    assert not (tmp_path / "next").exists()
