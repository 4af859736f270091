"""Where the objects of each picture are, and whether one of them is what the picture is of.

An object is dominant if it covers a quarter of the picture, or if the detector is sure enough of it (Jing et al., KDD
2015). Sure is a word for confidences that were calibrated on pictures like these; without such a calibration only the
size counts. What share of all images have a dominant object is frozen: where nearly none or nearly all do, it says
nothing of a pin, and queries are not told.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa

from relpins_assets.profile_signals import Objects
from relpins_assets.workspace import Workspace
from relpins_resources.detectors import Box, Detector
from relpins_resources.images import decode_pixels
from relpins_resources.lake import Lake, Outcome
from relpins_resources.lake.artefacts import Artefact
from relpins_resources.lake.cache import Cache
from relpins_resources.lake.fingerprints import digest

ARTEFACT = "dominant_objects"
AT_ONCE = 128
"""Pictures decoded and looked at together."""

FOUND = pa.schema(
    [
        ("pin_id", pa.string()),
        ("object_number", pa.int32()),
        *((edge, pa.float64()) for edge in ("x0", "y0", "x1", "y1", "area", "confidence")),
        ("label", pa.string()),
        ("is_dominant", pa.bool_()),
    ]
)
COUNTED = """
SELECT count(*) AS images, count(*) FILTER (is_dominant) AS dominant
FROM (SELECT any_value(d.is_dominant) AS is_dominant FROM dominant_object_pins d JOIN pin_images USING (pin_id)
      GROUP BY pixel_hash)
"""


def wanted_objects(lake: Lake) -> pa.Table:
    """One row per pin with an image (pin_id, jpeg_hash)."""
    return lake.query("SELECT pin_id, jpeg_hash FROM pin_images ORDER BY pin_id")


def producer(workspace: Workspace) -> str:
    """Another one finds other objects, or calls others dominant."""
    objects = workspace.profile.objects
    return digest("1", workspace.detector.version, objects.min_area, objects.min_confidence)


def find_objects(pins: pa.Table, lake: Lake, detector: Detector, cache: Cache, rule: Objects) -> Outcome:
    """Rows of dominant_objects and of its ledger for pins (pin_id, jpeg_hash); each picture is looked at once."""
    pin_ids, hashes = pins["pin_id"].to_pylist(), pins["jpeg_hash"].to_pylist()

    def look(positions: list[int]) -> list[str]:
        told: list[str] = []
        for start in range(0, len(positions), AT_ONCE):
            ids = [pin_ids[i] for i in positions[start : start + AT_ONCE]]
            rows = lake.table("pin_images").read_keys(ids, ["pin_id", "jpeg"])
            jpegs = dict(zip(rows["pin_id"].to_pylist(), rows["jpeg"].to_pylist(), strict=True))
            found = detector.detect([decode_pixels(jpegs[pin_id], detector.side) for pin_id in ids])
            told += [json.dumps([asdict(box) for box in boxes]) for boxes in found]
        return told

    texts = cache.texts(hashes, look)
    boxes = {pin_id: [Box(**one) for one in json.loads(text)] for pin_id, text in zip(pin_ids, texts, strict=True)}
    rows = [_row(pin_id, n, box, rule) for pin_id in pin_ids for n, box in enumerate(boxes[pin_id], 1)]
    dominant = [any(is_dominant(box, rule) for box in boxes[pin_id]) for pin_id in pin_ids]
    ledger = pa.table({"pin_id": pins["pin_id"], "is_dominant": pa.array(dominant, pa.bool_())})
    return Outcome(pa.Table.from_pylist(rows, FOUND), ledger)


def is_dominant(box: Box, rule: Objects) -> bool:
    """Whether an object is what its picture is of."""
    return box.area >= rule.min_area or (box.confidence is not None and box.confidence >= rule.min_confidence)


def _row(pin_id: str, number: int, box: Box, rule: Objects) -> dict[str, Any]:
    edges = {"x0": box.x0, "y0": box.y0, "x1": box.x1, "y1": box.y1, "area": box.area}
    told = {"confidence": box.confidence, "label": box.label, "is_dominant": is_dominant(box, rule)}
    return {"pin_id": pin_id, "object_number": number, **edges, **told}


def counted(lake: Lake) -> tuple[int, int]:
    """How many distinct images there are, and how many of them have a dominant object."""
    row = lake.query(COUNTED).to_pylist()[0]
    return int(row["images"]), int(row["dominant"])


def share_version(workspace: Workspace) -> str:
    """Names all that the frozen share depends on."""
    return digest("1", _made_for(workspace), counted(workspace.lake))


def fit_share(workspace: Workspace) -> Callable[[Path], Mapping[str, Any]]:
    """A function that gives the manifest of the frozen share."""

    def fit(folder: Path) -> dict[str, Any]:
        images, dominant = counted(workspace.lake)
        rule, share = workspace.profile.objects, dominant / max(images, 1)
        return {
            "images": images,
            "share with a dominant object": share,
            "is informative": rule.least_share <= share <= rule.most_share,
            "is calibrated": workspace.detector.is_calibrated,
            **_made_for(workspace),
        }

    return fit


def is_usable_share(workspace: Workspace) -> Callable[[Artefact], bool]:
    """Whether a frozen share is of this detector and these rules."""
    made_for = _made_for(workspace)
    return lambda old: made_for.items() <= old.manifest.items()


def _made_for(workspace: Workspace) -> dict[str, str]:
    rule = workspace.profile.objects
    return {"found by": producer(workspace), "told between": f"{rule.least_share} and {rule.most_share}"}


def is_informative(lake: Lake) -> bool:
    """Whether queries are told which pins have a dominant object; not before the share was frozen."""
    artefact = lake.artefact(ARTEFACT)
    return artefact is not None and bool(artefact.manifest["is informative"])


def objects_told(lake: Lake, detector: Detector) -> dict[str, Any]:
    """What the table says, for its page."""
    row = lake.query("""
        SELECT count(*) AS objects, count(DISTINCT pin_id) AS pins, avg(confidence) AS confidence
        FROM dominant_objects""").to_pylist()[0]
    n_pins = lake.table("dominant_object_pins").count()
    images, dominant = counted(lake)
    told = {
        "detector": f"{detector.name} {detector.version}",
        "objects a pin": row["objects"] / max(n_pins, 1),
        "pins without an object": n_pins - row["pins"],
        "share of images with a dominant object now": dominant / max(images, 1),
    }
    if row["confidence"] is not None:
        told["mean confidence: share of boxes expected to hold an object"] = float(row["confidence"])
    return told


def told_of_queries(artefact: Artefact | None, detector: Detector) -> dict[str, str]:
    """In words: what `is_object_dominant` says in this catalog, and what confidence has to do with it."""
    if not detector.is_calibrated:
        confidence = (
            "not calibrated for this source: no object has one, and only its size makes it dominant; name a curve "
            "fitted on such pictures under objects.detector.calibration"
        )
    else:
        confidence = "calibrated: an object that the detector is sure of is dominant at any size"
    if artefact is None:
        told = "false for all: no image was looked at yet"
    else:
        share, between = artefact.manifest["share with a dominant object"], artefact.manifest["told between"]
        told = f"{share:.1%} of the images had a dominant object when that was frozen; it is told between {between}"
        told += "" if artefact.manifest["is informative"] else ", so it is false for all"
    return {"confidence": confidence, "is_object_dominant": told}
