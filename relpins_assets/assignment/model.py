"""The fitted dual encoder as a value: towers, thresholds, how far sources are believed; and its files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from relpins_assets.assignment.thresholds import Thresholds
from relpins_assets.vocabulary.vocabulary import Attribute
from relpins_assets.workspace import Workspace
from relpins_resources.encoders.base import Vectors
from relpins_resources.encoders.dual_encoder import DualEncoder, load_dual_encoder, phrase_inputs
from relpins_resources.lake.artefacts import Artefact
from relpins_resources.lake.fingerprints import digest

Doubles = npt.NDArray[np.float64]
MODEL = "model"
"""In the folder of a dual_encoder version."""


@dataclass(frozen=True)
class Dual:
    """All that is frozen at a fit.

    Attributes:
        keys: k keys, in order.
        reliability: (k, s) how far each of `sources` is believed.
        attributes: the vocabulary that it was fitted on, with vectors (a, d) and rarity (a,).
        mean_log: mean of log n_a over it.
    """

    encoder: DualEncoder
    keys: tuple[str, ...]
    reliability: Doubles
    sources: tuple[str, ...]
    thresholds: Thresholds
    attributes: tuple[Attribute, ...]
    vectors: Vectors
    rarity: Doubles
    mean_log: float

    @cached_property
    def place_of(self) -> dict[tuple[str, str], int]:
        """Where the fitted attribute stands that a key and a form of its value meant."""
        return {(one.key, form): place for place, one in enumerate(self.attributes) for form in one.members}

    def fitted_as(self, attribute: Attribute) -> int:
        """Where an attribute of exactly these forms stands among the fitted ones; -1 if none does."""
        place = self.place_of.get((attribute.key, attribute.members[0]), -1)
        return place if place >= 0 and set(self.attributes[place].members) == set(attribute.members) else -1


def phrase_vectors(workspace: Workspace, attributes: Sequence[Attribute]) -> Vectors:
    """(a, t) inputs of the attribute tower: the mean over an attribute's forms of "key: form"."""
    encoder = workspace.sentence_encoder
    phrases = [f"{one.key}: {form}" for one in attributes for form in sorted(one.members)]
    if not phrases:
        return phrase_inputs(np.zeros((0, encoder.dim), np.float32), [])
    cache = workspace.cache(f"sentences@{encoder.version}")
    sentences = cache.vectors([digest(p) for p in phrases], lambda at: encoder.encode([phrases[i] for i in at]))
    inputs = phrase_inputs(sentences, phrases)
    ends = np.cumsum([len(one.members) for one in attributes])
    means = [
        inputs[end - len(one.members) : end].astype(np.float64).mean(axis=0)
        for one, end in zip(attributes, ends, strict=True)
    ]
    return np.array(means, np.float32)


def save_dual(dual: Dual, folder: Path) -> None:
    folder.mkdir()
    dual.encoder.save(folder / "towers.npz")
    parts = {name: getattr(dual, name) for name in ("reliability", "vectors", "rarity")}
    np.savez(folder / "frozen.npz", **parts, **asdict(dual.thresholds))
    attributes = [asdict(attribute) for attribute in dual.attributes]
    told = {"keys": dual.keys, "sources": dual.sources, "attributes": attributes, "mean log": dual.mean_log}
    (folder / "frozen.json").write_text(json.dumps(told))


def load_dual(artefact: Artefact) -> Dual:
    folder = artefact.folder / MODEL
    told = json.loads((folder / "frozen.json").read_text())
    with np.load(folder / "frozen.npz", allow_pickle=False) as held:
        arrays = {name: held[name] for name in held.files}
    return Dual(
        load_dual_encoder(folder / "towers.npz"),
        tuple(told["keys"]),
        arrays["reliability"],
        tuple(told["sources"]),
        Thresholds(*(arrays[name] for name in Thresholds.__dataclass_fields__)),
        tuple(Attribute(**{**one, "members": tuple(one["members"])}) for one in told["attributes"]),
        arrays["vectors"],
        arrays["rarity"],
        float(told["mean log"]),
    )
