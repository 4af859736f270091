"""Topics joined by their rarest attribute, against counting every image for every topic."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relpins_assets.collections.matching import MICRO, Matches, TopicSet, least_shared, match, postings_of
from relpins_resources.errors import RelpinsError

Carried = dict[tuple[int, int], int]


def naive(topics: list[list[int]], carried: Carried, n_images: int, weights: list[int], required: list[int]):
    """(score, n_shared) per image of each topic, by the definition."""
    found = []
    for topic in topics:
        of_topic = {}
        for image in range(n_images):
            shared = [a for a in topic if carried.get((a, image), 0) > 0]
            if len(shared) >= -(-3 * len(topic) // 4) and all(a in shared for a in topic if required[a]):
                total = sum(weights[a] * carried[a, image] for a in shared)
                of_topic[image] = (round(total / sum(weights[a] for a in topic)), len(shared))
        found.append(of_topic)
    return found


def matched(topics: list[list[int]], carried: Carried, n_images: int, weights, required, limit: int = 99) -> Matches:
    pairs = np.array(list(carried), np.int64).reshape(-1, 2)
    confidences = np.array(list(carried.values()), np.int64)
    postings = postings_of(pairs[:, 0], pairs[:, 1], confidences, len(weights), n_images)
    starts = np.append(0, np.cumsum([len(topic) for topic in topics])).astype(np.int64)
    asked = TopicSet(starts, np.array([a for topic in topics for a in topic], np.int64))
    return match(asked, postings, np.array(weights, np.int64), np.array(required, bool), limit=limit)


@st.composite
def catalogs(draw: st.DrawFn):
    n_attributes, n_images = draw(st.integers(4, 7)), draw(st.integers(1, 12))
    pair = st.tuples(st.integers(0, n_attributes - 1), st.integers(0, n_images - 1))
    carried = draw(st.dictionaries(pair, st.sampled_from([0, 400_000, 500_000, 999_999, MICRO]), max_size=60))
    topic = st.lists(st.integers(0, n_attributes - 1), min_size=2, max_size=4, unique=True)
    topics = draw(st.lists(topic, max_size=8))
    weights = draw(st.lists(st.integers(1, 9 * MICRO), min_size=n_attributes, max_size=n_attributes))
    required = draw(st.lists(st.booleans(), min_size=n_attributes, max_size=n_attributes))
    return topics, carried, n_images, weights, required


@given(catalogs())
@settings(max_examples=80, deadline=None)
def test_it_finds_what_counting_finds(catalog):
    topics, carried, n_images, weights, required = catalog
    found = matched(topics, carried, n_images, weights, required)
    for place, expected in enumerate(naive(topics, carried, n_images, weights, required)):
        at = slice(found.starts[place], found.starts[place + 1])
        images, scores, shared = (part[at].tolist() for part in (found.images, found.scores, found.n_shared))
        assert {i: (s, n) for i, s, n in zip(images, scores, shared, strict=True)} == expected
        assert images == sorted(expected, key=lambda image: (-expected[image][0], image))
        assert found.n_matched[place] == len(expected)


@given(catalogs(), st.integers(1, 4))
@settings(max_examples=25, deadline=None)
def test_a_topic_gets_the_same_alone_and_a_limit_keeps_the_best(catalog, limit):
    topics, *rest = catalog
    found = matched(topics, *rest)
    for place, topic in enumerate(topics):
        alone = matched([topic], *rest, limit=limit)
        whole = slice(found.starts[place], found.starts[place + 1])
        assert alone.images.tolist() == found.images[whole].tolist()[:limit]
        assert alone.scores.tolist() == found.scores[whole].tolist()[:limit]
        assert alone.n_matched.tolist() == [found.n_matched[place]]


def test_the_score_is_the_share_of_the_weight_that_is_carried():
    carried = {(0, 0): MICRO, (1, 0): 500_000, (0, 1): MICRO, (1, 1): MICRO, (0, 2): MICRO}
    found = matched([[0, 1]], carried, 3, [3 * MICRO, MICRO], [0, 0])
    assert found.images.tolist() == [1, 0]  # image 2 lacks one of two
    assert found.scores.tolist() == [MICRO, round((3 * 1 + 1 * 0.5) / 4 * MICRO)]


def test_one_of_four_may_lack_but_not_a_required_one():
    carried = {(a, image): MICRO for image in range(4) for a in range(4) if a != image}
    assert matched([[0, 1, 2, 3]], carried, 4, [1, 1, 1, 1], [0, 0, 0, 0]).n_shared.tolist() == [3, 3, 3, 3]
    assert sorted(matched([[0, 1, 2, 3]], carried, 4, [1, 1, 1, 1], [1, 0, 0, 0]).images.tolist()) == [1, 2, 3]


@pytest.mark.parametrize(("n", "least"), [(1, 1), (2, 2), (3, 3), (4, 3), (8, 6)])
def test_three_quarters_are_needed(n, least):
    assert least_shared(n) == least


def test_an_attribute_that_no_image_carries_matches_nothing():
    found = matched([[0, 1], [1, 2]], {(0, 0): MICRO, (1, 0): MICRO}, 1, [1, 1, 1], [0, 0, 0])
    assert found.n_matched.tolist() == [1, 0]


def test_no_topics_and_no_images():
    assert matched([], {}, 0, [1], [0]).starts.tolist() == [0]
    assert matched([[0, 1]], {}, 0, [1, 1], [0, 0]).n_matched.tolist() == [0]


def test_numbers_out_of_range_are_refused():
    with pytest.raises(RelpinsError, match=r"images span 0\.\.5; allowed: 0\.\.2"):
        matched([], {(0, 5): MICRO, (0, 0): MICRO}, 3, [1], [0])
    with pytest.raises(RelpinsError, match="limit is 0"):
        matched([], {}, 1, [1], [0], limit=0)
