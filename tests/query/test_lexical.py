"""Word search: BM25 as written down, ties, filters and edit distance."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lexical_texts import WORDS, found, index_of, opened, random_texts, write

from relpins_resources.query.retrieval.lexical import FEW, LanceLexicalIndex, keep_indexed

K1, B = 1.2, 0.75


def bm25(texts: dict[str, str], query: str) -> npt.NDArray[np.float64]:
    """(n,) the formula, one text at a time, in order of id."""
    held = [Counter(texts[name].split()) for name in sorted(texts)]
    mean = sum(counts.total() for counts in held) / len(held)
    scores = np.zeros(len(held))
    for word in query.split():
        n_with = sum(word in counts for counts in held)
        idf = math.log(1 + (len(held) - n_with + 0.5) / (n_with + 0.5))
        for i, counts in enumerate(held):
            tf = counts[word]
            scores[i] += idf * (K1 + 1) * tf / (tf + K1 * (1 - B + B * counts.total() / mean))
    return scores


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    return random_texts(FEW + 400, 1)


@pytest.fixture(scope="module")
def index(texts: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> LanceLexicalIndex:
    return index_of(tmp_path_factory.mktemp("words"), texts)


@settings(max_examples=40, deadline=None)
@given(
    query=st.lists(st.sampled_from(WORDS), min_size=1, max_size=5, unique=True),
    limit=st.sampled_from([1, 7, 100]),
    n_allowed=st.sampled_from([0, 1, 30, FEW // 2, FEW + 300, None]),
    seed=st.integers(0, 5),
)
def test_it_is_bm25_over_what_is_allowed(
    index: LanceLexicalIndex,
    texts: dict[str, str],
    query: list[str],
    limit: int,
    n_allowed: int | None,
    seed: int,
) -> None:
    allowed = np.ones(len(texts), bool)
    if n_allowed is not None:
        allowed[:] = False
        allowed[np.random.default_rng(seed).choice(len(texts), n_allowed, replace=False)] = True
    hits = index.search([" ".join(query)], limit, allowed=None if n_allowed is None else allowed)
    want = np.where(allowed, bm25(texts, " ".join(query)), 0.0)
    n_hits = min(limit, int((want > 0).sum()))
    items, scores = hits.items[0], hits.scores[0]
    assert (items[n_hits:] == -1).all()
    assert np.isnan(scores[n_hits:]).all()
    assert allowed[items[:n_hits]].all()
    np.testing.assert_allclose(scores[:n_hits], want[items[:n_hits]], atol=2e-3)
    np.testing.assert_allclose(scores[:n_hits], np.sort(want)[::-1][:n_hits], atol=2e-3)
    pairs = list(zip(-scores[:n_hits], items[:n_hits], strict=True))
    assert pairs == sorted(pairs), "best first, ties by position"


def test_of_many_equal_texts_the_first_ids_come(tmp_path: Path) -> None:
    index = index_of(tmp_path, {f"p{i:05d}": "zbab zkom" for i in reversed(range(FEW + 500))})
    assert found(index, "zbab", 5) == [0, 1, 2, 3, 4]
    few = np.zeros(FEW + 500, bool)
    few[[7, 900, 2_400]] = True
    assert found(index, "zbab", 2, allowed=few) == [7, 900]
    assert found(index, "zbab", 5, allowed=few) == [7, 900, 2_400]
    assert found(index, "zbab", 4, allowed=np.arange(FEW + 500) >= 300) == [300, 301, 302, 303]


def test_a_batch_gives_what_each_query_gives(index: LanceLexicalIndex, texts: dict[str, str]) -> None:
    queries = ["zbab", None, "zkom zdad", "", "no such word", "zbab"]
    allowed = np.random.default_rng(3).random((len(queries), len(texts))) < 0.4
    for mask in (None, allowed[0], allowed):
        batch = index.search(queries, 20, allowed=mask)
        for i, query in enumerate(queries):
            alone = index.search([query], 20, allowed=mask if mask is None or mask.ndim == 1 else mask[i])
            assert (batch.items[i] == alone.items[0]).all()
            assert np.array_equal(batch.scores[i], alone.scores[0], equal_nan=True)
    assert batch.floors is None
    assert batch.anchors is None


def test_a_pin_that_is_no_item_is_never_given(tmp_path: Path) -> None:
    uri = write(tmp_path, {"a": "zbab", "b": "zbab", "c": "zbab zkom"})
    keep_indexed(uri)
    assert found(opened(uri, ["a", "c"]), "zbab") == [0, 1]
    assert found(opened(uri, ["b"]), "zbab") == [0]
    assert found(opened(uri, []), "zbab") == []


ODD = ["a" * 5_000, "zbab " * 500, "\U0001d49c" * 20, "\ufb03" * 20, "zbab\x00", '"zbab" AND (', "%_*?"]


@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=40) | st.sampled_from(["\ud800 zbab", *ODD]))
def test_any_text_is_only_words(index: LanceLexicalIndex, text: str) -> None:
    for fuzziness in (0, 2):
        items = index.search([text], 3, fuzziness).items
        assert items.shape == (1, 3)


CATALOG = {
    "a": "Kitchen with an oak table",
    "b": "Kitchens",
    "c": "café au lait, crème brûlée",
    "d": "北欧风格的客厅灯具",
    "e": "T-shirt in wool-blend, 4K print",
    "f": "lamp",
    "g": "camp",
    "h": "a brass lamp",
}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> LanceLexicalIndex:
    return index_of(tmp_path_factory.mktemp("catalog"), CATALOG)


@pytest.mark.parametrize(
    ("query", "fuzziness", "names"),
    [
        ("kitchen", 0, "ba"),
        ("CAFE", 0, "c"),
        ("creme brulee", 0, "c"),
        ("客厅", 0, "d"),
        ("客厅", 2, "d"),
        ("shirt", 0, "e"),
        ("wool", 0, "e"),
        ("4k", 0, "e"),
        ("the with and", 0, ""),
        ("kitchan", 0, ""),
        ("kitchan", 1, "ba"),
        ("kitcan", 1, ""),
        ("kitcan", 2, "ba"),
        ("lamp", 0, "fh"),
        ("lamp", 1, "fhg"),  # the word itself before what is near to it
        ("lamp", 2, "fhg"),  # four letters: within one edit
        ("ok", 1, ""),  # two letters: as they are, not oak
    ],
)
def test_words_languages_and_edit_distance(small: LanceLexicalIndex, query: str, fuzziness: int, names: str) -> None:
    ids = sorted(CATALOG)
    got = [ids[item] for item in found(small, query, fuzziness=fuzziness)]
    assert "".join(got) == names
