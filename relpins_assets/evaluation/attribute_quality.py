"""How good the attributes are: raw against curated, and against an answer key where the source has one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from relpins_assets.assignment.evidence import CLAIMS
from relpins_assets.assignment.model import Dual, load_dual
from relpins_assets.assignment.top_attributes import likely_values, top_attributes
from relpins_assets.evaluation.attribute_truth import AttributeTruth
from relpins_assets.schemas import TABLES
from relpins_assets.vocabulary.vocabulary import Attribute, Vocabulary, load_vocabulary
from relpins_resources.lake import Lake
from relpins_resources.lake.table import vectors

Bools = npt.NDArray[np.bool_]
RAW, MEANT, CURATED, FREQUENT = "raw", "raw, by meaning", "curated", "ten most frequent"
"""By meaning: spellings of one attribute of the vocabulary count once, and what is no attribute of it not at all."""
TOP = 10
RARE = 5
"""An attribute that fewer pins carry is rare."""
ALL = "all"
Row = dict[str, Any]


def attribute_rows(lake: Lake, truth: AttributeTruth | None, max_pins: int) -> pa.Table:
    """Rows of attribute_quality: how attributes are distributed, and, with an answer key, whether they are right.

    Args:
        max_pins: set recall is the mean over so many pins at most, those with the smallest ids.
    """
    n_pins = lake.table("product_embeddings").count()
    raw = lake.query("SELECT DISTINCT pin_id, key, value AS name FROM raw_attributes")
    curated = lake.query("""
        SELECT a.pin_id, v.key, a.attribute_id AS name, a.is_observed
        FROM attribute_assignments a JOIN attribute_vocabulary v USING (attribute_id)""")
    meant = lake.query(f"""
        SELECT c.pin_id, v.key, c.attribute_id AS name FROM ({CLAIMS}) c
        JOIN attribute_vocabulary v USING (attribute_id)""")
    rows = [
        *_distribution(RAW, raw, n_pins),
        *_distribution(MEANT, meant, n_pins),
        *_distribution(CURATED, curated, n_pins),
    ]
    if truth is not None and n_pins:
        vocabulary = load_vocabulary(lake)
        rows += [*_raw_precision(raw, truth), *_precision(curated, vocabulary, truth)]
        rows += _set_recall(lake, vocabulary, truth, max_pins)
    return pa.Table.from_pylist(rows, schema=TABLES["attribute_quality"].arrow())


def _row(system: str, metric: str, key: str, value: float, n: int) -> Row:
    return {"system": system, "metric": metric, "key": key, "value": round(float(value), 6), "n": n}


def _distribution(system: str, said: pa.Table, n_pins: int) -> list[Row]:
    """Distinct attributes, attributes per pin and the share of rare ones, over all keys and for each."""
    rows = []
    for key, own in _by_key(said):
        counts = np.unique(np.array(_names(own), dtype=object), return_counts=True)[1] if own.num_rows else np.zeros(0)
        rows += [
            _row(system, "distinct attributes", key, len(counts), n_pins),
            _row(system, "attributes per pin", key, own.num_rows / max(1, n_pins), n_pins),
            _row(system, "share of rare attributes", key, (counts < RARE).mean() if len(counts) else 0.0, len(counts)),
        ]
    return rows


def _names(said: pa.Table) -> list[str]:
    return [f"{key}\t{name}" for key, name in zip(said["key"].to_pylist(), said["name"].to_pylist(), strict=True)]


def _by_key(said: pa.Table) -> Iterable[tuple[str, pa.Table]]:
    keys = np.array(said["key"].to_pylist(), dtype=object)
    yield ALL, said
    for key in sorted(set(keys)):
        yield str(key), said.filter(pa.array(keys == key))


def _raw_precision(raw: pa.Table, truth: AttributeTruth) -> list[Row]:
    """Share of raw pairs that are true, per key that the answer key knows."""
    said = {(key, name): Attribute("", key, name, (name,), 0, 0.0) for key, name in _pairs(raw, "key", "name")}
    values = {pair: one for pair, one in said.items() if truth.can_judge(one)}
    judged = [
        (key, truth.holds(pin_id, values[key, name]))
        for pin_id, key, name in _pairs(raw, "pin_id", "key", "name")
        if (key, name) in values and pin_id in truth.of_pin
    ]
    return _means(RAW, "precision", judged)


def _precision(curated: pa.Table, vocabulary: Vocabulary, truth: AttributeTruth) -> list[Row]:
    """The same of assignments: all, those that sources say, and those that are inferred alone."""
    judgeable = {one.attribute_id: one for one in vocabulary.attributes if truth.can_judge(one)}
    judged = [
        (key, truth.holds(pin_id, judgeable[name]), is_observed)
        for pin_id, key, name, is_observed in _pairs(curated, "pin_id", "key", "name", "is_observed")
        if name in judgeable and pin_id in truth.of_pin
    ]
    said = [(key, is_true) for key, is_true, is_observed in judged if is_observed]
    inferred = [(key, is_true) for key, is_true, is_observed in judged if not is_observed]
    return [
        *_means(CURATED, "precision", [(key, is_true) for key, is_true, _ in judged]),
        *_means(CURATED, "precision of what is said", said),
        *_means(CURATED, "precision of what is inferred", inferred),
    ]


def _pairs(rows: pa.Table, *names: str) -> Iterable[tuple[Any, ...]]:
    return zip(*(rows[name].to_pylist() for name in names), strict=True)


def _means(system: str, metric: str, judged: Sequence[tuple[str, bool]]) -> list[Row]:
    keys = sorted({key for key, _ in judged})
    per_key = {key: [is_true for own, is_true in judged if own == key] for key in keys}
    groups = {ALL: [is_true for _, is_true in judged], **per_key}
    return [_row(system, metric, key, float(np.mean(found)), len(found)) for key, found in groups.items() if found]


def _set_recall(lake: Lake, vocabulary: Vocabulary, truth: AttributeTruth, max_pins: int) -> list[Row]:
    """Of a pin's true attributes, the share among its ten likeliest, and among the ten that most pins carry."""
    artefact = lake.artefact("dual_encoder")
    judged = [one for one in vocabulary.attributes if truth.can_judge(one)]
    if artefact is None or not judged:
        return []
    held = lake.table("product_embeddings").read(["pin_id", "vector"]).sort_by("pin_id")
    is_known = pc.is_in(held["pin_id"], value_set=pa.array(sorted(truth.of_pin), pa.string()))
    held = held.filter(is_known).slice(0, max_pins)
    if held.num_rows == 0:
        return []
    pin_ids = held["pin_id"].to_pylist()
    true = np.array([[truth.holds(pin_id, one) for one in judged] for pin_id in pin_ids], bool)
    top = _likeliest(lake, load_dual(artefact), held, judged)
    counts = np.array([one.n_pins for one in judged])
    frequent = np.tile(np.argsort(-counts, kind="stable")[:TOP], (len(pin_ids), 1))
    keys = np.array([one.key for one in judged], dtype=object)
    return [*_recall_rows(CURATED, top, true, keys), *_recall_rows(FREQUENT, frequent, true, keys)]


def _likeliest(lake: Lake, dual: Dual, held: pa.Table, judged: Sequence[Attribute]) -> npt.NDArray[np.int64]:
    """(n, TOP) places in `judged`; attributes that were not fitted count by what sources say alone."""
    fitted = np.array([dual.fitted_as(one) for one in judged], np.int64)
    known = np.zeros((len(judged), dual.encoder.dim), np.float32)
    known[fitted >= 0] = dual.vectors[fitted[fitted >= 0]]
    at_pin = {pin_id: place for place, pin_id in enumerate(held["pin_id"].to_pylist())}
    at_attribute = {one.attribute_id: place for place, one in enumerate(judged)}
    rows = lake.table("attribute_assignments").read(["pin_id", "attribute_id", "confidence"])
    observed = np.zeros((len(at_pin), len(judged)))
    for pin_id, attribute_id, confidence in _pairs(rows, "pin_id", "attribute_id", "confidence"):
        if pin_id in at_pin and attribute_id in at_attribute:
            observed[at_pin[pin_id], at_attribute[attribute_id]] = confidence
    keys = [one.key for one in judged]
    has = {key: observed[:, [own == key for own in keys]].any(axis=1).mean() for key in set(keys)}
    return top_attributes(likely_values(vectors(held), known, dual.encoder.scale, observed, keys, has), TOP)


def _recall_rows(system: str, top: npt.NDArray[np.int64], true: Bools, keys: npt.NDArray[np.object_]) -> list[Row]:
    found = np.zeros_like(true)
    np.put_along_axis(found, top, np.take_along_axis(true, top, axis=1), axis=1)
    rows = []
    for key in (ALL, *sorted(set(keys))):
        own = np.ones(len(keys), bool) if key == ALL else keys == key
        has_any = true[:, own].any(axis=1)
        if has_any.any():
            shares = found[has_any][:, own].sum(axis=1) / true[has_any][:, own].sum(axis=1)
            rows.append(_row(system, f"set_recall@{TOP}", key, shares.mean(), int(has_any.sum())))
    return rows


def attribute_table(rows: pa.Table) -> str:
    """The figures over all keys as a Markdown table, then precision and recall per key."""
    if rows.num_rows == 0:
        return "No pin has attributes yet: nothing to judge."
    lines = ["| system | metric | key | value | n |", "|---|---|---|---|---|"]
    shown = sorted(rows.to_pylist(), key=lambda row: (row["key"] != ALL, row["metric"], row["system"], row["key"]))
    return "\n".join(
        [*lines, *(f"| {r['system']} | {r['metric']} | {r['key']} | {r['value']:.3f} | {r['n']} |" for r in shown)]
    )
