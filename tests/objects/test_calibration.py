"""What a score is worth: curves fitted, written, read and refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from relpins_resources.detectors import DetectorUnavailable, get_detector
from relpins_resources.detectors.calibration import LEAST_PER_STEP, Calibration, fit_calibration, load_calibration
from relpins_resources.errors import RelpinsError


def test_a_fitted_curve_rises_and_says_what_happened() -> None:
    rng = np.random.default_rng(0)
    scores = rng.uniform(0, 100, 20_000)
    held = rng.uniform(size=20_000) < scores / 100
    curve = fit_calibration(scores.tolist(), held.tolist())
    assert list(curve.confidences) == sorted(curve.confidences)
    for score in (10, 35, 60, 90):
        assert curve(score) == pytest.approx(score / 100, abs=0.05)
    assert curve(-5) == curve.confidences[0]
    assert curve(1e9) == curve.confidences[-1]


def test_a_curve_never_falls_where_the_data_do() -> None:
    scores = np.repeat([1.0, 2.0, 3.0], LEAST_PER_STEP)
    held = [True] * LEAST_PER_STEP + [False] * LEAST_PER_STEP + [True] * LEAST_PER_STEP
    curve = fit_calibration(scores.tolist(), held)
    assert curve.confidences == (0.5, 1.0), "the first two steps are pooled"


def test_the_shipped_curve_is_a_curve_and_reaches_the_confidence_that_counts() -> None:
    curve = load_calibration("sample_world")
    assert curve(0) < 0.6 < 0.9 < curve(200) <= 1


def test_a_curve_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text(Calibration((0.0, 80.0), (0.1, 0.9)).as_json())
    assert load_calibration(str(path))(40) == 0.5
    assert get_detector({"backend": "saliency", "calibration": str(path)}).is_calibrated


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"scores": [1, 2]}',
        '{"scores": [1, 1], "confidences": [0, 1]}',
        '{"scores": [1, 2], "confidences": [0.9, 0.1]}',
        '{"scores": [1, 2], "confidences": [0.1, 1.2]}',
        '{"scores": [], "confidences": []}',
    ],
)
def test_what_is_no_curve_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "bad.json"
    path.write_text(text)
    with pytest.raises(DetectorUnavailable, match="calibration"):
        load_calibration(str(path))


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"backend": "eyes"}, ["'eyes'", "saliency, torchvision"]),
        ({"backend": "saliency", "calibration": "moon"}, ["'moon'", "sample_world"]),
        ({"backend": "saliency", "most": 0}, ["most"]),
        ({"backend": "saliency", "weights": "x"}, ["no option weights", "calibration"]),
        ({"backend": "torchvision", "weights": "nowhere.pt"}, ["'nowhere.pt'", "saliency"]),
        ({"backend": "torchvision", "model": "yolo", "weights": "x"}, ["'yolo'", "fasterrcnn"]),
    ],
)
def test_a_detector_that_cannot_be_had_says_what_can(config: dict[str, object], told: list[str]) -> None:
    with pytest.raises(RelpinsError) as refused:
        get_detector(config)
    assert all(part in str(refused.value) for part in told), str(refused.value)


def test_no_boxes_no_curve() -> None:
    with pytest.raises(DetectorUnavailable):
        fit_calibration([], [])
