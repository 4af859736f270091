"""The report on attributes, on figures that can be counted by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from relpins_assets.evaluation.attribute_quality import attribute_rows, attribute_table
from relpins_assets.evaluation.attribute_truth import AttributeTruth
from relpins_assets.schemas import TABLES
from relpins_resources.lake import Lake
from relpins_resources.lake.table import vector_array

RAW = [
    ("a", "style", "boho", "title"),
    ("a", "style", "bohemian", "boards"),
    ("a", "color", "red", "pixels"),
    ("b", "style", "boho", "title"),
    ("b", "color", "puce", "pixels"),
]
VOCABULARY = [("style/boho", "style", "boho", ["bohemian", "boho"]), ("color/red", "color", "red", ["red"])]
ASSIGNED = [("a", "style/boho", True), ("b", "style/boho", True), ("b", "color/red", False), ("a", "color/red", True)]
TRUTH = AttributeTruth(
    {"a": frozenset({"bohemian"}), "b": frozenset({"bohemian", "red"})}, frozenset({"style", "color"}), {}
)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path, TABLES)
    fill(lake, "raw_attributes", ("pin_id", "key", "value", "source"), RAW)
    full = [(*row, 2, 1.0, None) for row in VOCABULARY]
    fill(lake, "attribute_vocabulary", ("attribute_id", "key", "value", "members", "n_pins", "idf", "edited"), full)
    rows = [(pin_id, name, 0.9, 0.5, is_said) for pin_id, name, is_said in ASSIGNED]
    fill(lake, "attribute_assignments", ("pin_id", "attribute_id", "confidence", "similarity", "is_observed"), rows)
    vectors = vector_array(np.eye(2, dtype=np.float32))
    lake.table("product_embeddings").overwrite(
        pa.table({"pin_id": ["a", "b"], "vector": vectors, "fingerprint": ["f", "g"]})
    )
    return lake


def fill(lake: Lake, name: str, names: tuple[str, ...], rows: list[tuple[object, ...]]) -> None:
    columns = {column: [row[at] for row in rows] for at, column in enumerate(names)}
    lake.table(name).overwrite(pa.table(columns, schema=TABLES[name].arrow()))


def figures(rows: pa.Table) -> dict[tuple[str, str, str], float]:
    return {(row["system"], row["metric"], row["key"]): row["value"] for row in rows.to_pylist()}


def test_attributes_are_counted_as_said_by_meaning_and_as_assigned(lake: Lake) -> None:
    found = figures(attribute_rows(lake, None, 100))
    counted = {system: found[system, "attributes per pin", "all"] for system in ("raw", "raw, by meaning", "curated")}
    assert counted == {"raw": 5 / 2, "raw, by meaning": 3 / 2, "curated": 4 / 2}
    assert found["raw", "distinct attributes", "all"] == 4
    assert found["curated", "distinct attributes", "all"] == 2
    assert not any(metric.startswith("precision") for _, metric, _ in found), "no answer key, no precision"


def test_precision_is_the_share_that_the_answer_key_confirms(lake: Lake) -> None:
    found = figures(attribute_rows(lake, TRUTH, 100))
    assert found["curated", "precision", "all"] == 3 / 4
    assert found["curated", "precision of what is inferred", "color"] == 1.0
    assert found["curated", "precision of what is said", "color"] == 0.0
    assert found["raw", "precision", "style"] == 1.0


def test_pins_that_the_answer_key_does_not_name_count_neither_way(lake: Lake) -> None:
    known = {"b": TRUTH.of_pin["b"]}
    found = figures(attribute_rows(lake, AttributeTruth(known, TRUTH.keys, {}), 100))
    assert found["curated", "precision", "all"] == 1.0
    assert found["raw", "precision", "all"] == 1 / 2
    nobody = figures(attribute_rows(lake, AttributeTruth({}, TRUTH.keys, {}), 100))
    assert not any(metric.startswith("precision") for _, metric, _ in nobody)


def test_an_empty_home_has_a_report_without_figures_to_doubt(tmp_path: Path) -> None:
    rows = attribute_rows(Lake(tmp_path, TABLES), TRUTH, 100)
    assert all(row["value"] == 0 for row in rows.to_pylist())
    assert attribute_table(rows.slice(0, 0)).startswith("No pin has attributes")
