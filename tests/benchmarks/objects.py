"""How well objects are found in the sample world, where the truth is known: boxes, confidence, dominance; prints JSON.

`python tests/benchmarks/objects.py --seeds 0,1,2 [--json]` writes each seed's world into a temporary folder, looks at
its pictures and compares. `--fit` instead fits the curve of confidences on the given seeds (the shipped one: seeds 100
to 104, which nothing is evaluated on) and writes it into the package. `--pictures FOLDER` draws boxes on pictures that
lie in a pins.parquet, for the eye. The peers of each run: the whole picture as its one object, and the middle half.
"""

import argparse
import io
import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq
from PIL import Image, ImageDraw, UnidentifiedImageError

from relpins_resources.detectors import Box, Detector, get_detector
from relpins_resources.detectors.base import overlaps
from relpins_resources.detectors.calibration import SHIPPED, fit_calibration
from relpins_resources.images import ImageRejected, decode_pixels
from relpins_resources.sample_world import write_sample_world

SHIPPED_CURVE = "sample_world"
LEAST_AREA, LEAST_CONFIDENCE = 0.25, 0.9
LEAST_IOU = 0.5
BINS = (0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 1.01)

Doubles = npt.NDArray[np.float64]


def read_world(folder: Path, side: int) -> tuple[list[npt.NDArray[np.uint8]], list[Doubles], list[str]]:
    """Pictures, the boxes (m, 4) that are really there, and what kind of picture it is, of all that can be decoded."""
    boxes = pq.read_table(folder / "_truth" / "object_boxes.parquet").to_pandas()
    kinds = dict(pq.read_table(folder / "_truth" / "pin_truth.parquet", columns=["pin_id", "kind"]).to_pandas().values)
    images, truth, told = [], [], []
    for pin_id, rows in boxes.groupby("pin_id"):
        try:
            images.append(decode_pixels((folder / "images" / f"{pin_id}.jpg").read_bytes(), side))
        except (ImageRejected, OSError):
            continue
        truth.append(rows[["x0", "y0", "x1", "y1"]].to_numpy(np.float64))
        told.append(kinds[pin_id])
    return images, truth, told


def edges(boxes: Sequence[Box]) -> Doubles:
    return np.array([(one.x0, one.y0, one.x1, one.y1) for one in boxes], np.float64).reshape(-1, 4)


def best_of_each(some: Doubles, others: Doubles) -> Doubles:
    """(n,) the largest overlap of each box with any other; 0 where there is none."""
    return overlaps(some, others)[0].max(axis=1) if len(some) and len(others) else np.zeros(len(some))


def measured(found: Sequence[Doubles], truth: Sequence[Doubles]) -> dict[str, float]:
    """How the clearest of the boxes fit. `largest`: of each picture's largest object, the best overlap with a box."""
    largest = [real[[(real[:, 2:] - real[:, :2]).prod(axis=1).argmax()]] for real in truth]
    at_largest = np.array([best_of_each(one, boxes)[0] for one, boxes in zip(largest, found, strict=True)])
    any_object = np.array([best_of_each(boxes, r).max(initial=0.0) for boxes, r in zip(found, truth, strict=True)])
    each = np.concatenate([best_of_each(boxes, real) for boxes, real in zip(found, truth, strict=True)])
    return {
        "images": len(found),
        "boxes a picture": len(each) / len(found),
        "mean best IoU": float(any_object.mean()),
        "share with a box of IoU >= .5": float((any_object >= LEAST_IOU).mean()),
        "mean best IoU of the largest object": float(at_largest.mean()),
        "share whose largest object has IoU >= .5": float((at_largest >= LEAST_IOU).mean()),
        "share of boxes that are an object": float((each >= LEAST_IOU).mean()),
    }


def reliability(confidences: Doubles, is_object: npt.NDArray[np.bool_]) -> dict[str, Any]:
    """How often a box of each confidence holds an object; the expected calibration error; the Brier score."""
    bins = np.digitize(confidences, BINS) - 1
    rows = {}
    for i in range(len(BINS) - 1):
        at = bins == i
        if at.any():
            told = {"boxes": int(at.sum()), "said": float(confidences[at].mean()), "true": float(is_object[at].mean())}
            rows[f"{BINS[i]:.1f} to {min(BINS[i + 1], 1):.1f}"] = told
    error = sum(abs(row["said"] - row["true"]) * row["boxes"] for row in rows.values()) / max(len(confidences), 1)
    brier, base = float(((confidences - is_object) ** 2).mean()), float(is_object.mean() * (1 - is_object.mean()))
    return {"by confidence": rows, "calibration error": error, "Brier": brier, "Brier of one rate for all": base}


def dominance(found: Sequence[Sequence[Box]], truth: Sequence[Doubles], *, with_confidence: bool) -> dict[str, float]:
    """Whether a picture has a dominant object, as found and in truth (one that covers a quarter)."""
    real = np.array([((one[:, 2:] - one[:, :2]).prod(axis=1) >= LEAST_AREA).any() for one in truth])

    def is_dominant(box: Box) -> bool:
        return box.area >= LEAST_AREA or (with_confidence and (box.confidence or 0.0) >= LEAST_CONFIDENCE)

    said = np.array([any(is_dominant(box) for box in boxes) for boxes in found])
    agree = float((real == said).mean())
    return {"share in truth": float(real.mean()), "share found": float(said.mean()), "agree": agree}


def seed_report(detector: Detector, folder: Path) -> dict[str, Any]:
    images, truth, kinds = read_world(folder, detector.side)
    start = time.process_time()
    found = detector.detect(images)
    rate = len(images) / (time.process_time() - start)
    boxes = [edges(one) for one in found]
    every = [box for one in found for box in one]
    is_object = np.concatenate([best_of_each(*pair) for pair in zip(boxes, truth, strict=True)]) >= LEAST_IOU
    by_kind = {}
    for kind in sorted(set(kinds)):
        at = [i for i, one in enumerate(kinds) if one == kind]
        by_kind[kind] = measured([boxes[i] for i in at], [truth[i] for i in at])
    whole, middle = ([np.array([edge])] * len(images) for edge in ((0.0, 0.0, 1.0, 1.0), (0.15, 0.15, 0.85, 0.85)))
    confidences = np.array([box.confidence or 0.0 for box in every])
    return {
        **measured(boxes, truth),
        "images a second of processor time, decoding left out": rate,
        "peer: the whole picture": measured(whole, truth),
        "peer: the middle half": measured(middle, truth),
        "by kind": by_kind,
        "confidence": reliability(confidences, is_object),
        "dominant by area alone": dominance(found, truth, with_confidence=False),
        "dominant": dominance(found, truth, with_confidence=True),
    }


def fitted_curve(detector: Detector, folders: Sequence[Path]) -> str:
    scores, is_object = [], []
    for folder in folders:
        images, truth, _ = read_world(folder, detector.side)
        for found, real in zip(detector.detect(images), truth, strict=True):
            scores += [box.score for box in found]
            is_object += (best_of_each(edges(found), real) >= LEAST_IOU).tolist()
    return fit_calibration(scores, is_object).as_json()


def draw(detector: Detector, folder: Path, n: int) -> Path:
    """A sheet of `n` pictures of a pins.parquet with their boxes."""
    tiles: list[Image.Image] = []
    for row in pq.read_table(folder / "pins.parquet", columns=["image_bytes"]).slice(0, 4 * n).to_pylist():
        try:
            image = Image.open(io.BytesIO(row["image_bytes"])).convert("RGB")
        except (UnidentifiedImageError, OSError):
            continue
        image.thumbnail((192, 192))
        pen = ImageDraw.Draw(image)
        for box in detector.detect([np.asarray(image)])[0]:
            at = [box.x0 * image.width, box.y0 * image.height, box.x1 * image.width - 1, box.y1 * image.height - 1]
            pen.rectangle(at, outline=(255, 0, 0), width=2)
            pen.text((at[0] + 2, at[1] + 1), f"{box.score:.0f}", (255, 0, 0))
        tiles.append(image)
        if len(tiles) == n:
            break
    sheet = Image.new("RGB", (10 * 196, -(-len(tiles) // 10) * 196))
    for i, tile in enumerate(tiles):
        sheet.paste(tile, (i % 10 * 196, i // 10 * 196))
    path = Path(tempfile.gettempdir()) / f"objects-{folder.name}.jpg"
    sheet.save(path)
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--worlds", type=Path, help="folder with worlds named w<seed>, written there if missing")
    parser.add_argument("--fit", action="store_true", help="fit the shipped curve on these seeds")
    parser.add_argument("--pictures", type=Path, help="draw boxes on the pictures of this folder instead")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    plain = get_detector({"backend": "saliency"})
    if given.pictures is not None:
        print(draw(plain, given.pictures, 60))
        return
    with tempfile.TemporaryDirectory() as temporary:
        below = given.worlds or Path(temporary)
        folders = {int(seed): below / f"w{seed}" for seed in given.seeds.split(",")}
        for seed, folder in folders.items():
            if not (folder / "_truth").is_dir():
                write_sample_world(folder, seed=seed)
        if given.fit:
            (SHIPPED / f"{SHIPPED_CURVE}.json").write_text(fitted_curve(plain, list(folders.values())))
            print(f"fitted on seeds {given.seeds}")
            return
        detector = get_detector({"backend": "saliency", "calibration": SHIPPED_CURVE})
        report = {str(seed): seed_report(detector, folder) for seed, folder in folders.items()}
    print(json.dumps(report, indent=None if given.json else 1))


if __name__ == "__main__":
    main()
