"""The one resource of the graph: a home's lake, the profile, the source and the clock, held by one run at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from relpins_assets.enrichment.attribute_keys import viewed_keys
from relpins_assets.profile import Profile
from relpins_assets.schemas import TABLES
from relpins_resources.describers import Describer, Viewer, get_describer, get_viewer
from relpins_resources.detectors import Detector, get_detector
from relpins_resources.encoders import ClipEncoder, SentenceEncoder, clip_encoder, sentence_encoder
from relpins_resources.errors import RelpinsError
from relpins_resources.images import ImageLimits
from relpins_resources.judges import Judge, get_judge
from relpins_resources.lake import Lake
from relpins_resources.lake.answers import Answers
from relpins_resources.lake.cache import Cache
from relpins_resources.sources import FolderSource, Scan, Source

SOURCE_SETTINGS = "_source.yaml"
"""A source may say in this file which day it stands for, `as_of: 2026-06-01`, and which curve of a detector's
confidences holds for its pictures, `object_calibration: sample_world`."""


@dataclass(frozen=True)
class Workspace:
    """What every asset works with.

    Args:
        home: the folder that holds everything relpins writes.
        profile: the deployment's decisions.
        open_source: opens what rows come from; None to leave the raw tables as they are.
        cache_home: whose cache of encodings is used; another home's for an evaluation beside it.
        day: fixes the clock, over what profile and source say.
        calibration: of the detector of objects, where there is no source that could say it.
        reopen: gives the workspace as its home now says, for a code location that outlives a change of settings.
    """

    home: Path
    profile: Profile
    open_source: Callable[[], Source] | None = None
    cache_home: Path | None = None
    day: date | None = None
    calibration: str | None = None
    reopen: Callable[[], Workspace] | None = None

    def renewed(self) -> Workspace:
        """What a run starts from: nothing remembered, and the settings of its home as they are now."""
        return replace(self) if self.reopen is None else self.reopen()

    @cached_property
    def lake(self) -> Lake:
        return Lake(self.home, TABLES)

    @cached_property
    def source(self) -> Source | None:
        return self.open_source() if self.open_source is not None else None

    @cached_property
    def scan(self) -> Scan:
        """What the source holds, looked at once a run."""
        assert self.source is not None, "there is no source to look at"
        return self.source.scan()

    @cached_property
    def as_of(self) -> date:
        """The day that counts as now, for the whole of a run."""
        if self.day is not None:
            return self.day
        if isinstance(self.profile.as_of, date):
            return self.profile.as_of
        said = source_day(self.source) if self.profile.as_of == "source" and self.source is not None else None
        return said or datetime.now(UTC).date()

    @cached_property
    def clip_encoder(self) -> ClipEncoder:
        return clip_encoder(self.profile.clip)

    @cached_property
    def sentence_encoder(self) -> SentenceEncoder:
        return sentence_encoder(self.profile.content)

    @cached_property
    def object_calibration(self) -> str | None:
        """The curve of confidences that holds for this source's pictures, by its name; None if none is known to."""
        said = self.profile.objects.detector.get("calibration")
        if said is None and self.source is not None:
            said = source_settings(self.source).get("object_calibration")
            if said is not None and not str(said).isidentifier():  # a source names a shipped curve, and no file
                raise RelpinsError(f"{SOURCE_SETTINGS}: object_calibration {said!r} is no name such as sample_world")
        return str(said) if said is not None else self.calibration

    @cached_property
    def detector(self) -> Detector:
        named, settings = self.object_calibration, self.profile.objects.detector
        return get_detector(settings if named is None else {**settings, "calibration": named})

    @cached_property
    def describer(self) -> Describer:
        return get_describer(self.profile.describer)

    @cached_property
    def viewer(self) -> Viewer | None:
        """The model that the profile puts beside the describer; its limits are those of one run."""
        return get_viewer(self.profile.describer, viewed_keys(self.profile))

    @cached_property
    def judge(self) -> Judge:
        """Who judges topics; what a model answered is kept with the home."""
        return get_judge(self.profile.judge, self.answers("judgements"))

    @property
    def image_limits(self) -> ImageLimits:
        return ImageLimits(**self.profile.images.model_dump())

    @property
    def strategies_home(self) -> Path:
        """The home whose own saved queries are used."""
        return self.cache_home or self.home

    def cache(self, name: str) -> Cache:
        """Encodings by content hash, shared by everything that would encode the same thing again."""
        return Cache((self.cache_home or self.home) / "cache", name)

    def answers(self, name: str) -> Answers:
        """Answers of models by what they were asked; no rebuild drops them, since they are paid for."""
        return Answers((self.cache_home or self.home) / "answers", name)

    @property
    def may_ask(self) -> bool:
        """Whether models may be asked for what is not known: an evaluation beside a home pays nothing."""
        return self.cache_home is None


def source_day(source: Source) -> date | None:
    """The day that a source says it stands for, None where it says nothing.

    Raises:
        RelpinsError: its settings file is there and is not `as_of: YYYY-MM-DD`, with what else it may say.
    """
    said = source_settings(source)
    return said["as_of"] if said else None


def source_settings(source: Source) -> dict[str, Any]:
    """What a source says of itself, empty where it says nothing.

    Raises:
        RelpinsError: its settings file is there and does not say which day it stands for.
    """
    path = source.root / SOURCE_SETTINGS if isinstance(source, FolderSource) else None
    if path is None or not path.is_file():
        return {}
    try:
        said = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, OSError, ValueError):  # ValueError: no UTF-8, or a day that no month has
        said = None
    day = said.get("as_of") if isinstance(said, dict) else None
    if not isinstance(said, dict) or not isinstance(day, date) or isinstance(day, datetime):
        raise RelpinsError(f"{path} must hold one line such as `as_of: 2026-06-01`")
    return said
