"""Which collections are fit to be pages, and why the others are not."""

from __future__ import annotations

LEAST_MEAN_SCORE = 0.5
"""Share of the topic's weight that its pins must carry on average, by confidence."""
MARGIN = 0.0
"""How much more alike than the catalog's pictures those of a page must be, in cosine."""


def kept_out(
    title: str, n_pins: int, mean_score: float, alikeness: float | None, usual: float | None, *, least_pins: int
) -> str | None:
    """Why a collection becomes no page; None where it does.

    Args:
        mean_score: of its pins, 0 to 1.
        alikeness: mean cosine of two of its pictures; None where there are no two to compare.
        usual: the same of any two pictures of the catalog.
        least_pins: pins that a page must have.
    """
    if not title:
        return "it has no title: neither its query nor its attributes have a usable word"
    if n_pins < least_pins:
        return f"it has {n_pins} pins, a page needs {least_pins}"
    if mean_score < LEAST_MEAN_SCORE:
        return f"its pins carry {mean_score:.2f} of the topic on average, a page needs {LEAST_MEAN_SCORE}"
    if alikeness is not None and usual is not None and alikeness <= usual + MARGIN:
        return f"its pictures are no more alike ({alikeness:.2f}) than any of the catalog ({usual:.2f})"
    return None
