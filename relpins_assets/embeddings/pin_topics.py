"""What a pin is about as clusters of descriptions: fitting the centres, giving each pin its nearest, judging them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from relpins_assets.embeddings.fitting_sample import fitting_vectors, held_out_of, judged_of, vectors_of
from relpins_assets.embeddings.semantic_ids import pair_purity
from relpins_assets.fitting import Objection
from relpins_resources.ann import snap
from relpins_resources.lake import Lake
from relpins_resources.lake.artefacts import Artefact
from relpins_resources.lake.fingerprints import digest
from relpins_resources.query.reranking.residual_kmeans import fit_codebooks, n_codes_for, quantisation_error

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

SPACE = "content_embeddings"
CENTRES = "centres.npy"
"""In the folder of a pin_topics version: float32 (topics, d)."""
MOST_TOPICS = 128
NEAREST = 3
"""Topics that a pin is given."""
SHARPNESS = 12.0
"""Weights are proportional to exp(SHARPNESS x cosine): a topic .1 farther weighs .3 of the nearest."""
LEAST_GAIN = 0.02
"""New centres change every pin's topics, so they are taken only when they leave so much less over."""


def topic_sample(lake: Lake) -> pa.Table:
    """One pin per description (pin_id, vector_fingerprint) to fit and judge centres on."""
    return fitting_vectors(lake, SPACE)


def topics_version(lake: Lake, sample: pa.Table, seed: int) -> str:
    """Names all that a fit depends on."""
    return digest("1", lake.table(SPACE).path.name, seed, sample["vector_fingerprint"].to_pylist())


def fit_topics(lake: Lake, sample: pa.Table, seed: int) -> Callable[[Path], Mapping[str, Any]]:
    """A function that fits centres on `topic_sample` into a folder and says how they do on descriptions held out."""

    def fit(folder: Path) -> dict[str, Any]:
        given = snap(vectors_of(lake, SPACE, sample))
        fitted_on = given[~held_out_of(sample)]
        centres = fit_codebooks(fitted_on, 1, n_codes_for(len(fitted_on) // 2, MOST_TOPICS), seed)[0]
        np.save(folder / CENTRES, centres)
        left_over = quantisation_error(given[judged_of(sample)], centres[None])
        told = {"descriptions": len(fitted_on), "seed": seed}
        return {"space": lake.table(SPACE).path.name, "topics": len(centres), "left over": left_over, "fitted on": told}

    return fit


def objection_to_topics(lake: Lake, sample: pa.Table) -> Objection:
    """Topics are kept unless new centres describe today's held-out descriptions clearly better than the old ones."""

    def objection(new: Artefact, old: Artefact | None) -> str | None:
        if old is None:
            return None
        judged = snap(vectors_of(lake, SPACE, sample)[judged_of(sample)])
        errors = [quantisation_error(judged, centres_of(one)[None]) for one in (new, old)]
        if errors[0] <= (1 - LEAST_GAIN) * errors[1]:
            return None
        return f"new centres leave over {errors[0]:.4f} of a squared length of 1, the old ones {errors[1]:.4f}"

    return objection


def centres_of(artefact: Artefact) -> Floats:
    """(topics, d)."""
    centres: Floats = np.load(artefact.folder / CENTRES, allow_pickle=False)
    return centres


def wanted_topics(lake: Lake) -> pa.Table:
    """One row per pin with a content vector (pin_id, vector_fingerprint)."""
    return lake.query(f"SELECT pin_id, fingerprint AS vector_fingerprint FROM {SPACE} ORDER BY pin_id")


def give_topics(pins: pa.Table, lake: Lake, centres: Floats) -> pa.Table:
    """Rows of pin_topics for a batch of `wanted_topics`, without fingerprint."""
    nearest, weights = topics_of(vectors_of(lake, SPACE, pins), centres)
    return pa.table(
        {
            "pin_id": pins["pin_id"],
            "topics": pa.array(nearest.tolist(), pa.list_(pa.int32())),
            "weights": pa.array(weights.tolist(), pa.list_(pa.float64())),
        }
    )


def topics_of(given: Floats, centres: Floats) -> tuple[npt.NDArray[np.int32], Doubles]:
    """The topics (n, t) of vectors (n, d), nearest first, and their weights (n, t), millionths that sum to 1.

    Dot products of snapped vectors are exact, so a pin's topics depend neither on its batch nor on threads.
    """
    rows, books = snap(given).astype(np.float64), centres.astype(np.float64)
    nearness = np.round(rows @ books.T - 0.5 * (books**2).sum(1), 6)
    nearest = np.argsort(-nearness, axis=1, kind="stable")[:, :NEAREST]
    raised = np.exp(SHARPNESS * (np.take_along_axis(nearness, nearest, 1) - nearness.max(1, keepdims=True)))
    shares = np.round(raised / raised.sum(1, keepdims=True), 6)
    shares[:, 0] = np.round(1 - shares[:, 1:].sum(1), 6)
    return nearest.astype(np.int32), shares


def judge_topics(lake: Lake) -> dict[str, Any]:
    """How good topics are: how many are used, and whether pins of one topic agree on the source's board category.

    Agreement is of pairs of pins, against that of any two pins; absent where no pin has a category.
    """
    rows = lake.query("SELECT t.topics[1] AS topic, p.board_category FROM pin_topics t JOIN raw_pins p USING (pin_id)")
    if rows.num_rows == 0:
        return {}
    topics, categories = rows["topic"].to_numpy().astype(np.int64), rows["board_category"].to_pylist()
    told: dict[str, Any] = {"topics used": len(np.unique(topics))}
    if any(categories):
        told["share of pairs of one topic in one category"] = pair_purity(topics, categories)
        told["share of any two pins in one category"] = pair_purity(np.zeros(len(topics), np.int64), categories)
    return told


def topic_sizes(lake: Lake, shown: int = 30) -> dict[str, float]:
    """How many pins are nearest to each of the largest topics."""
    rows = lake.query(f"""
        SELECT topics[1] AS topic, count(*) AS n FROM pin_topics GROUP BY 1 ORDER BY n DESC, topic LIMIT {shown}""")
    return {f"topic {row['topic']}": float(row["n"]) for row in rows.to_pylist()}
