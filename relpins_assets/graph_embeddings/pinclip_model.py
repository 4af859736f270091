"""Fitting the one vector per pin on the catalog: images, their own words, and which of them boards hold together."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from scipy.sparse import csr_array

from relpins_assets.fitting import Objection
from relpins_assets.graph_embeddings.pinclip_inputs import (
    LOOK,
    WANTED,
    looks_of,
    sentences_of,
    words_of,
)
from relpins_assets.workspace import Workspace
from relpins_resources.ann import snap
from relpins_resources.encoders.base import Vectors
from relpins_resources.encoders.pinclip import PinClipEncoder, Shown, load_pinclip, prefix, text_rows, word_weights
from relpins_resources.encoders.pinclip_training import Lesson, PinClipConfig, train_pinclip
from relpins_resources.encoders.shared_groups import mates_recall
from relpins_resources.lake import Lake
from relpins_resources.lake.artefacts import Artefact
from relpins_resources.lake.fingerprints import digest
from relpins_resources.lake.table import vector_array

MODEL_FILE = "encoder.npz"
VERSION = "1"
"""Raised when the code of the fit gives another encoder from the same catalog."""
FIT_SAMPLE = 20_000
"""Learnt from are the images with the smallest hashes: a sample that is the same next time."""
HELD_OUT_FROM = 200
"""With so many images a tenth is kept from the fit, by hash, to stop and judge by."""
LEAST_MATES = 20
"""Nothing is learnt while fewer images stand on a board with another, and fewer say anything of themselves."""
NOT_TRAINED = f"fewer than {LEAST_MATES} images share boards, and fewer say anything; vectors are look beside words"
NEAREST = 10
TOLERANCE = 0.01
"""A refit is taken unless it finds so much less of held-out pins' board mates."""

ON_BOARDS = """
SELECT board_id, list_sort(join_ids) AS join_ids FROM board_joins WHERE len(join_ids) > 1 ORDER BY board_id
"""


@dataclass(frozen=True)
class Taught:
    """What today's catalog teaches: images by hash, and which stand together.

    Attributes:
        images: rows of WANTED and join_id, one per image.
        groups: (n, g) which image stands on which board.
    """

    images: pa.Table
    groups: csr_array

    @property
    def is_held_out(self) -> npt.NDArray[np.bool_]:
        """(n,) a tenth by hash, of a catalog that is large enough; else none."""
        hashes = self.images["join_id"].to_pylist()
        chosen = np.array([int(digest(join_id)[:8], 16) < 0.1 * 2**32 for join_id in hashes], bool)
        return chosen if len(hashes) >= HELD_OUT_FROM else np.zeros(len(hashes), bool)


def taught(lake: Lake) -> Taught:
    images = lake.query(f"""
        SELECT w.*, j.join_id FROM ({WANTED}) w JOIN pin_joins j ON j.representative_pin_id = w.pin_id
        ORDER BY j.join_id LIMIT {FIT_SAMPLE}""")
    boards = lake.query(ON_BOARDS)["join_ids"].combine_chunks()
    at = pc.index_in(pc.list_flatten(boards), value_set=images["join_id"].combine_chunks())
    rows = at.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    columns = pc.list_parent_indices(boards).to_numpy().astype(np.int64)
    known = rows >= 0
    shape = (images.num_rows, len(boards))
    ones = np.ones(int(known.sum()), np.float32)
    return Taught(images, csr_array((ones, (rows[known], columns[known])), shape=shape))


def pinclip_version(workspace: Workspace) -> str:
    """Names all that a fit learns from by its content: two homes that hold the same name it the same."""
    given = taught(workspace.lake)
    columns = [given.images[name].to_pylist() for name in ("join_id", "look", "own_text", "tags", "view")]
    boards = workspace.lake.query(ON_BOARDS)["join_ids"].to_pylist()
    return digest(VERSION, made_for(workspace), workspace.profile.seed, columns, boards)


def made_for(workspace: Workspace) -> dict[str, str]:
    """The spaces and settings that an encoder is made for, as its manifest names them."""
    return {
        "space of looks": workspace.lake.table(LOOK).path.name,
        "sentences": workspace.sentence_encoder.version,
        "config": json.dumps(asdict(config_of(workspace)), sort_keys=True),
    }


def config_of(workspace: Workspace) -> PinClipConfig:
    given = workspace.profile.pinclip
    return PinClipConfig(
        dims=tuple(sorted(set(given.dims))),
        epochs=given.epochs,
        batch=given.batch,
        neighbour_weight=given.neighbour_weight,
    )


def enough_to_learn(lake: Lake) -> bool:
    """Whether there is anything to learn from: images that share boards, or that say something."""
    counted = lake.query(f"""
        SELECT (SELECT count(DISTINCT join_id) FROM (
                    SELECT unnest(join_ids) AS join_id FROM board_joins WHERE len(join_ids) > 1)) AS n_mates,
               (SELECT count(*) FROM ({WANTED}) w JOIN pin_joins j ON j.representative_pin_id = w.pin_id
                WHERE own_text <> '' OR view <> '' OR len(tags) > 0) AS n_texts""")
    found = counted.to_pylist()[0]
    return bool(max(found["n_mates"], found["n_texts"]) >= LEAST_MATES)


def is_usable(workspace: Workspace) -> Callable[[Artefact], bool]:
    """Whether an encoder is for the spaces as they are; one that learnt nothing counts as missing once it could.

    Nor is one of use whose components are of a catalog less than half as large: those of one image are all zero.
    """
    wanted, lake = made_for(workspace), workspace.lake

    def usable(old: Artefact) -> bool:
        fits = wanted.items() <= old.manifest.items()
        if not fits or old.manifest["trained"]:
            return fits
        n_images = min(lake.table("pin_joins").count(), FIT_SAMPLE)
        return 2 * old.manifest["images"] >= n_images and not enough_to_learn(lake)

    return usable


def fit_pinclip(workspace: Workspace) -> Callable[[Path], Mapping[str, Any]]:
    """A function that fits the encoder on the catalog into a folder and returns its held-out report."""

    def fit(folder: Path) -> Mapping[str, Any]:
        config, given = config_of(workspace), taught(workspace.lake)
        is_trained = enough_to_learn(workspace.lake)
        weights = word_weights(words_of(given.images))
        pins = shown(workspace, given.images, weights)
        held = given.is_held_out
        lesson = Lesson(pins, given.groups, np.flatnonzero(~held), np.flatnonzero(held))
        trained = train_pinclip(lesson, weights, workspace.profile.seed, config if is_trained else config.untrained())
        trained.encoder.save(folder / MODEL_FILE)
        told: dict[str, Any] = {
            "images": len(pins),
            "boards": given.groups.shape[1],
            "images with words": sum(bool(text) for text in words_of(given.images)),
            "trained": is_trained,
            "epoch": trained.epoch,
            **({} if is_trained else {"why": NOT_TRAINED}),
        }
        if np.isfinite(trained.loss):
            told |= {"held-out loss": round(trained.loss, 4), "held-out loss before": round(trained.loss_before, 4)}
        found = held_out_recall(trained.encoder, pins, given)
        return {**told, **({"held-out board mates found": found} if found else {}), **made_for(workspace)}

    return fit


def held_out_recall(encoder: PinClipEncoder, pins: Shown, given: Taught) -> dict[str, float]:
    """Of held-out images, the share of their board mates among the ten nearest of as many as could be.

    By image and words, each alone, the prefixes, and by look without any fit; empty where nothing is held out.
    """
    judged = np.flatnonzero(given.is_held_out)
    if len(judged) == 0:
        return {}
    fused = encoder.of_pins(pins)
    spaces = {
        "image and words": fused,
        "image alone": encoder.of_images(pins.image),
        "words alone": encoder.of_texts(pins.text),
        **{f"first {dim} dimensions": prefix(fused, int(dim)) for dim in encoder.dims[:-1]},
        "look, not fitted": pins.image,
    }
    return {name: round(mates_recall(space, given.groups, judged, NEAREST), 4) for name, space in spaces.items()}


def objection_to_pinclip(workspace: Workspace) -> Objection:
    """A refit is refused when it finds clearly less of today's held-out pins' board mates than the encoder before."""

    def objection(new: Artefact, old: Artefact | None) -> str | None:
        if old is None or not (old.manifest["trained"] and new.manifest["trained"]):
            return None
        if any(old.manifest[name] != new.manifest[name] for name in ("space of looks", "sentences")):
            return None
        given = taught(workspace.lake)
        judged = np.flatnonzero(given.is_held_out)
        if len(judged) == 0:
            return None
        scores = []
        for one in (new, old):
            encoder = load_encoder(one)
            space = encoder.of_pins(shown(workspace, given.images, encoder.word_weights))
            scores.append(mates_recall(space, given.groups, judged, NEAREST))
        if scores[0] >= scores[1] - TOLERANCE:
            return None
        return f"of held-out pins' board mates it finds {scores[0]:.4f}, the encoder before {scores[1]:.4f}"

    return objection


def load_encoder(artefact: Artefact) -> PinClipEncoder:
    return load_pinclip(artefact.folder / MODEL_FILE)


def shown(workspace: Workspace, pins: pa.Table, weights: Vectors) -> Shown:
    """Rows of WANTED as the encoder reads them."""
    sentences = workspace.sentence_encoder
    cache = workspace.cache(f"sentences@{sentences.version}")
    words = words_of(pins)
    return Shown(looks_of(workspace.lake, pins), text_rows(words, sentences_of(words, sentences, cache), weights))


def placing(workspace: Workspace) -> Callable[[pa.Table], pa.Table]:
    """A function that makes rows of pinclip_embeddings, without fingerprint, of a batch of `wanted_pinclip`.

    The encoder is read when there is a row to make.
    """

    @cache
    def encoder() -> PinClipEncoder:
        artefact = workspace.lake.artefact("pinclip_model")
        assert artefact is not None, "rows are wanted only where there are looks, and so an encoder"
        return load_encoder(artefact)

    def place(pins: pa.Table) -> pa.Table:
        placed = encoder().of_pins(shown(workspace, pins, encoder().word_weights))
        return pa.table({"pin_id": pins["pin_id"], "vector": vector_array(snap(placed))})

    return place
