"""A full-text index that is kept current: whatever changed, it answers as one made anew does."""

from __future__ import annotations

from pathlib import Path

import lance
import numpy as np
import pyarrow as pa
import pytest
from lexical_texts import WORDS, found, index_of, one_text, opened, random_texts, write

from relpins_resources.query.catalog import Hits
from relpins_resources.query.retrieval.lexical import LanceLexicalIndex, keep_indexed, words_state


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
