"""Word search: BM25 as written down, ties, filters, edit distance, and an index that is kept current."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

import lance
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relpins_resources.query.catalog import Hits
from relpins_resources.query.lexical import FEW, LanceLexicalIndex, keep_indexed, words_state

WORDS = [f"z{a}{b}{c}" for a in "bdk" for b in "aou" for c in "bdkm"]  # none that a stemmer changes
K1, B = 1.2, 0.75


def random_texts(n: int, seed: int) -> dict[str, str]:
    """Texts by id; frequent and rare words, lengths from 1 to 20."""
    rng = np.random.default_rng(seed)
    chance = 1 / np.arange(1, len(WORDS) + 1)
    return {f"p{i:05d}": one_text(rng, chance / chance.sum()) for i in range(n)}


def one_text(rng: np.random.Generator, chance: npt.NDArray[np.float64]) -> str:
    return " ".join(rng.choice(WORDS, rng.integers(1, 20), p=chance))


def write(folder: Path, texts: dict[str, str]) -> str:
    table = pa.table({"pin_id": pa.array(texts, pa.string()), "text": pa.array(texts.values(), pa.string())})
    return str(lance.write_dataset(table, str(folder / "texts.lance")).uri)


def opened(uri: str, ids: list[str]) -> LanceLexicalIndex:
    return LanceLexicalIndex(lance.dataset(uri), np.array(sorted(ids), dtype=object))


def index_of(folder: Path, texts: dict[str, str]) -> LanceLexicalIndex:
    uri = write(folder, texts)
    assert keep_indexed(uri).is_exact
    return opened(uri, list(texts))


def found(index: LanceLexicalIndex, text: str, limit: int = 10, **options: object) -> list[int]:
    items = index.search([text], limit, **options).items[0]  # type: ignore[arg-type]
    return [int(item) for item in items if item >= 0]


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


# ---- kept current


class Texts:
    """A dataset and what it should hold."""

    def __init__(self, folder: Path, n: int, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.held = random_texts(n, seed)
        self.n_made = n
        self.uri = write(folder, self.held)

    def change(self, n_updated: int, n_new: int, n_gone: int) -> None:
        chance = np.full(len(WORDS), 1 / len(WORDS))
        ids = [str(name) for name in self.rng.permutation(sorted(self.held))]
        rows = {name: one_text(self.rng, chance) for name in ids[:n_updated]}
        rows |= {f"p{self.n_made + i:05d}": one_text(self.rng, chance) for i in range(n_new)}
        self.n_made += n_new
        self.put(rows)
        self.remove(ids[n_updated : n_updated + n_gone])

    def put(self, rows: dict[str, str]) -> None:
        if rows:
            table = pa.table({"pin_id": pa.array(rows, pa.string()), "text": pa.array(rows.values(), pa.string())})
            merge = lance.dataset(self.uri).merge_insert("pin_id")
            merge.when_matched_update_all().when_not_matched_insert_all().execute(table)
            self.held |= rows

    def remove(self, ids: list[str]) -> None:
        if ids:
            lance.dataset(self.uri).delete(f"pin_id IN ({', '.join(repr(name) for name in ids)})")
            self.held = {name: text for name, text in self.held.items() if name not in ids}

    def version(self) -> int:
        return int(lance.dataset(self.uri).version)


QUERIES = ["zbab", "zkom zdad", "zbab zbad zbak zbam zkum", "zdob zdok zkok"]


def same_answers(texts: Texts, folder: Path) -> bool:
    """Whether every query gives the same pins and scores as an index made anew."""
    one, other = answers(texts, folder)
    return (one.items == other.items).all() and np.array_equal(one.scores, other.scores, equal_nan=True)


def answers(texts: Texts, folder: Path, fuzziness: int = 0) -> tuple[Hits, Hits]:
    """Of the index that was kept, and of one made anew."""
    folder.mkdir(exist_ok=True)
    anew = index_of(folder, dict(texts.held))
    kept = opened(texts.uri, list(texts.held))
    one, other = (index.search(QUERIES, len(texts.held), fuzziness) for index in (kept, anew))
    return one, other


@pytest.mark.parametrize("seed", range(4))
def test_after_any_changes_answers_are_those_of_an_index_made_anew(tmp_path: Path, seed: int) -> None:
    texts = Texts(tmp_path, 120, seed)
    assert keep_indexed(texts.uri).is_exact
    for step in range(4):
        texts.change(*(int(n) for n in texts.rng.integers(0, 4, 3)))
        assert keep_indexed(texts.uri).is_exact
        assert same_answers(texts, tmp_path / f"anew{step}")
    one, other = answers(texts, tmp_path / "anew near", fuzziness=1)  # the last decimal may differ
    assert (np.sort(one.items) == np.sort(other.items)).all()
    np.testing.assert_allclose(one.scores, other.scores, atol=1.5e-3)


def test_nothing_changed_nothing_is_committed(tmp_path: Path) -> None:
    texts = Texts(tmp_path, 50, 0)
    keep_indexed(texts.uri)
    for change in ((0, 0, 0), (1, 1, 1)):
        texts.change(*change)
        keep_indexed(texts.uri)
        version = texts.version()
        keep_indexed(texts.uri)
        assert texts.version() == version


def test_statistics_change_with_what_is_gone(tmp_path: Path) -> None:
    """Able to fail: without taking out what went, scores are others."""
    texts = Texts(tmp_path, 120, 5)
    keep_indexed(texts.uri)
    texts.change(20, 0, 20)
    state = keep_indexed(texts.uri, settled_up_to=0, stale_share=1.0)
    assert (state.n_unindexed, state.n_gone, state.is_exact) == (0, 40, False)
    assert not same_answers(texts, tmp_path / "anew")


def test_a_large_index_waits_until_enough_is_gone_and_finds_everything_meanwhile(tmp_path: Path) -> None:
    texts = Texts(tmp_path, 200, 6)
    keep_indexed(texts.uri)
    for n_gone in (2, 4):
        texts.change(1, 1, 1)
        state = keep_indexed(texts.uri, settled_up_to=0, stale_share=0.02)
        assert (state.n_unindexed, state.n_gone) == (0, n_gone)
        assert (opened(texts.uri, list(texts.held)).search(texts.held.values(), 200).items >= 0).any(1).all()  # type: ignore[arg-type]
    texts.change(1, 0, 0)
    assert keep_indexed(texts.uri, settled_up_to=0, stale_share=0.02).is_exact
    assert same_answers(texts, tmp_path / "anew")


def test_segments_of_a_large_index_are_merged_when_there_are_many(tmp_path: Path) -> None:
    texts = Texts(tmp_path, 60, 7)
    keep_indexed(texts.uri)
    sizes = []
    for _ in range(9):
        texts.change(0, 1, 0)
        sizes.append(keep_indexed(texts.uri, settled_up_to=0).n_segments)
    assert sizes == [2, 3, 4, 5, 6, 7, 8, 1, 2]


def test_a_fragment_that_goes_as_a_whole_leaves_nothing_behind(tmp_path: Path) -> None:
    texts = Texts(tmp_path, 60, 8)
    keep_indexed(texts.uri)
    texts.put({"x1": "zbab", "x2": "zbab zkom"})
    lance.dataset(texts.uri).optimize.optimize_indices()  # and then the run was killed
    texts.remove(["x1", "x2"])
    assert words_state(lance.dataset(texts.uri)).has_vanished
    assert keep_indexed(texts.uri).is_exact
    assert same_answers(texts, tmp_path / "anew")


def test_texts_that_are_not_indexed_yet_are_found(tmp_path: Path) -> None:
    texts = Texts(tmp_path, 60, 9)
    keep_indexed(texts.uri)
    texts.put({"x1": "zbab harbour"})
    assert words_state(lance.dataset(texts.uri)).n_unindexed == 1
    assert found(opened(texts.uri, list(texts.held)), "harbour") == [60]


def test_an_emptied_table_and_texts_without_words(tmp_path: Path) -> None:
    texts = Texts(tmp_path, 5, 10)
    texts.put({"x1": "", "x2": "the"})
    keep_indexed(texts.uri)
    assert found(opened(texts.uri, list(texts.held)), "the") == []
    texts.remove(list(texts.held))
    state = keep_indexed(texts.uri)
    assert state.n_texts == 0
    assert found(opened(texts.uri, ["p00000"]), "zbab") == []
    texts.put({"y": "zbab"})
    keep_indexed(texts.uri)
    assert same_answers(texts, tmp_path / "anew")


def test_an_old_version_answers_as_it_did_after_others_were_dropped(tmp_path: Path) -> None:
    texts = Texts(tmp_path, 100, 11)
    keep_indexed(texts.uri)
    ids, version = sorted(texts.held), texts.version()
    before = opened(texts.uri, ids).search(QUERIES, 50)
    for _ in range(3):
        texts.change(3, 3, 3)
        keep_indexed(texts.uri)
    dataset = lance.dataset(texts.uri)
    dataset.optimize.compact_files()
    dataset.optimize.optimize_indices()
    versions = [int(entry["version"]) for entry in lance.dataset(texts.uri).versions()]
    lance.dataset(texts.uri).cleanup_old_versions(versions=[v for v in versions if v not in (version, max(versions))])
    after = LanceLexicalIndex(lance.dataset(texts.uri, version=version), np.array(ids, dtype=object))
    assert (after.search(QUERIES, 50).items == before.items).all()
    assert same_answers(texts, tmp_path / "anew")
