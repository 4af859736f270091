"""Pairs of values that are never one, whatever their likeness: generic rules, no list of answers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from relpins_assets.vocabulary.spelling import content_words, words_of
from relpins_assets.vocabulary.use import KeyUse

Bools = npt.NDArray[np.bool_]

OPPOSED = (
    "short long mini maxi midi",
    "light|pale dark|deep bright",
    "low high mid middle",
    "summer winter spring autumn|fall",
    "small large|big medium",
    "slim|skinny wide|loose|baggy oversized",
    "men|man|mens|male women|woman|womens|ladies|female boys|boy girls|girl kids|children unisex",
    "casual formal sports|sport",
    "indoor outdoor",
    "single double queen king twin",
    "warm cool",
    "hot cold iced",
    "soft hard",
    "matte glossy|shiny",
    "upper lower",
    "front back side",
    "day night evening morning",
    "left right",
    "inner outer",
    "round square rectangular oval",
    "crew|round v",
    "full half quarter",
    "new old vintage",
    "modern traditional",
    "minimal|minimalist|minimalism maximal|maximalist|maximalism",
    "open closed",
    "under over",
    "above below",
    "with without",
    "black white red green blue yellow pink purple orange brown grey|gray",
    "breakfast lunch dinner dessert brunch",
)
"""Sets of modifiers of which a thing has one at most; a bar joins words for the same."""
MODIFYING = frozenset(
    {"short", "long", "mini", "maxi", "midi", "light", "dark", "pale", "deep", "bright", "low", "high"}
)
MODIFYING |= {"mid", "off", "hot", "neon", "pastel", "faux"}
"""Of these, what a plain value has none of: light blue is not blue."""
LEAST_EXPECTED = 4.0
"""Pairs of sources that would name both, were the two the same, before their not doing so counts."""
LEAST_SHARE = 0.15
SAID_TOGETHER = 0.2
"""Share of the rarer value's images of which one source says both values of a single-valued key."""
LEAST_TOGETHER = 3
SAME_ELSEWHERE = 0.4
"""Agreement between sources from which two values said together are taken for two names of one thing (couch, sofa)."""


def cannot_links(values: Sequence[str], use: KeyUse, is_single: bool) -> Bools:
    """(n, n) which of n values of one key are never one."""
    out = _opposed(values) | _without(values) | _numbers(values) | _never_agree(use)
    return out | _said_together(use) if is_single else out


def _opposed(values: Sequence[str]) -> Bools:
    words = [set(words_of(value)) for value in values]
    out = np.zeros((len(values), len(values)), bool)
    for line in OPPOSED:
        sides = [set(side.split("|")) for side in line.split()]
        on = np.array([[bool(one & side) for side in sides] for one in words], np.int64).reshape(len(words), len(sides))
        shared, sided = on @ on.T, on.sum(axis=1) > 0
        out |= np.logical_and.outer(sided, sided) & (shared == 0)
    plain = np.array([not one & MODIFYING for one in words], bool)
    rest = [frozenset(one - MODIFYING) for one in words]
    place = {one: at for at, one in enumerate(dict.fromkeys(rest))}
    same = np.array([place[one] if one else -1 - at for at, one in enumerate(rest)], np.int64)
    return np.asarray(out | (np.equal.outer(same, same) & np.not_equal.outer(plain, plain)), bool)


def _without(values: Sequence[str]) -> Bools:
    """A thing and its lack: sleeveless and short sleeve, strapless and strap."""
    words = [set(content_words(value)) for value in values]
    out = np.zeros((len(values), len(values)), bool)
    for at, one in enumerate(words):
        lacking = {word.removesuffix("less") for word in one if word.endswith("less") and len(word) > 6}
        if lacking:
            out[at] = [bool(lacking & other) for other in words]
    return out | out.T


def _numbers(values: Sequence[str]) -> Bools:
    """A value with a number is like no other: under $50, under $500, under €50."""
    has = np.array([any(letter.isdigit() for letter in value) for value in values], bool)
    return np.asarray(np.logical_or.outer(has, has), bool)


def _never_agree(use: KeyUse) -> Bools:
    """Where sources that speak of one image repeat a and repeat b, and hardly ever name one for the other."""
    own = np.asarray(np.diag(use.across))
    expected = np.sqrt(np.outer(own, own))
    return np.asarray((expected >= LEAST_EXPECTED) & (use.across < LEAST_SHARE * expected), bool)


def _said_together(use: KeyUse) -> Bools:
    fewest = np.minimum(use.n_pins[:, None], use.n_pins[None, :])
    is_said = (use.together >= LEAST_TOGETHER) & (use.together > SAID_TOGETHER * fewest)
    return np.asarray(is_said & (use.agreement < SAME_ELSEWHERE), bool)
