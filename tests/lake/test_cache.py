"""The same content is encoded once, whatever the order and however often it is asked for."""

from pathlib import Path

import numpy as np
import pytest

from relpins_resources.lake.cache import BATCH, Cache


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache", "features@1")


def encoder(hashes: list[str], seen: list[str]):  # type: ignore[no-untyped-def]
    def encode(positions: list[int]) -> np.ndarray:
        seen.extend(hashes[i] for i in positions)
        return np.array([[len(hashes[i]), ord(hashes[i][0])] for i in positions], np.float32)

    return encode


def test_each_content_is_encoded_once_and_comes_back_in_order(cache: Cache) -> None:
    seen: list[str] = []
    hashes = ["bb", "a", "bb", "ccc"]
    expected = [[2, ord("b")], [1, ord("a")], [2, ord("b")], [3, ord("c")]]
    assert cache.vectors(hashes, encoder(hashes, seen)).tolist() == expected
    assert seen == ["bb", "a", "ccc"]
    more = ["ccc", "new", "a"]
    assert cache.vectors(more, encoder(more, seen)).tolist() == [[3, ord("c")], [3, ord("n")], [1, ord("a")]]
    assert seen == ["bb", "a", "ccc", "new"]


def test_a_vector_comes_back_exactly(cache: Cache) -> None:
    matrix = np.random.default_rng(0).standard_normal((3, 5)).astype(np.float32)
    first = cache.vectors(["a", "b", "c"], lambda positions: matrix[positions])
    again = cache.vectors(["c", "a"], lambda positions: pytest.fail("encoded again"))
    assert np.array_equal(first, matrix)
    assert np.array_equal(again, matrix[[2, 0]])


def test_texts(cache: Cache) -> None:
    seen: list[int] = []

    def encode(positions: list[int]) -> list[str]:
        seen.extend(positions)
        return [f"text {i}" for i in positions]

    assert cache.texts(["a", "b", "a"], encode) == ["text 0", "text 1", "text 0"]
    assert cache.texts(["c", "b"], encode) == ["text 0", "text 1"]
    assert seen == [0, 1, 0]
    assert cache.vectors(["a"], lambda positions: np.ones((1, 2), np.float32)).tolist() == [[1, 1]]


def test_nothing_asked_nothing_encoded(cache: Cache, tmp_path: Path) -> None:
    assert cache.vectors([], lambda positions: pytest.fail("encoded")).shape == (0, 0)
    assert cache.texts([], lambda positions: pytest.fail("encoded")) == []
    assert not (tmp_path / "cache").exists()


def test_a_kill_loses_one_batch_at_most(cache: Cache) -> None:
    hashes = [f"h{i}" for i in range(2 * BATCH + 5)]

    def encode(positions: list[int]) -> np.ndarray:
        if positions[-1] >= 2 * BATCH:
            raise KeyboardInterrupt
        return np.ones((len(positions), 1), np.float32)

    with pytest.raises(KeyboardInterrupt):
        cache.vectors(hashes, encode)
    left: list[int] = []
    cache.vectors(hashes, lambda positions: (left.extend(positions), np.ones((len(positions), 1), np.float32))[1])
    assert left == list(range(2 * BATCH, 2 * BATCH + 5))


def test_another_producer_has_a_cache_of_its_own(cache: Cache, tmp_path: Path) -> None:
    cache.texts(["a"], lambda positions: ["old"])
    assert Cache(tmp_path / "cache", "features@2").texts(["a"], lambda positions: ["new"]) == ["new"]
    assert Cache(tmp_path / "cache", "features@1").texts(["a"], lambda positions: ["new"]) == ["old"]
