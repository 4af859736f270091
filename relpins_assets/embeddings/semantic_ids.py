"""What a pin looks like as three small numbers, coarse to fine: fitting the codebooks, giving the ids, judging them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from relpins_assets.embeddings.fitting_sample import fitting_vectors, held_out_of, judged_of, vectors_of
from relpins_assets.fitting import Objection
from relpins_resources.lake import Lake
from relpins_resources.lake.artefacts import Artefact
from relpins_resources.lake.fingerprints import digest
from relpins_resources.query.reranking.residual_kmeans import (
    N_LEVELS,
    Floats,
    Ints,
    assign_codes,
    fit_codebooks,
    n_codes_for,
    quantisation_error,
)

CODEBOOKS = "codebooks.npy"
"""In the folder of a semantic_ids version: float32 (levels, codes, d)."""
LEAST_GAIN = 0.02
"""New codebooks change every id, so they are taken only when they leave so much less over."""
SPACE = "clip_embeddings"

Labels = npt.NDArray[np.object_]


def space_of(lake: Lake) -> str:
    """The vector space that codebooks made now would be for."""
    return lake.table(SPACE).path.name


def fitting_images(lake: Lake) -> pa.Table:
    """One pin per image (pin_id, vector_fingerprint) to fit and judge codebooks on: those with the smallest hashes."""
    return fitting_vectors(lake, SPACE)


def codebooks_version(lake: Lake, images: pa.Table, seed: int) -> str:
    """Names all that a fit depends on."""
    return digest("1", space_of(lake), seed, images["vector_fingerprint"].to_pylist())


def fit_semantic_ids(lake: Lake, images: pa.Table, seed: int) -> Callable[[Path], Mapping[str, Any]]:
    """A function that fits codebooks on `fitting_images` into a folder and says how they do on images held out."""

    def fit(folder: Path) -> dict[str, Any]:
        given = vectors_of(lake, SPACE, images)
        fitted_on = given[~held_out_of(images)]
        books = fit_codebooks(fitted_on, N_LEVELS, n_codes_for(len(fitted_on)), seed)
        np.save(folder / CODEBOOKS, books)
        told = {"images": len(fitted_on), "table version": lake.table(SPACE).version(), "seed": seed}
        error = quantisation_error(given[judged_of(images)], books)
        return {"space": space_of(lake), "codes per level": books.shape[1], "left over": error, "fitted on": told}

    return fit


def objection_to_codebooks(lake: Lake, images: pa.Table) -> Objection:
    """Ids are kept unless new codebooks describe today's held-out images clearly better than the old ones."""

    def objection(new: Artefact, old: Artefact | None) -> str | None:
        if old is None:
            return None
        judged = vectors_of(lake, SPACE, images)[judged_of(images)]
        errors = [quantisation_error(judged, codebooks_of(one)) for one in (new, old)]
        if errors[0] <= (1 - LEAST_GAIN) * errors[1]:
            return None
        return f"new codebooks leave over {errors[0]:.4f} of a squared length of 1, the old ones {errors[1]:.4f}"

    return objection


def codebooks_of(artefact: Artefact) -> Floats:
    """(levels, codes, d)."""
    books: Floats = np.load(artefact.folder / CODEBOOKS, allow_pickle=False)
    return books


def wanted_semantic_ids(lake: Lake) -> pa.Table:
    """One row per pin with a clip vector (pin_id, vector_fingerprint)."""
    return lake.query(f"SELECT pin_id, fingerprint AS vector_fingerprint FROM {SPACE} ORDER BY pin_id")


def give_ids(pins: pa.Table, lake: Lake, codebooks: Floats) -> pa.Table:
    """Rows of semantic_ids for a batch of `wanted_semantic_ids`, without fingerprint."""
    codes = assign_codes(vectors_of(lake, SPACE, pins), codebooks)
    return pa.table(
        {"pin_id": pins["pin_id"], "codes": pa.array(codes.astype(np.int32).tolist(), pa.list_(pa.int32()))}
    )


def judge_ids(lake: Lake) -> dict[str, Any]:
    """How good the ids are: per level the codes used, their entropy, and whether pins that share a prefix agree.

    Agreement is on the source's board category, against that of any two pins; absent where no pin has one.
    """
    rows = lake.query(f"""
        SELECT s.codes, c.fingerprint AS image, p.board_category
        FROM semantic_ids s JOIN {SPACE} c USING (pin_id) LEFT JOIN raw_pins p USING (pin_id)""")
    if rows.num_rows == 0:
        return {}
    codes = _codes(rows)
    groups = [prefix_groups(codes, level + 1) for level in range(codes.shape[1])]
    told: dict[str, Any] = {
        "codes used by level": [len(np.unique(column)) for column in codes.T],
        "entropy in bits by level": [round(entropy_bits(column), 3) for column in codes.T],
        "share of images with another's id": collision_rate(groups[-1], rows["image"].to_pylist()),
    }
    categories = rows["board_category"].to_pylist()
    if any(categories):
        told["prefix purity by level"] = [round(pair_purity(group, categories), 3) for group in groups]
        told["purity of any two pins"] = pair_purity(np.zeros(len(codes), np.int64), categories)
    return told


def prefix_groups(codes: Ints, length: int) -> Ints:
    """(n,) a number for each pin, the same where the first `length` codes are."""
    _, groups = np.unique(codes[:, :length], axis=0, return_inverse=True)
    return groups.reshape(-1).astype(np.int64)


def entropy_bits(values: Ints) -> float:
    """Shannon entropy of how often each value stands there; log2 of the number of codes at most."""
    counts = np.unique(values, return_counts=True)[1]
    shares = counts / counts.sum()
    return float(-(shares * np.log2(shares)).sum()) + 0.0


def collision_rate(groups: Ints, images: Sequence[str]) -> float:
    """Share of distinct images that stand in one group with another image."""
    distinct = {(int(group), image) for group, image in zip(groups, images, strict=True)}
    sizes = np.unique([group for group, _ in distinct], return_counts=True)[1]
    return float(sizes[sizes > 1].sum() / sizes.sum())


def pair_purity(groups: Ints, labels: Sequence[str | None]) -> float:
    """How likely two pins of one group have the same label, over all pairs that have labels; 0 without a pair."""
    is_known = np.array([bool(label) for label in labels])
    names = np.unique([str(label) for label in labels if label], return_inverse=True)[1]
    both = np.unique(np.stack([groups[is_known], names]), axis=1, return_counts=True)[1]
    alone = np.unique(groups[is_known], return_counts=True)[1]
    n_pairs = int((alone * (alone - 1)).sum())
    return float((both * (both - 1)).sum() / n_pairs) if n_pairs else 0.0


def _codes(rows: pa.Table) -> Ints:
    column = rows["codes"].combine_chunks()
    return np.asarray(column.flatten(), dtype=np.int64).reshape(len(column), -1)
