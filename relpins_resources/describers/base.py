"""What a describer is: something that looks at a pin's picture and states what it sees. No backend lives here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from relpins_resources.describers.view import View


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


class KeyTold(Protocol):
    """What a model is told of one key of the closed list."""

    @property
    def description(self) -> str: ...

    @property
    def examples(self) -> tuple[str, ...]: ...

    @property
    def is_single(self) -> bool:
        """Whether a pin has one value of it at most."""


@dataclass(frozen=True, eq=False)
class ViewInput:
    """One pin to view: its stored JPEG, and its own words by the name of their source (hostile text: data)."""

    jpeg: bytes
    words: Mapping[str, str]


@dataclass(frozen=True)
class NoView:
    """Why there is no view of a pin; `is_final` if asking again would give the same."""

    reason: str
    is_final: bool


Keep = Callable[[int, "View | NoView"], None]


class Viewer(Protocol):
    """A model that looks at pins and says what it sees; what it says of one depends on that pin alone.

    It stands beside the embedded describer, which states what the pixels say of every pin.

    Attributes:
        name: its key in `VIEWERS`.
        model: the model that answers, for people.
        version: changes when what is asked changes: model, prompt, keys, outputs, size of the image.
        sources: what of a pin it is shown; "image" among them or not.
        share: of the catalog's images that it looks at, 1 for all.
    """

    name: str
    model: str
    sources: tuple[str, ...]
    share: float

    @property
    def version(self) -> str: ...

    def view(self, inputs: Sequence[ViewInput], keep: Keep) -> None:
        """View every input; `keep(i, view)` is called once for each, in any order, as soon as it is known."""

    def usage(self) -> dict[str, float]:
        """What this run has cost so far, by name; empty where it costs nothing."""

    def stopped(self) -> str | None:
        """Why it looks at nothing more in this run; None while it does."""
