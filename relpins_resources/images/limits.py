"""What an image may be, and the one refusal that says why a file was not taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Reason = Literal[
    "undecodable image",
    "decompression bomb",
    "image too large",
    "empty image",
    "no image",
    "image not fetched",
    "path outside the source",
]


@dataclass(frozen=True)
class ImageLimits:
    """Bounds of one image: bytes of the file, pixels by its header, pixels of the longest side as stored."""

    max_bytes: int = 50_000_000
    max_pixels: int = 60_000_000
    max_side: int = 1024


class ImageRejected(Exception):
    """An image that is not taken: `reason` is a short machine word, `detail` one line for a person.

    It is a fact about one row, not a mistake of the caller: the row goes to `rejected_rows`, the run goes on.
    """

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason: Reason = reason
        self.detail = detail

    def __reduce__(self) -> tuple[type[ImageRejected], tuple[Reason, str]]:
        return type(self), (self.reason, self.detail)
