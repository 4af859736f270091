"""The reasons for which rows are rejected, and what was found against the rows of one file."""

from collections.abc import Iterable

import numpy as np

from relpins_resources.sources.cells import Mask

MALFORMED_ROW = "malformed row"
MISSING_ID = "missing id"
DUPLICATE_ID = "duplicate id"
OVERSIZED_TEXT = "oversized text"
UNREADABLE_DATE = "unreadable date"
UNKNOWN_EVENT = "unknown event"
NO_IMAGE = "no image"
OUTSIDE_SOURCE = "path outside the source"
UNSUPPORTED_SCHEME = "unsupported url scheme"


def bad_value(column: str) -> str:
    return f"bad value in column {column}"


class Findings:
    """For each row that is bad, the first reason that was found and its detail."""

    def __init__(self, n_rows: int) -> None:
        self._n_rows = n_rows
        self._found: dict[int, tuple[str, str]] = {}

    def add(self, is_bad: Mask, reason: str, details: Iterable[str]) -> None:
        """`is_bad` (n_rows,) marks rows; `details` gives one text for each marked row, in order."""
        for i, detail in zip(np.flatnonzero(is_bad).tolist(), details, strict=True):
            self._found.setdefault(i, (reason, detail))

    def is_bad(self) -> Mask:
        mask = np.zeros(self._n_rows, bool)
        mask[list(self._found)] = True
        return mask

    def in_row_order(self) -> list[tuple[int, str, str]]:
        """(row, reason, detail) of each bad row."""
        return [(i, *self._found[i]) for i in sorted(self._found)]
