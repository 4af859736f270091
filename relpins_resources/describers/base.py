"""What a describer is: something that looks at a pin's picture and states what it sees. No backend lives here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np


@dataclass(frozen=True, eq=False)
class DescribeInput:
    """One picture to describe: RGB uint8 (h, w, 3), and the pin's own words for describers that read them."""

    image: np.ndarray
    title: str = field(default="")
    description: str = field(default="")


class Statement(Protocol):
    """What a describer says about one picture."""

    @property
    def text(self) -> str:
        """One or two factual sentences."""


class Describer(Protocol):
    """Looks at pictures, one by one: out[i] depends on inputs[i] alone, whatever else is in the batch.

    Attributes:
        name: its key in `DESCRIBERS`.
        version: changes when the words it would write for some picture change; stored with what it wrote.
    """

    name: str
    version: str

    def describe(self, inputs: Sequence[DescribeInput]) -> Sequence[Statement]:
        """Return one statement per input, in order."""
