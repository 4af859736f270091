"""Pins into vectors: images through the clip model, descriptions through the sentence encoder; each content once."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from relpins_assets.enrichment.descriptions import own_text
from relpins_assets.workspace import Workspace
from relpins_resources.ann import snap
from relpins_resources.encoders import ClipEncoder, ClipModel, SentenceEncoder
from relpins_resources.images import decode_pixels
from relpins_resources.lake import Lake
from relpins_resources.lake.cache import Cache
from relpins_resources.lake.fingerprints import digest
from relpins_resources.lake.table import vector_array

Floats = npt.NDArray[np.float32]
FIT_SAMPLE = 20_000
"""A model is fitted on at most so many images, those with the smallest hashes: a sample that is the same next time."""
MODEL = "model"
"""In the folder of a clip_model version: the encoder's own files."""
ENCODED_SIDE = 512
"""Pixels: no encoder here looks at more."""


def wanted_images(lake: Lake) -> pa.Table:
    """One row per pin with an image (pin_id, jpeg_hash)."""
    return lake.query("SELECT pin_id, jpeg_hash FROM pin_images ORDER BY pin_id")


def wanted_texts(lake: Lake) -> pa.Table:
    """One row per described pin (pin_id, description)."""
    return lake.query("SELECT pin_id, description FROM enriched_descriptions ORDER BY pin_id")


def image_features(pins: pa.Table, lake: Lake, encoder: ClipEncoder, cache: Cache) -> Floats:
    """Raw features (n, f) of the pins' images; `pins` has pin_id and jpeg_hash."""
    pin_ids, hashes = pins["pin_id"].to_pylist(), pins["jpeg_hash"].to_pylist()

    def encode(positions: Sequence[int]) -> Floats:
        table = lake.table("pin_images")
        parts = []
        for start in range(0, len(positions), 256):
            ids = [pin_ids[i] for i in positions[start : start + 256]]
            rows = table.read_keys(ids, ["pin_id", "jpeg"])
            jpegs = dict(zip(rows["pin_id"].to_pylist(), rows["jpeg"].to_pylist(), strict=True))
            parts.append(encoder.features([decode_pixels(jpegs[pin_id], ENCODED_SIDE) for pin_id in ids]))
        return np.concatenate(parts)

    return cache.vectors(hashes, encode)


def embed_images(pins: pa.Table, lake: Lake, encoder: ClipEncoder, model: ClipModel, cache: Cache) -> pa.Table:
    """Rows of clip_embeddings, without fingerprint."""
    return _rows(pins, model.project(image_features(pins, lake, encoder, cache)))


def embed_texts(pins: pa.Table, encoder: SentenceEncoder, cache: Cache) -> pa.Table:
    """Rows of content_embeddings, without fingerprint; `pins` has pin_id and description."""
    texts = pins["description"].to_pylist()
    hashes = [digest(text) for text in texts]
    return _rows(pins, cache.vectors(hashes, lambda positions: encoder.encode([texts[i] for i in positions])))


def fit_clip_model(workspace: Workspace, cache: Cache) -> Callable[[Path], Mapping[str, Any]]:
    """A function that fits the clip model on the catalog into a folder and returns its held-out report.

    The heads see the pins' own titles and descriptions only: pixel statements would teach the model its own words, and
    board titles would carry later saves into it.
    """
    lake, encoder, sentences = workspace.lake, workspace.clip_encoder, workspace.sentence_encoder

    def fit(folder: Path) -> Mapping[str, Any]:
        pins = training_pins(lake)
        features = image_features(pins, lake, encoder, cache)
        texts = own_texts(pins)
        texted = [i for i, text in enumerate(texts) if text]
        text_vectors = np.zeros((len(texts), sentences.dim), np.float32)
        if texted:
            text_vectors[texted] = sentences.encode([texts[i] for i in texted])
        model_folder = folder / MODEL
        model_folder.mkdir()
        report = encoder.fit(features, texts, text_vectors, model_folder, workspace.profile.seed)
        versions = {name: lake.table(name).version() for name in ("raw_pins", "pin_images", "pin_joins")}
        fitted_on = {"images": len(texts), "with text": len(texted), "seed": workspace.profile.seed, **versions}
        return {"fitted on": fitted_on, **report, **model_inputs(encoder, sentences, workspace.profile.clip)}

    return fit


def model_inputs(encoder: ClipEncoder, sentences: SentenceEncoder, config: Mapping[str, Any]) -> dict[str, str]:
    """What a clip model is made for, as its manifest names it: with another encoder it is of no use."""
    return {
        "encoder": encoder.name,
        "features version": encoder.features_version,
        "sentences": sentences.version,
        "config": json.dumps(dict(config), sort_keys=True),
    }


def own_texts(pins: pa.Table) -> list[str]:
    """What each pin says of itself, '' where nothing (columns title, description)."""
    titles, descriptions = pins["title"].to_pylist(), pins["description"].to_pylist()
    return [own_text(title, description) for title, description in zip(titles, descriptions, strict=True)]


def training_pins(lake: Lake) -> pa.Table:
    """The pins a model is fitted on: one per distinct image, by hash (pin_id, jpeg_hash, title, description)."""
    return lake.query(f"""
        SELECT j.representative_pin_id AS pin_id, i.jpeg_hash,
               coalesce(p.title, '') AS title, coalesce(p.description, '') AS description
        FROM pin_joins j JOIN raw_pins p ON p.pin_id = j.representative_pin_id
        JOIN pin_images i ON i.pin_id = j.representative_pin_id
        ORDER BY j.join_id LIMIT {FIT_SAMPLE}""")


def _rows(pins: pa.Table, vectors: Floats) -> pa.Table:
    return pa.table({"pin_id": pins["pin_id"], "vector": vector_array(snap(vectors))})
