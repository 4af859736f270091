"""A torchvision detector, its weights read from a file: boxes with a class, and the detector's own confidence."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from relpins_resources.detectors.base import Box, DetectorUnavailable, Image, numbered, suppressed
from relpins_resources.detectors.calibration import Calibration
from relpins_resources.encoders.versions import file_sha256, short_hash

MODELS = (
    "fasterrcnn_mobilenet_v3_large_fpn",
    "fasterrcnn_mobilenet_v3_large_320_fpn",
    "fasterrcnn_resnet50_fpn",
    "fasterrcnn_resnet50_fpn_v2",
    "retinanet_resnet50_fpn",
    "retinanet_resnet50_fpn_v2",
    "ssdlite320_mobilenet_v3_large",
)
VERSION = 1
COCO_CLASSES = 91
LARGEST = 800  # pixels; the models reduce pictures to about this
OVERLAP, INSIDE = 0.5, 1.1
MILLION, DECIMALS = 1_000_000, 4


class TorchvisionDetector:
    """One of `MODELS`, run picture by picture on one thread, so that a batch gives what one picture gives.

    Args:
        weights: a file of the model's state, as `torch.save(model.state_dict(), file)` writes it.
        calibration: what its scores are worth; without one its own scores are the confidences.
        labels: names of its classes, the background first; the 91 of COCO if there are none.
        most: objects a picture.
        least_score: what it is less sure of is no object.
    """

    name = "torchvision"
    side = LARGEST
    is_calibrated = True

    def __init__(
        self,
        model: str,
        weights: str,
        calibration: Calibration | None = None,
        labels: Sequence[str] = (),
        *,
        most: int = 3,
        least_score: float = 0.3,
    ) -> None:
        self._model_name, self._weights = model, Path(weights)
        self._calibration, self._given_labels = calibration, tuple(labels)
        self._most, self._least_score = most, least_score
        if not self._weights.is_file():
            raise DetectorUnavailable(
                f"detector weights {weights!r} are no file; name one that holds the state of {model}, or use "
                "{backend: saliency}, which needs none"
            )
        curve = calibration.version if calibration is not None else None
        settings = (VERSION, model, file_sha256(self._weights), self._given_labels, most, least_score, curve)
        self.version = short_hash(self.name, *settings)

    def detect(self, images: Sequence[Image]) -> list[list[Box]]:
        """The objects of each picture, largest first."""
        with _alone():
            return [self._boxes(image) for image in images]

    def _boxes(self, image: Image) -> list[Box]:
        import torch

        height, width = image.shape[:2]
        pixels = torch.from_numpy(np.array(image)).permute(2, 0, 1).float() / 255
        with torch.no_grad():
            told = self._model([pixels])[0]
        scores = np.round(told["scores"].numpy().astype(np.float64), DECIMALS)
        edges = told["boxes"].numpy().astype(np.float64) / [width, height, width, height]
        edges = np.clip(np.round(edges, DECIMALS), 0.0, 1.0)
        fits = (scores >= self._least_score) & (edges[:, 2] > edges[:, 0]) & (edges[:, 3] > edges[:, 1])
        edges, scores, classes = edges[fits], scores[fits], told["labels"].numpy()[fits]
        kept = suppressed(edges, scores, self._most, OVERLAP, INSIDE)
        return numbered([self._box(edges[i].tolist(), float(scores[i]), int(classes[i])) for i in kept], self._most)

    def _box(self, edges: list[float], score: float, label: int) -> Box:
        confidence = self._calibration(score) if self._calibration is not None else score
        name = self._labels[label] if label < len(self._labels) else None
        x0, y0, x1, y1 = edges
        return Box(x0, y0, x1, y1, score, confidence, name)

    @cached_property
    def _labels(self) -> tuple[str, ...]:
        if self._given_labels:
            return self._given_labels
        from torchvision.models.detection import FasterRCNN_MobileNet_V3_Large_FPN_Weights as Coco

        return tuple(Coco.COCO_V1.meta["categories"])

    @cached_property
    def _model(self) -> Any:
        """The network with the file's weights. Raises DetectorUnavailable if they are not its own."""
        import torch
        from torchvision.models import detection

        n_classes = len(self._given_labels) or COCO_CLASSES
        made = getattr(detection, self._model_name)(weights=None, weights_backbone=None, num_classes=n_classes)
        try:
            state = torch.load(self._weights, map_location="cpu", weights_only=True)
            made.load_state_dict(state)
        except (RuntimeError, OSError, EOFError, KeyError, TypeError, AttributeError, pickle.UnpicklingError) as error:
            reason = (str(error).strip() or type(error).__name__).splitlines()[0][:160]
            raise DetectorUnavailable(
                f"detector weights '{self._weights}' are no state of {self._model_name} with {n_classes} classes "
                f"({reason}); name the file's own model, and its classes under `labels`"
            ) from None
        return made.eval()


@contextmanager
def _alone() -> Iterator[None]:
    """One thread of torch: sums shared among more may differ in the last bit."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
