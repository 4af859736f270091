"""How far claims are believed: known answers, and reliability that is recovered without its truth."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from relpins_assets.assignment.evidence import PRIOR, Claims, believed, claims_of, estimate_reliability

SOURCES = ("boards", "description", "pixels", "title")


def claims(*said: tuple[int, int, int, tuple[str, ...]]) -> Claims:
    """Claims of (pin, attribute, key, sources)."""
    pins, attributes, keys = (np.array([one[side] for one in said], np.int64) for side in range(3))
    says = np.array([[source in one[3] for source in SOURCES] for one in said], bool).reshape(-1, len(SOURCES))
    return Claims(pins, attributes, keys, says, SOURCES)


def test_a_lone_claim_is_as_likely_as_its_source_is_reliable() -> None:
    reliability = np.array([[0.6, 0.9, 0.3, 0.95]])
    given = claims((0, 0, 0, ("boards",)), (1, 0, 0, ("pixels",)), (2, 1, 0, ("title",)))
    assert believed(given, reliability, np.array([4])).tolist() == pytest.approx([0.6, 0.3, 0.95])


def test_two_that_agree_are_believed_as_bayes_says() -> None:
    reliability = np.array([[0.6, 0.9, 0.3, 0.9]])
    odds = (0.6 / 0.4) * (0.9 / 0.1) * (4 - 1)  # a wrong second would fall on any of the three other values
    found = believed(claims((0, 0, 0, ("boards", "title"))), reliability, np.array([4]))
    assert found[0] == pytest.approx(odds / (1 + odds), abs=1e-6)


def test_contradiction_costs_and_only_on_the_same_pin_and_key() -> None:
    reliability = np.array([[0.6, 0.9, 0.3, 0.95]] * 2)
    contradicted = claims((0, 0, 0, ("boards",)), (0, 1, 0, ("title",)))
    beside = claims((0, 0, 0, ("boards",)), (0, 1, 1, ("title",)), (1, 2, 0, ("title",)))
    alone, against = (believed(one, reliability, np.array([4, 4]))[0] for one in (beside, contradicted))
    assert alone == pytest.approx(0.6)
    assert against < 0.5


@pytest.mark.parametrize("share_right", [0.9, 0.5, 0.15])
def test_capture_and_recapture_finds_how_reliable_a_source_is(share_right: float) -> None:
    """Title and description each repeat a true value by chance; boards are right so often; own words always are."""
    rng = np.random.default_rng(0)
    said = []
    for pin in range(2_000):
        true = int(rng.integers(6))
        board = true if rng.random() < share_right else (true + int(rng.integers(1, 6))) % 6
        heard = {source for source in ("title", "description") if rng.random() < 0.5}
        words = dict.fromkeys(("title", "description"), 6)  # every pin says something of another key
        by_value: dict[int, set[str]] = {board: {"boards"}}
        by_value.setdefault(true, set()).update(heard)
        said += [(pin, value, 0, tuple(who)) for value, who in by_value.items() if who]
        said.append((pin, 6, 1, tuple(words)))
    found = estimate_reliability(claims(*said), 2)[0, SOURCES.index("boards")]
    assert found == pytest.approx(share_right, abs=0.08)


def test_without_own_words_the_prior_stands() -> None:
    given = claims((0, 0, 0, ("boards",)), (1, 0, 0, ("pixels",)))
    found = estimate_reliability(given, 1)
    assert found[0].tolist() == pytest.approx([PRIOR[source] for source in SOURCES])


def test_rows_of_unknown_pins_and_attributes_are_left_out() -> None:
    rows = pa.table(
        {
            "pin_id": ["b", "a", "x"],
            "attribute_id": ["k/v", "k/gone", "k/v"],
            "sources": [["title"], ["title"], ["boards"]],
        }
    )
    found = claims_of(rows, {"a": 0, "b": 1}, {"k/v": 0}, np.array([0]), SOURCES)
    assert (found.pins.tolist(), found.attributes.tolist()) == ([1], [0])
    assert found.says.tolist() == [[False, False, False, True]]


def test_nothing_said_is_nothing_believed() -> None:
    nothing = claims()
    assert len(believed(nothing, np.zeros((0, 4)), np.zeros(0, np.int64))) == 0
    assert estimate_reliability(nothing, 2).shape == (2, 4)
