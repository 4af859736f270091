"""Clusters: what must be one is one, what must stay apart stays apart, whatever the order and the scale."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from said_worlds import SAME, said_at_random, workspace_with

from relpins_assets.vocabulary import clusters
from relpins_assets.vocabulary.clusters import complete_linkage, find_clusters
from relpins_assets.vocabulary.curating import looks_of
from relpins_assets.vocabulary.distances import text_similarities
from relpins_assets.vocabulary.frequent import find_frequent
from relpins_resources.encoders import SentenceEncoder, sentence_encoder

SINGLE = ("category", "sleeve", "rise")


@pytest.fixture(scope="module")
def sentences() -> SentenceEncoder:
    return sentence_encoder({"backend": "sentence_transformers", "model": "bundled"})


def clusters_of(folder: Path, n_images: int, seed: int, sentences: SentenceEncoder) -> dict[str, set[frozenset[str]]]:
    said, looks = said_at_random(n_images, seed)
    lake = workspace_with(folder, said, looks=looks).lake
    frequent = find_frequent(lake, 5, 0.0)
    rows = find_clusters(
        frequent, *looks_of(lake, frequent.join_ids), sentences.encode, SINGLE.__contains__
    ).to_pylist()
    found: dict[tuple[str, str], set[str]] = {}
    for row in rows:
        found.setdefault((row["key"], row["canonical"]), set()).add(row["value"])
    best = {(row["key"], row["value"]): row["n_pins"] for row in rows}
    for (key, canonical), forms in found.items():
        assert best[key, canonical] == max(best[key, form] for form in forms)
    return {key: {frozenset(forms) for (of, _), forms in found.items() if of == key} for key in SAME}


def test_what_means_the_same_is_one_and_nothing_else(tmp_path: Path, sentences: SentenceEncoder) -> None:
    found = clusters_of(tmp_path, 240, 1, sentences)
    assert found == {key: {frozenset(forms) for forms in concepts} for key, concepts in SAME.items()}


def test_without_use_words_alone_keep_opposites_apart(tmp_path: Path, sentences: SentenceEncoder) -> None:
    said = [
        (f"p{at}", key, form, "title")
        for key, concepts in SAME.items()
        for at, form in enumerate(form for forms in concepts for form in forms)
    ]
    frequent = find_frequent(workspace_with(tmp_path, said).lake, 1, 0.0)
    looks = np.zeros((len(frequent.join_ids), 1))
    rows = find_clusters(frequent, looks, np.zeros(len(looks), bool), sentences.encode, SINGLE.__contains__).to_pylist()
    canonical = {row["value"]: row["canonical"] for row in rows}
    for one, other in (("light blue", "dark blue"), ("short sleeve", "long sleeve"), ("low rise", "high rise")):
        assert canonical[one] != canonical[other]
    assert canonical["summer"] != canonical["winter"]
    assert canonical["shirt"] != canonical["t-shirt"]
    assert canonical["grey"] == canonical["gray"]


def test_shared_words_do_not_make_values_alike(sentences: SentenceEncoder) -> None:
    values = ["short sleeve", "long sleeve", "short", "long"]
    found = text_similarities(values, sentences.encode)
    assert found[0, 1] == pytest.approx(found[2, 3], abs=1e-6)
    assert found[0, 1] < 0.9


def test_forms_beyond_what_is_compared_keep_their_place(
    tmp_path: Path, sentences: SentenceEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clusters, "MAX_FORMS", 2)
    forms = ["acme", "acme", "acme", "bolt", "bolt", "cord-co", "cord-co", "cord co", "dray"]
    lake = workspace_with(tmp_path, [(f"p{at}", "brand", form, "title") for at, form in enumerate(forms)]).lake
    frequent = find_frequent(lake, 1, 0.0)
    looks = np.zeros((len(frequent.join_ids), 1))
    rows = find_clusters(frequent, looks, np.zeros(len(looks), bool), sentences.encode, SINGLE.__contains__).to_pylist()
    canonical = {row["value"]: row["canonical"] for row in rows}
    assert canonical == {"acme": "acme", "bolt": "bolt", "cord co": "cord-co", "cord-co": "cord-co", "dray": "dray"}


@settings(max_examples=40)
@given(st.integers(0, 12), st.integers(0, 10_000))
def test_no_two_of_a_cluster_are_farther_apart_than_the_cut(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    upper = np.triu(rng.random((n, n)), 1)
    mixed = upper + upper.T
    found = complete_linkage(mixed, 0.5)
    for i in range(n):
        for j in range(n):
            assert found[i] != found[j] or mixed[i, j] <= 0.5
    distinct = np.unique(found)
    for a in distinct:  # and no two clusters could still be joined
        for b in distinct[distinct > a]:
            assert mixed[np.ix_(found == a, found == b)].max() > 0.5
