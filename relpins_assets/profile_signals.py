"""Sections of a profile about what saving teaches: co-occurrence, walks, towers, objects, engagement."""

from __future__ import annotations

from typing import Any

from pydantic import Field, PositiveInt, model_validator

from relpins_assets.profile_section import MOST, Section


class Cooccurrence(Section):
    """How many images an image keeps of those that share boards with it; of boards with more than `max_board` images
    so many are sampled, by quality and popularity."""

    limit: int = Field(10_000, gt=0, le=MOST)
    max_board: int = Field(2_000, ge=2, le=MOST)


class Walks(Section):
    """Random walks over images and boards (Pixie).

    `steps` per image at most; a walk starts again with chance `restart` at each step; it ends early once `enough_pins`
    were seen `enough_visits` times. Boards whose topics are the `pruned` most mixed share are left out, and an image
    keeps degree ** `degree_power` of its boards.
    """

    steps: int = Field(20_000, ge=1, lt=2**24)
    restart: float = Field(0.3, gt=0, lt=1)
    candidates: int = Field(300, ge=1, le=MOST)
    enough_visits: int = Field(4, ge=1, le=MOST)
    enough_pins: int = Field(500, ge=1, le=MOST)
    pruned: float = Field(0.05, ge=0, lt=1)
    degree_power: float = Field(0.91, gt=0, le=1)


class TwoTower(Section):
    """The two-tower model: of users by their history, and of pins by id and content.

    `corrects_sampling`: popular negatives count by how often they are drawn (log Q). `masks_known`: saves of one user,
    or pins of one board, are never each other's negatives.
    """

    dim: int = Field(64, ge=2)
    epochs: int = Field(6, ge=1)
    batch: int = Field(512, ge=2)
    id_dropout: float = Field(0.3, ge=0, le=1)
    temperature: float = Field(0.1, gt=0)
    corrects_sampling: bool = True
    masks_known: bool = True


class PinClip(Section):
    """One vector per pin of image and words together; `dims` are the prefixes that are vectors of their own."""

    dims: tuple[PositiveInt, ...] = Field((32, 64, 128), min_length=1)
    epochs: int = Field(30, ge=1)
    batch: int = Field(128, ge=2)
    neighbour_weight: float = Field(1.0, ge=0)


class Objects(Section):
    """When an object counts as dominant, and for which catalogs that says anything."""

    detector: dict[str, Any] = {"backend": "saliency"}
    min_area: float = Field(0.25, gt=0, le=1)
    min_confidence: float = Field(0.9, gt=0, le=1)
    least_share: float = Field(0.05, ge=0, le=1)
    most_share: float = Field(0.8, ge=0, le=1)

    @model_validator(mode="after")
    def _has_shares(self) -> Objects:
        if self.most_share < self.least_share:
            raise ValueError(
                f"most_share {self.most_share} is below least_share {self.least_share}: nothing is between"
            )
        return self


class Ranking(Section):
    """How engagement is counted: weights of actions, smoothing `prior`, and what a query needs to be learnt from."""

    click: float = Field(1.0, ge=0)
    long_click: float = Field(2.0, ge=0)
    closeup: float = Field(0.5, ge=0)
    save: float = Field(3.0, ge=0)
    prior: float = Field(3.0, gt=0)
    min_impressions: int = Field(10, ge=1)
    c: float = Field(0.01, gt=0)
