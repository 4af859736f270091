"""Fitting the dual encoder on the catalog: pairs from raw attributes through the vocabulary, towers, thresholds."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.sparse import csr_array

from relpins_assets.assignment.evidence import CLAIMS, Claims, believed, claims_of, estimate_reliability
from relpins_assets.assignment.inputs import WANTED, PinInputs, pin_inputs
from relpins_assets.assignment.model import MODEL, Dual, phrase_vectors, save_dual
from relpins_assets.assignment.thresholds import NEVER, UNKNOWN, Judged, calibration, fit_thresholds
from relpins_assets.vocabulary.vocabulary import Vocabulary, load_vocabulary
from relpins_assets.workspace import Workspace
from relpins_resources.encoders.dual_encoder import Products, Rows
from relpins_resources.encoders.dual_training import DualConfig, Pairs, train_dual_encoder
from relpins_resources.lake import Lake
from relpins_resources.lake.fingerprints import digest

Bools = npt.NDArray[np.bool_]
FIT_SAMPLE = 20_000
"""Learnt from are the images with the smallest hashes: a sample that is the same next time."""
LEAST_IMAGES = 50
"""With fewer images of which anything is known the towers stay untrained, and nothing is inferred."""
DRAWS = 4
"""How often held-out pins are shown, each time with other keys hidden."""
JUDGED_PAIRS = 8_000_000
"""Of held-out pins and attributes, over all draws: bounds memory where the vocabulary is large."""
SOURCES = ("boards", "category", "description", "merchant_tags", "pixels", "price", "title", "view")


@dataclass(frozen=True)
class Lesson:
    """What is learnt from: pins, the vocabulary, and what is said of them. `pairs.weights` is (pins, attributes)."""

    pins: PinInputs
    vocabulary: Vocabulary
    keys: tuple[str, ...]
    key_of: Rows
    claims: Claims
    reliability: npt.NDArray[np.float64]
    pairs: Pairs
    naming: csr_array
    is_held_out: Bools


def taught(lake: Lake) -> dict[str, Any]:
    """Names all that a fit learns from by its content: two homes that hold the same name it the same."""
    told = {}
    for name in ("raw_attributes", "attribute_vocabulary", "pin_joins", "clip_embeddings", "content_embeddings"):
        columns = [column for column in lake.table(name).schema.stable_names if column != "vector"]
        row = f"to_json(struct_pack({', '.join(columns)}))"
        sums = f"count(*), sum(md5_number_lower({row})::HUGEINT)::VARCHAR"
        told[name] = list(lake.query(f"SELECT {sums} FROM {name}").to_pylist()[0].values())
    return told


def lesson_of(workspace: Workspace, pins: pa.Table | None = None) -> Lesson:
    """What today's catalog teaches; `pins` are rows of WANTED, one per image by default."""
    lake = workspace.lake
    pins = fitting_pins(lake) if pins is None else pins
    vocabulary = load_vocabulary(lake)
    keys = tuple(sorted({attribute.key for attribute in vocabulary.attributes}))
    key_of = np.array([keys.index(attribute.key) for attribute in vocabulary.attributes], np.int64)
    inputs = pin_inputs(lake, pins)
    at = {pin_id: place for place, pin_id in enumerate(inputs.pin_ids)}
    claims = claims_of(lake.query(CLAIMS), at, vocabulary.position, key_of, SOURCES)
    reliability = estimate_reliability(claims, len(keys))
    likely = believed(claims, reliability, np.bincount(key_of, minlength=len(keys)))
    shape = (len(at), len(vocabulary))
    weights = csr_array((likely.astype(np.float32), (claims.pins, claims.attributes)), shape=shape)
    known = np.zeros((len(at), len(keys)), bool)
    known[claims.pins, claims.keys] = True
    return Lesson(
        inputs,
        vocabulary,
        keys,
        key_of,
        claims,
        reliability,
        Pairs(weights, known, key_of),
        inputs.naming(vocabulary.attributes),
        _held_out(pins),
    )


def fitting_pins(lake: Lake) -> pa.Table:
    """Rows of WANTED and `join_id`, one per image, by hash."""
    return lake.query(f"""
        SELECT w.*, j.join_id FROM ({WANTED}) w JOIN pin_joins j ON j.representative_pin_id = w.pin_id
        ORDER BY j.join_id LIMIT {FIT_SAMPLE}""")


def single_valued(workspace: Workspace, keys: tuple[str, ...]) -> Bools:
    """(keys,) whether the profile says that a pin has one value of the key at most."""
    from relpins_assets.enrichment.attribute_keys import attribute_keys

    declared = attribute_keys(workspace.profile)
    return np.array([key in declared and declared[key].is_single for key in keys], bool)


def enough_to_learn(lake: Lake) -> bool:
    """Whether towers can be trained: the vocabulary's attributes are said of LEAST_IMAGES images or more."""
    found = lake.query(f"""
        SELECT count(DISTINCT j.join_id) AS n FROM ({CLAIMS}) c JOIN clip_embeddings USING (pin_id)
        JOIN pin_joins j ON j.representative_pin_id = c.pin_id""")
    return int(found["n"][0].as_py()) >= LEAST_IMAGES


def fit_dual(
    workspace: Workspace, config: DualConfig, made_for: Mapping[str, Any]
) -> Callable[[Path], Mapping[str, Any]]:
    """A function that fits towers, reliabilities and thresholds into a folder and returns its report."""

    def fit(folder: Path) -> Mapping[str, Any]:
        lesson = lesson_of(workspace)
        dual, report = fitted(workspace, lesson, config)
        save_dual(dual, folder / MODEL)
        return {**report, **made_for, "config": json.dumps(asdict(config), sort_keys=True)}

    return fit


def fitted(workspace: Workspace, lesson: Lesson, config: DualConfig) -> tuple[Dual, dict[str, Any]]:
    """The towers and all that is frozen with them, and how they do on pins held out."""
    train, held = np.flatnonzero(~lesson.is_held_out), np.flatnonzero(lesson.is_held_out)
    has_any: Bools = np.any(lesson.pairs.known_keys, axis=1)
    train, held = train[has_any[train]], held[has_any[held]]
    n_known = len(train) + len(held)
    config = config if n_known >= LEAST_IMAGES else replace(config, epochs=0)
    phrases = phrase_vectors(workspace, lesson.vocabulary.attributes)
    seed = workspace.profile.seed
    trained = train_dual_encoder(
        lambda epoch: shown(lesson, seed, epoch), phrases, lesson.pairs, train, held, seed, config
    )
    rarity, mean_log = _rarity(lesson.vocabulary)
    vectors = trained.encoder.of_phrases(phrases)
    judged = judge(lesson, trained.encoder.of_products, vectors, np.flatnonzero(lesson.is_held_out), seed)
    thresholds = fit_thresholds(judged, lesson.key_of, rarity, len(lesson.keys))
    report = {
        "images": len(lesson.pins.pin_ids),
        "images that say something": n_known,
        "attributes": len(lesson.vocabulary),
        "pairs": len(lesson.claims),
        "epoch": trained.epoch,
        "trained": config.epochs > 0,
        "held-out loss": _finite(trained.loss),
        "held-out loss before": _finite(trained.loss_before),
        "keys that are inferred": [key for key, at in zip(lesson.keys, thresholds.theta, strict=True) if at < NEVER],
        "calibration": calibration(judged, thresholds, lesson.key_of),
    }
    dual = Dual(
        trained.encoder,
        lesson.keys,
        lesson.reliability,
        SOURCES,
        thresholds,
        lesson.vocabulary.attributes,
        vectors,
        rarity,
        mean_log,
    )
    return dual, report


def _rarity(vocabulary: Vocabulary) -> tuple[npt.NDArray[np.float64], float]:
    """(a,) log n_a over the mean log n, and that mean."""
    logs = np.log(np.array([max(attribute.n_pins, 1) for attribute in vocabulary.attributes], np.float64))
    mean_log = float(logs.mean()) if len(logs) else 0.0
    return logs - mean_log, mean_log


def shown(lesson: Lesson, seed: int, epoch: int) -> Products:
    """The pins as shown in an epoch: of each some keys are hidden, from none to all, with every word that names them.

    The description's vector holds those words too, so a pin of which anything is hidden comes without it.
    """
    rng = np.random.default_rng([seed, epoch])
    hidden = rng.random(lesson.pairs.known_keys.shape) < rng.random((len(lesson.pins.pin_ids), 1))
    return without(lesson, hidden & lesson.pairs.known_keys)


def without(lesson: Lesson, hidden: Bools) -> Products:
    """The pins with the keys `hidden` (pins, keys) left out of what they say."""
    claims = lesson.claims
    is_hidden = hidden[claims.pins, claims.keys]
    at = (claims.pins[is_hidden], claims.attributes[is_hidden])
    named = csr_array((np.ones(len(at[0]), np.float32), at), shape=lesson.pairs.weights.shape) @ lesson.naming
    words = lesson.pins.words - lesson.pins.words.multiply(named > 0)
    products = lesson.pins.products(csr_array(words))
    is_touched: Bools = np.any(hidden, axis=1)
    content = np.where(is_touched[:, None], np.float32(0), products.content)
    return replace(products, content=content)


def judge(
    lesson: Lesson,
    of_products: Callable[[Products], npt.NDArray[np.float32]],
    vectors: npt.NDArray[np.float32],
    held: Rows,
    seed: int,
) -> Judged:
    """Pairs of the held-out pins `held` and attributes whose key was hidden, or of which nothing is known."""
    parts, held = [], held[: max(1, JUDGED_PAIRS // (DRAWS * max(1, len(vectors))))]
    for draw in range(DRAWS):
        rng = np.random.default_rng([seed, 1_000_003, draw])
        hidden = (rng.random(lesson.pairs.known_keys.shape) < 0.5) & lesson.pairs.known_keys
        products = replace(without(lesson, hidden).take(held))
        cosines = np.round(of_products(products).astype(np.float64) @ vectors.T.astype(np.float64), 6)
        parts.append(_judged(lesson, cosines, held, hidden[held]))
    names = Judged.__dataclass_fields__
    return Judged(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def _judged(lesson: Lesson, cosines: npt.NDArray[np.float64], held: Rows, hidden: Bools) -> Judged:
    said = lesson.pairs.weights[held].toarray()
    is_open = hidden[:, lesson.key_of]
    is_unknown = ~lesson.pairs.known_keys[held][:, lesson.key_of]
    rows, columns = np.nonzero((is_open & ((said == 0) | (said > 0.5))) | is_unknown)
    weights = np.where(is_unknown[rows, columns], UNKNOWN, 1.0) / DRAWS
    margins = margins_within(cosines, lesson.key_of)
    return Judged(columns, cosines[rows, columns], margins[rows, columns], said[rows, columns] > 0, weights)


def margins_within(cosines: npt.NDArray[np.float64], key_of: Rows) -> npt.NDArray[np.float64]:
    """(n, a) each cosine over the best other of its key; over -1 where it is the only one."""
    margins = np.empty_like(cosines)
    for key in np.unique(key_of):
        of_key = np.flatnonzero(key_of == key)
        own = cosines[:, of_key]
        padded = np.concatenate([own, np.full((len(own), 1), -1.0)], axis=1)
        best = np.sort(padded, axis=1)[:, ::-1]
        margins[:, of_key] = own - np.where(own == best[:, :1], best[:, 1:2], best[:, :1])
    return margins


def _held_out(pins: pa.Table) -> Bools:
    """A fifth of a small catalog's images, a tenth of a large one's, by hash.

    Pins with one text may fall on both sides: what is judged on held-out pins was left out of their words.
    """
    share = 0.2 if pins.num_rows < 5_000 else 0.1
    hashes = pins["join_id"].to_pylist()
    return np.array([int(digest(join_id)[:8], 16) < share * 2**32 for join_id in hashes], bool)


def _finite(value: float) -> float:
    return round(value, 4) if np.isfinite(value) else 0.0
