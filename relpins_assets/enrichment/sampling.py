"""Which images a model looks at where it may look at a share of them only: spread over all looks, frozen when chosen.

The images chosen cover the catalog: no other is farther from all of them than the least similarity that is stored. A
later image is looked at only if it is, so what is asked of one pin depends on that pin and on the frozen choice alone.

How to choose was measured on sample worlds 0 to 2, a tenth of 1,357 images each: the attributes (of the truth) that an
image shares with the nearest one chosen, as a Jaccard index, were .383, .390 and .392 with greedy facility location,
.386 .385 .380 with medoids of k-means, .37 with greedy k-means++, .34 with k-means++, .33 by chance, and .301 .301 .311
with farthest points, which are the odd ones.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from relpins_assets.embeddings.vectors import image_features
from relpins_assets.fitting import Objection
from relpins_assets.workspace import Workspace
from relpins_resources.ann import snap
from relpins_resources.encoders.rows import in_fixed_batches, normalised
from relpins_resources.lake import Lake
from relpins_resources.lake.artefacts import Artefact
from relpins_resources.lake.fingerprints import digest
from relpins_resources.lake.table import vector_array, vectors

ARTEFACT = "described_sample"
CHOSEN = "chosen.parquet"
"""In its folder: image_hash and vector of every image that was chosen."""
DIM = 96
"""Random directions that features are seen along; similarities stay right to about a tenth."""
BLOCK = 4_096
"""Images are spread over in blocks of so many, by hash: the cost grows with the catalog, not with its square."""
MICRO = 1_000_000

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]


def sampled_images(lake: Lake) -> pa.Table:
    """One row per distinct image, by hash (pin_id, jpeg_hash)."""
    return lake.query("""
        SELECT min(i.pin_id) AS pin_id, i.jpeg_hash FROM pin_joins j
        JOIN pin_images i ON i.pin_id = j.representative_pin_id GROUP BY i.jpeg_hash ORDER BY i.jpeg_hash""")


def sample_version(workspace: Workspace, images: pa.Table, share: float, before: Artefact | None) -> str:
    """Names all that a choice depends on."""
    features = workspace.clip_encoder.features_version
    earlier = before.version if before is not None else None
    return digest("1", features, share, workspace.profile.seed, images["jpeg_hash"].to_pylist(), earlier)


def fit_sample(
    workspace: Workspace, images: pa.Table, share: float, before: Artefact | None
) -> Callable[[Path], Mapping[str, Any]]:
    """A function that chooses images into a folder; those chosen before, and paid for, stay chosen."""

    def fit(folder: Path) -> dict[str, Any]:
        given, hashes = looks(workspace, images), images["jpeg_hash"].to_pylist()
        earlier = set(chosen_hashes(before)) if before is not None else set()
        is_kept = np.array([value in earlier for value in hashes], bool)
        chosen, least = spread(given, is_kept, share)
        rows = {"image_hash": [hashes[i] for i in chosen], "vector": vector_array(given[chosen])}
        pq.write_table(pa.table(rows), folder / CHOSEN)
        features = workspace.clip_encoder.features_version
        told = {"images": len(hashes), "chosen": len(chosen), "kept from before": int(is_kept.sum())}
        return {**told, "share": share, "features version": features, "least similarity": least / MICRO}

    return fit


def spread(given: Floats, is_kept: npt.NDArray[np.bool_], share: float) -> tuple[Ints, int]:
    """Rows chosen such that every row has a similar one among them, as nearly as greedy choice can.

    The sum over all rows of the similarity to the nearest that is chosen (facility location) grows the most with each
    choice; greedy is within 1 - 1/e of the best (Nemhauser et al. 1978). Sums are of whole millionths, ties go by
    place, so the choice is exact.

    Args:
        given: snapped unit rows (n, d), n at least 1.
        is_kept: rows that are chosen in any case.
        share: how many of each block of rows to choose, at least one.

    Returns:
        The rows in ascending order, and the similarity in millionths to the nearest of them that every row has.
    """
    chosen: list[int] = []
    for start in range(0, len(given), BLOCK):
        at = np.arange(start, min(start + BLOCK, len(given)))
        chosen += [int(at[i]) for i in _spread_block(given[at], is_kept[at], math.ceil(share * len(at) - 1e-9))]
    rows = np.array(sorted(chosen), np.int64)
    return rows, int(nearest(given, given[rows]).min())


def _spread_block(given: Floats, is_kept: npt.NDArray[np.bool_], n: int) -> list[int]:
    """Lazy greedy: a gain only shrinks as more is chosen, so one that is still the greatest after it was counted again
    is the greatest of all."""
    wide = given.astype(np.float64)
    similar = np.rint(wide @ wide.T * MICRO).astype(np.int32)  # (n, n)
    chosen = np.flatnonzero(is_kept).tolist()
    best = similar[chosen].max(0) if chosen else np.full(len(given), -MICRO, np.int32)

    def gain(row: int) -> int:
        return int(np.maximum(similar[row] - best, 0).sum(dtype=np.int64))

    waiting = [(-gain(row), row) for row in np.flatnonzero(~is_kept).tolist()]
    heapq.heapify(waiting)
    while len(chosen) < n:
        row = heapq.heappop(waiting)[1]
        again = (-gain(row), row)
        if waiting and again > waiting[0]:
            heapq.heappush(waiting, again)
            continue
        chosen.append(row)
        np.maximum(best, similar[row], out=best)
    return chosen


def nearest(given: Floats, chosen: Floats) -> Ints:
    """(n,) similarity of each row to the most similar of `chosen`, in millionths; exact, since both are snapped."""
    best = np.full(len(given), -MICRO - 1, np.int64)
    for start in range(0, len(given), 2_048):
        rows = given[start : start + 2_048].astype(np.float64)
        for other in range(0, len(chosen), 2_048):
            dots = rows @ chosen[other : other + 2_048].astype(np.float64).T  # (2048, 2048)
            found = np.rint(dots.max(1) * MICRO).astype(np.int64)
            best[start : start + len(rows)] = np.maximum(best[start : start + len(rows)], found)
    return best


def looks(workspace: Workspace, images: pa.Table) -> Floats:
    """(n, DIM) where each image lies among the looks: its features along fixed random directions, snapped unit rows."""
    encoder = workspace.clip_encoder
    cache = workspace.cache(f"image_features@{encoder.features_version}")
    features = normalised(image_features(images, workspace.lake, encoder, cache))
    rng = np.random.default_rng(workspace.profile.seed)
    directions = rng.standard_normal((features.shape[1], DIM)).astype(np.float32)
    return snap(normalised(in_fixed_batches(features, lambda rows: rows @ directions, DIM)))


def choice(workspace: Workspace, sample: Artefact) -> Callable[[pa.Table], Sequence[bool]]:
    """Says of a batch of `wanted_descriptions` which pins are looked at: one per image, of images that are chosen, or
    that look unlike all that are."""
    rows = pq.read_table(sample.folder / CHOSEN)
    hashes, chosen = set(rows["image_hash"].to_pylist()), vectors(rows)
    least = round(sample.manifest["least similarity"] * MICRO)

    def is_chosen(pins: pa.Table) -> list[bool]:
        similar = nearest(looks(workspace, pins), chosen)
        return [
            bool(stands) and (value in hashes or int(near) < least)
            for stands, value, near in zip(
                pins["is_representative"].to_pylist(), pins["jpeg_hash"].to_pylist(), similar, strict=True
            )
        ]

    return is_chosen


def chosen_hashes(sample: Artefact) -> list[str]:
    hashes: list[str] = pq.read_table(sample.folder / CHOSEN, columns=["image_hash"])["image_hash"].to_pylist()
    return hashes


def objection_to_sample() -> Objection:
    """A choice that adds nothing is not taken: a new version would have every row looked at again."""

    def objection(new: Artefact, old: Artefact | None) -> str | None:
        if old is None or not is_usable_sample(old, new.manifest["share"], new.manifest["features version"]):
            return None
        return "the same images are chosen" if set(chosen_hashes(new)) <= set(chosen_hashes(old)) else None

    return objection


def is_usable_sample(sample: Artefact, share: float, features_version: str) -> bool:
    """Whether a choice was made by the same share over the same features."""
    return bool(sample.manifest["share"] == share and sample.manifest["features version"] == features_version)
