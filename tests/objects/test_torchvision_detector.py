"""torchvision's detectors, with weights from a file: a tiny model of random weights stands for a trained one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from relpins_resources.detectors import DetectorUnavailable, get_detector

MODEL = "ssdlite320_mobilenet_v3_large"
LABELS = ["background", "chair", "lamp"]


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import torch
    from torchvision.models import detection

    torch.manual_seed(0)
    made = getattr(detection, MODEL)(weights=None, weights_backbone=None, num_classes=len(LABELS))
    path = tmp_path_factory.mktemp("weights") / "tiny.pt"
    torch.save(made.state_dict(), path)
    return path


def test_weights_are_read_and_boxes_found(weights: Path) -> None:
    config = {"backend": "torchvision", "model": MODEL, "weights": str(weights), "labels": LABELS, "least_score": 0.0}
    detector = get_detector(config)
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 256, (h, w, 3)).astype(np.uint8) for h, w in ((40, 60), (64, 32))]
    found = detector.detect(images)
    assert [len(boxes) for boxes in found] == [3, 3], "random weights see something everywhere"
    assert found[1] == detector.detect(images[1:])[0], "a batch gives what one picture gives"
    for box in [box for boxes in found for box in boxes]:
        assert 0 <= box.x0 < box.x1 <= 1
        assert 0 <= box.y0 < box.y1 <= 1
        assert box.label in LABELS
        assert box.confidence == box.score, "its own score is its confidence"
    assert detector.is_calibrated
    assert get_detector({**config, "most": 2}).version != detector.version


def test_weights_of_another_model_are_refused(weights: Path, tmp_path: Path) -> None:
    images = [np.zeros((8, 8, 3), np.uint8)]
    other = get_detector({"backend": "torchvision", "model": MODEL, "weights": str(weights)})  # the 91 classes of COCO
    with pytest.raises(DetectorUnavailable, match="91 classes"):
        other.detect(images)
    broken = tmp_path / "broken.pt"
    broken.write_bytes(b"no weights")
    config = {"backend": "torchvision", "model": MODEL, "weights": str(broken), "labels": LABELS}
    with pytest.raises(DetectorUnavailable, match=r"broken\.pt"):
        get_detector(config).detect(images)
