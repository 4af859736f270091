"""Whether a refitted clip model may take the old one's place: both scored on the same pins of today's catalog."""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt

from relpins_resources.encoders import ClipModel

HELD_OUT_SHARE = 0.1
LEAST_HELD_OUT = 50
"""With fewer texted pins held out than this, the score is mostly chance and nobody objects."""
N_NEAREST = 10
TOLERANCE = 0.01
"""A new model may score so much lower; less than that is chance as well."""

Floats = npt.NDArray[np.float32]


def held_out(hashes: list[str], texts: list[str]) -> npt.NDArray[np.int64]:
    """Positions of the texted pins whose hash falls into the held-out tenth: the same pins in every fit."""
    chosen = [
        i
        for i, (value, text) in enumerate(zip(hashes, texts, strict=True))
        if text and int(hashlib.sha256(value.encode()).hexdigest()[:8], 16) < HELD_OUT_SHARE * 2**32
    ]
    return np.array(chosen, np.int64)


def neighbour_agreement(model: ClipModel, features: Floats, text_vectors: Floats) -> float:
    """Mean sentence cosine between a pin's own text and those of the ten pins whose images are nearest.

    Args:
        features: raw image features (n, f) of texted pins.
        text_vectors: their sentence vectors (n, t), unit length.
    """
    vectors = model.project(features)
    similarity = vectors @ vectors.T
    np.fill_diagonal(similarity, -np.inf)
    k = min(N_NEAREST, len(vectors) - 1)
    nearest = np.argpartition(-similarity, k - 1, axis=1)[:, :k]  # (n, k)
    return float(np.einsum("nd,nkd->nk", text_vectors, text_vectors[nearest]).mean())


def objection_to(new: ClipModel, old: ClipModel, features: Floats, text_vectors: Floats) -> str | None:
    """Why the new model should not be promoted; None if it should."""
    if len(features) < LEAST_HELD_OUT:
        return None
    scores = [neighbour_agreement(model, features, text_vectors) for model in (new, old)]
    if scores[0] >= scores[1] - TOLERANCE:
        return None
    return f"neighbours' texts agree {scores[0]:.4f} with the new model, {scores[1]:.4f} with the old one"
