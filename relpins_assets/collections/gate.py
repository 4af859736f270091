"""Which collections are fit to be pages, and why the others are not.

Chosen on the sample world of seed 100 (828 collections; share of pins for which the whole topic is true). By mean
score: .95 or more .95 of them, .90 to .95 .61, less .40. By how far their pictures are from chance: within two standard
deviations of it .00, two to three .75, three or more .93.
"""

from __future__ import annotations

from collections.abc import Sequence

from relpins_assets.collections.looks import Usual

FARTHER = 3.0
"""Standard deviations by which pictures must be more alike than as many drawn at random."""


def kept_out(
    title: str,
    n_pins: int,
    mean_score: float,
    alikeness: float | None,
    usual: Usual | None,
    least_pins: int,
    least_score: float,
) -> str | None:
    """Why a collection becomes no page; None where it does.

    Args:
        mean_score: of its pins, 0 to 1.
        alikeness: mean cosine of two of its pictures; None where there are no two to compare.
        usual: the same of any two pictures of the catalog.
        least_pins: pins that a page must have.
        least_score: mean score that they must have.
    """
    if not title:
        return "it has no title: neither its query nor its attributes have a usable word"
    if n_pins < least_pins:
        return f"it has {n_pins} pins, a page needs {least_pins}"
    if mean_score < least_score:
        return f"its pins carry {mean_score:.3f} of the topic on average, a page needs {least_score:.3f}"
    least = usual.least(n_pins, FARTHER) if usual is not None else None
    if alikeness is not None and least is not None and alikeness < least:
        return (
            f"its pictures are hardly more alike ({alikeness:.3f}) than any {n_pins} of the catalog,"
            f" a page needs {least:.3f}"
        )
    return None


def kinds_of(reasons: Sequence[str]) -> dict[str, int]:
    """Reasons that differ in figures alone as one, in the words of the first of them; most frequent first."""
    kinds: dict[str, list[str]] = {}
    for reason in sorted(reasons):
        kinds.setdefault("".join(sign for sign in reason if sign not in "0123456789."), []).append(reason)
    return {alike[0]: len(alike) for alike in sorted(kinds.values(), key=lambda alike: (-len(alike), alike[0]))}
