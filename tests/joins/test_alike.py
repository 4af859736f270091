"""The parts of finding copies: pairs of near hashes, components that do not drift, verdicts that stand alone."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_scenes import cropped, jpeg, mirrored, reencoded, resized, scene
from hypothesis import given, settings
from hypothesis import strategies as st

from relpins_resources.images import decode_image
from relpins_resources.images.alike import Looks, components, look_at, near_hashes, near_pairs, small_pictures
from relpins_resources.images.alike.confirm import measured
from relpins_resources.images.perceptual_hash import hashes_of

ONE_BIT = np.uint64(1) << np.arange(64, dtype=np.uint64)


def flipped(hashes: np.ndarray, n_bits: int, rng: np.random.Generator) -> np.ndarray:
    return np.array([one ^ np.bitwise_xor.reduce(rng.choice(ONE_BIT, n_bits, replace=False)) for one in hashes])


@pytest.mark.parametrize("within", [0, 1, 6, 7])
def test_bands_find_every_near_pair_once(within: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(within)
    keys = rng.integers(0, 2**63, 300).astype(np.uint64)
    queries = np.concatenate([flipped(keys[:120], n, rng) for n in range(1, 9)] + [keys[:50]])
    keys = np.concatenate([keys, keys[:20]])
    expected = np.argwhere(np.bitwise_count(queries[:, None] ^ keys[None, :]) <= within)
    for all_with_all in (0, 10**9):
        monkeypatch.setattr(near_hashes, "ALL_WITH_ALL", all_with_all)
        monkeypatch.setattr(near_hashes, "PAIRS_AT_ONCE", 64)
        found = [np.stack(pair, axis=1) for pair in near_pairs(queries, keys, within)]
        together = np.concatenate(found) if found else np.zeros((0, 2), np.int64)
        assert sorted(map(tuple, together.tolist())) == sorted(map(tuple, expected.tolist()))


def of_bits(*bits: int) -> np.uint64:
    return np.uint64(sum(1 << bit for bit in bits))


def test_a_star_of_copies_is_one_component() -> None:
    hashes = np.array([of_bits(*range(k * 12, k * 12 + 12)) for k in range(4)] + [np.uint64(0)])
    centre = np.full(4, 4)
    assert components(np.arange(4), centre, hashes).tolist() == [0] * 5, "the first is 24 bits from the others"


def test_a_chain_that_drifts_is_parted() -> None:
    hashes = np.array([of_bits(*range(6 * step)) for step in range(9)])
    left, right = np.arange(8), np.arange(1, 9)
    found = components(left, right, hashes)
    assert found.tolist() == [0, 0, 0, 0, 4, 4, 4, 4, 8], "middle 1 reaches 16 bits, then middle 5 does"


def test_pictures_without_a_pair_stand_alone() -> None:
    none = np.array([], np.int64)
    assert components(none, none, np.zeros(3, np.uint64)).tolist() == [0, 1, 2]
    assert components(np.array([1]), np.array([2]), np.zeros(4, np.uint64)).tolist() == [0, 1, 1, 3]


@given(st.data())
@settings(max_examples=30, deadline=None, derandomize=True)
def test_components_do_not_depend_on_the_order_of_pairs(data: st.DataObject) -> None:
    n = 12
    pairs = data.draw(st.sets(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)).filter(lambda p: p[0] < p[1])))
    hashes = np.array(data.draw(st.lists(st.integers(0, 2**20), min_size=n, max_size=n)), np.uint64)
    ordered = np.array(sorted(pairs), np.int64).reshape(-1, 2)
    shuffled = np.array(data.draw(st.permutations(sorted(pairs))), np.int64).reshape(-1, 2)
    one = components(ordered[:, 0], ordered[:, 1], hashes)
    assert (one == components(shuffled[:, 1], shuffled[:, 0], hashes)).all()
    assert (one <= np.arange(n)).all()
    assert (one[one] == one).all(), "named after a member"


def test_a_verdict_does_not_depend_on_what_is_judged_beside_it() -> None:
    files = [jpeg(edit(scene(n))) for n in range(3) for edit in (reencoded, resized, cropped, mirrored)]
    pictures = small_pictures([decode_image(data).thumbnail for data in files])
    left, right = np.triu_indices(len(pictures), 1)
    together = measured(pictures[left], pictures[right])
    for at in range(0, len(left), 7):
        alone = measured(pictures[left[at : at + 1]], pictures[right[at : at + 1]])
        assert alone.correlation[0] == together.correlation[at]
        assert alone.local[0] == together.local[at]
        assert alone.color[0] == together.color[at]


def test_a_look_survives_being_kept_as_float32() -> None:
    files = [decode_image(jpeg(scene(n))).thumbnail for n in range(3)]
    rows = look_at(files)
    assert rows.dtype == np.float32
    looks = Looks.from_rows(rows)
    one_by_one = [Looks.from_rows(look_at([file])) for file in files]
    assert looks.inner.tolist() == [one.inner[0].tolist() for one in one_by_one]
    assert looks.inner.min() > 2**32, "whole hashes, not parts of them"
    assert Looks.from_rows(look_at([])).layouts.shape == (0, 3, 48)


def test_the_hash_of_luma_is_the_hash_of_the_picture() -> None:
    luma = np.random.default_rng(0).integers(0, 256, (4, 32, 32)).astype(np.float64)
    assert hashes_of(luma).tolist() == [int(hashes_of(one[None])[0]) for one in luma]
    assert int(hashes_of(np.full((1, 32, 32), 128.0))[0]) == 0
