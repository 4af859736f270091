"""What every ann backend promises, run on each; faiss joins in where it is installed."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from ann_vectors import APPROXIMATE, INSTALLED, clustered

from relpins_resources.ann import AnnIndex, ann_backend, ann_options, snap
from relpins_resources.errors import RelpinsError

OPTIONS = {"annoy": {"n_trees": 10}, "exact": {}, "faiss": {"n_cells": 40}}


VECTORS = clustered(2000, 64)
IDS = [f"pin-{i:04d}" for i in np.random.default_rng(1).permutation(2000)]


@pytest.fixture(scope="module", params=INSTALLED)
def index(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AnnIndex:
    folder = tmp_path_factory.mktemp(request.param)
    return ann_backend(request.param).build(folder, IDS, VECTORS, seed=3, **OPTIONS[request.param])


def test_ids_ascend_and_positions_point_into_them(index: AnnIndex):
    positions, scores = index.search(VECTORS[:20], 1)
    assert index.ids == sorted(IDS)
    assert [index.ids[p] for p in positions[:, 0]] == IDS[:20]
    assert (scores[:, 0] == 1).all()


def test_scores_are_the_true_cosines_in_millionths_best_first(index: AnnIndex):
    positions, scores = index.search(VECTORS[:50], 25)
    true = np.einsum("qd,qkd->qk", snap(VECTORS[:50]).astype(float), index.vectors[positions].astype(float))
    assert scores.dtype == np.float32
    assert (scores == (np.rint(true * 1e6) / 1e6).astype(np.float32)).all()
    assert (np.diff(scores, axis=1) <= 0).all()


def test_one_query_and_a_batch_agree_bit_for_bit(index: AnnIndex):
    queries = clustered(64, 64, seed=9)
    positions, scores = index.search(queries, 12)
    for i, query in enumerate(queries):
        alone = index.search(query[None], 12)
        assert (alone[0][0] == positions[i]).all()
        assert (alone[1][0] == scores[i]).all()


def test_search_finds_what_it_promises(index: AnnIndex, tmp_path: Path):
    true, _ = ann_backend("exact").build(tmp_path, IDS, VECTORS).search(VECTORS[:300], 11)
    found, _ = index.search(VECTORS[:300], 11)
    recall = np.mean([len(set(a[1:]) & set(b[1:])) / 10 for a, b in zip(true, found, strict=True)])
    assert recall >= (1.0 if index.backend == "exact" else 0.95)


def test_a_limit_above_the_size_gives_every_row_then_padding(index: AnnIndex):
    positions, scores = index.search(VECTORS[:2], 2004)
    assert (np.sort(positions[:, :2000], axis=1) == np.arange(2000)).all()
    assert (positions[:, 2000:] == -1).all()
    assert (scores[:, 2000:] == -np.inf).all()


def test_opening_gives_the_same_index(index: AnnIndex):
    again = type(index).open(index.folder)
    assert again.ids == index.ids
    for mine, theirs in zip(again.search(VECTORS[:9], 7), index.search(VECTORS[:9], 7), strict=True):
        assert (mine == theirs).all()


def test_the_manifest_says_what_made_it(index: AnnIndex):
    manifest = json.loads((index.folder / "manifest.json").read_text())
    known = {"schema_version": 1, "backend": index.backend, "dim": 64, "n_vectors": 2000, "seed": 3}
    assert known.items() <= manifest.items()
    assert OPTIONS[index.backend].items() <= manifest["options"].items()


def test_the_order_of_the_rows_does_not_matter(index: AnnIndex, tmp_path: Path):
    backend = index.backend
    shuffled = np.random.default_rng(5).permutation(2000)
    again = ann_backend(backend).build(
        tmp_path, [IDS[i] for i in shuffled], VECTORS[shuffled], seed=3, **OPTIONS[backend]
    )
    for path in index.folder.iterdir():
        assert (again.folder / path.name).read_bytes() == path.read_bytes(), path.name


def test_ties_break_by_id(index: AnnIndex, tmp_path: Path):
    rows = np.concatenate([np.repeat(VECTORS[:1], 30, axis=0), VECTORS[1:1500]])
    ids = [f"twin-{i}" for i in range(30)] + [f"other-{i}" for i in range(1499)]
    twins = type(index).build(tmp_path, ids, rows, **OPTIONS[index.backend])
    positions, scores = twins.search(rows[:1], 30)
    assert [twins.ids[p] for p in positions[0]] == sorted(f"twin-{i}" for i in range(30))
    assert (scores == 1).all()


@pytest.mark.parametrize("backend", INSTALLED)
@pytest.mark.parametrize("n", [0, 1, 2])
def test_tiny_indexes_are_legal(backend: str, n: int, tmp_path: Path):
    tiny = ann_backend(backend).build(tmp_path, IDS[:n], VECTORS[:n], **OPTIONS[backend])
    positions, scores = tiny.search(VECTORS[:2], 3)
    assert positions.shape == scores.shape == (2, 3)
    assert (np.sort(positions, axis=1)[:, 3 - n :] == np.arange(n)).all()
    assert (positions[:, n:] == -1).all()
    assert tiny.search(VECTORS[:0], 3)[0].shape == (0, 3)


@pytest.mark.parametrize("backend", APPROXIMATE)
def test_small_indexes_can_be_made_to_use_their_structure(backend: str, tmp_path: Path):
    options = {**OPTIONS[backend], "scan_under": 0}
    index = ann_backend(backend).build(tmp_path, IDS[:600], VECTORS[:600], **options)
    assert index.manifest["structure"]["efforts"][0] is not None
    assert index.manifest["structure"]["recalls"][0] >= 0.97
    assert (
        ann_backend(backend).build(tmp_path / "b", IDS[:600], VECTORS[:600]).manifest["structure"]["efforts"]
        == [None] * 3
    )


@pytest.mark.parametrize("backend", APPROXIMATE)
def test_vectors_without_neighbourhoods_are_scanned(backend: str, tmp_path: Path):
    rows = np.random.default_rng(0).standard_normal((2000, 64)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    index = ann_backend(backend).build(tmp_path, IDS, rows, target_recall=1.0)
    exact = ann_backend("exact").build(tmp_path / "exact", IDS, rows)
    assert index.manifest["structure"]["efforts"] == [None] * 3
    assert (index.search(rows[:40], 10)[0] == exact.search(rows[:40], 10)[0]).all()


# --- what a caller can get wrong

REFUSED = {
    "duplicate": (["a", "a"], VECTORS[:2], "id 'a' came more than once"),
    "lengths": (["a"], VECTORS[:2], "1 ids came with 2 vectors"),
    "flat": (["a"], VECTORS[0], r"vectors have shape \(64,\)"),
    "no dimension": ([], np.zeros((0, 0), np.float32), r"d >= 1"),
    "not a number": (["a", "b"], np.full((2, 4), np.nan, np.float32), "row 0 has norm nan"),
    "not normalised": (["a", "b"], np.array([[1, 0], [0, 9]], np.float32), "row 1 has norm 9"),
}


@pytest.mark.parametrize(("ids", "vectors", "message"), REFUSED.values(), ids=REFUSED)
def test_rows_that_no_index_can_hold(ids: list[str], vectors: np.ndarray, message: str, tmp_path: Path):
    with pytest.raises(RelpinsError, match=message):
        ann_backend("exact").build(tmp_path / "index", ids, vectors)
    assert not (tmp_path / "index").exists()


def test_another_dimension_prints_both(index: AnnIndex):
    with pytest.raises(RelpinsError, match="queries have 63 dimensions, the index has 64"):
        index.search(VECTORS[:1, :63], 3)


def test_a_query_must_be_a_row_and_a_limit_positive(index: AnnIndex):
    with pytest.raises(RelpinsError, match=r"as \(1, 64\)"):
        index.search(VECTORS[0], 3)
    with pytest.raises(RelpinsError, match="limit is 0"):
        index.search(VECTORS[:1], 0)
    with pytest.raises(RelpinsError, match="queries row 0 has norm"):
        index.search(VECTORS[:1] * 5, 1)


def test_an_unknown_backend_prints_the_known_ones():
    with pytest.raises(RelpinsError, match="ann backend 'anoy' is unknown; known: annoy, exact, faiss"):
        ann_backend("anoy")


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"backend": "exact", "n_trees": 3}, "'exact' has no option 'n_trees'; known: none"),
        ({"n_tree": 3}, "'annoy' has no option 'n_tree'; known: n_trees, scan_under, target_recall"),
        ({"n_trees": -1}, "n_trees is -1"),
        ({"n_trees": "ten"}, "n_trees is 'ten'"),
        ({"target_recall": 95}, "target_recall is 95"),
        ({"target_recall": "high"}, "target_recall is 'high'"),
        ({"backend": "hnsw"}, "known: annoy, exact, faiss"),
    ],
)
def test_options_are_checked_before_the_work(config: dict[str, object], message: str):
    with pytest.raises(RelpinsError, match=message):
        ann_options(config)


def test_options_of_a_profile():
    assert ann_options({"backend": "exact"}) == ("exact", {})
    assert ann_options({"n_trees": 5}) == ("annoy", {"n_trees": 5})


def test_faiss_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setitem(sys.modules, "faiss", None)  # what Python keeps for a module that must not be found
    with pytest.raises(RelpinsError, match=r"faiss-cpu, which is not installed.*relpins\[faiss\]"):
        ann_backend("faiss").build(tmp_path, IDS, VECTORS)


def test_a_folder_without_an_index(tmp_path: Path):
    with pytest.raises(RelpinsError, match="there is no ann index"):
        ann_backend("exact").open(tmp_path)


def test_another_backend_or_schema(tmp_path: Path):
    ann_backend("exact").build(tmp_path, IDS[:3], VECTORS[:3])
    with pytest.raises(RelpinsError, match="built by ann backend 'exact', opened as 'annoy'"):
        ann_backend("annoy").open(tmp_path)
    manifest = tmp_path / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"schema_version": 1', '"schema_version": 99'))
    with pytest.raises(RelpinsError, match="schema version 99, this code reads 1"):
        ann_backend("exact").open(tmp_path)
