"""Detectors: where the objects of a picture are. One is embedded and needs no weights; another reads torchvision's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from relpins_resources.chat import explained
from relpins_resources.detectors.base import Box, Detector, DetectorUnavailable
from relpins_resources.detectors.calibration import load_calibration
from relpins_resources.detectors.saliency import SaliencyDetector
from relpins_resources.detectors.torchvision_detector import MODELS, TorchvisionDetector

__all__ = ["Box", "Detector", "DetectorUnavailable", "get_detector"]


class _Options(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    calibration: str | None = None
    most: int = Field(3, ge=1, le=50)


class SaliencyOptions(_Options):
    """`calibration` names the curve of a catalog of such pictures; `most` objects a picture."""

    least_score: float = Field(12.0, ge=0)


class TorchvisionOptions(_Options):
    """`model` is one of torchvision's, `weights` a file of its state."""

    model: str = "fasterrcnn_mobilenet_v3_large_fpn"
    weights: str
    labels: tuple[str, ...] = ()
    least_score: float = Field(0.3, ge=0, le=1)


DETECTORS: Mapping[str, type[_Options]] = {
    SaliencyDetector.name: SaliencyOptions,
    TorchvisionDetector.name: TorchvisionOptions,
}


def get_detector(config: Mapping[str, Any]) -> Detector:
    """The detector that a profile names, with its options.

    Raises:
        RelpinsError: the backend or an option is unknown or out of bounds.
        DetectorUnavailable: a calibration or weights cannot be read.
    """
    backend = str(config.get("backend", SaliencyDetector.name))
    if backend not in DETECTORS:
        known = ", ".join(sorted(DETECTORS))
        raise DetectorUnavailable(f"detector backend {backend!r} is unknown; known: {known}")
    given = {str(name): value for name, value in config.items() if name != "backend"}
    try:
        options = DETECTORS[backend].model_validate(given)
    except ValidationError as error:
        raise explained(error, f"detector {backend!r}", dict(DETECTORS[backend].model_fields)) from None
    curve = load_calibration(options.calibration) if options.calibration is not None else None
    if isinstance(options, TorchvisionOptions):
        if options.model not in MODELS:
            raise DetectorUnavailable(f"detector model {options.model!r} is unknown; known: {', '.join(MODELS)}")
        return TorchvisionDetector(
            options.model, options.weights, curve, options.labels, most=options.most, least_score=options.least_score
        )
    assert isinstance(options, SaliencyOptions), "every backend has its options"
    return SaliencyDetector(curve, most=options.most, least_score=options.least_score)
