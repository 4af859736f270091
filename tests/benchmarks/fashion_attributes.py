"""Set recall@10 of attributes on the fashion photos: 10,000 pins to learn from, 2,000 to test; no label is learnt from.

    python tests/benchmarks/fashion_attributes.py --data DATA/fashion --work WORK [--json]

WORK gets a source and a home: built on the 10,000 first (vocabulary, towers and thresholds are fitted then), and
brought up to date with the 2,000 after. The test pins are those with the smallest hashes. Each gold value is a
candidate by its phrase, whether the vocabulary has it or not; what a pin's own words say counts as far as believed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import dagster as dg
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from fashion_gold import GoldValue, gold_labels, gold_values

from relpins_assets.assignment.evidence import CLAIMS, believed, claims_of
from relpins_assets.assignment.inputs import WANTED, pin_inputs
from relpins_assets.assignment.model import Dual, load_dual, phrase_vectors
from relpins_assets.assignment.top_attributes import likely_values, top_attributes
from relpins_assets.definitions import build_definitions
from relpins_assets.home import open_home
from relpins_assets.vocabulary.vocabulary import Attribute, load_vocabulary
from relpins_assets.workspace import Workspace

Floats = npt.NDArray[np.float64]
N_TEST = 2_000
TOP = 10
LAST_ASSET = "attribute_assignments"
VARIANTS = {
    "image and text": ("image", "content", "words"),
    "without the image": ("words",),  # the description's vector says what the pixels show, so it goes too
    "without the text": ("image",),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    result = evaluated(built(arguments.data, arguments.work), arguments.data / "labels.parquet")
    if arguments.json:
        print(json.dumps(result))
        return
    for system, figures in result.items():
        print(f"{system:28}", "  ".join(f"{name} {value:.3f}" for name, value in figures.items()))


def built(data: Path, work: Path) -> Workspace:
    """The home under `work`: fitted on the pins to learn from, then brought up to date with the test pins."""
    source, home = work / "source", work / "home"
    if not (source / "pins-test.parquet").exists():
        source.mkdir(parents=True, exist_ok=True)
        pins = pq.read_table(data / "pins.parquet").sort_by("pin_id")
        is_test = pc.is_in(pins["pin_id"], value_set=pa.array(test_pins(pins["pin_id"].to_pylist())))
        pq.write_table(pins.filter(pc.invert(is_test)), source / "pins-train.parquet")
        _materialise(home, source)
        pq.write_table(pins.filter(is_test), source / "pins-test.parquet")
        _materialise(home, source)
    return open_home(home).workspace()


def test_pins(pin_ids: Sequence[str]) -> list[str]:
    return sorted(pin_ids, key=lambda pin_id: hashlib.sha256(pin_id.encode()).hexdigest())[:N_TEST]


def evaluated(workspace: Workspace, labels: Path) -> dict[str, dict[str, float]]:
    """Per system set recall@10, overall and per gold column, and hit@10."""
    lake, gold = workspace.lake, gold_labels(labels)
    values = gold_values(gold)
    pins = lake.query(f"{WANTED} ORDER BY pin_id")
    ids = pins["pin_id"].to_pylist()
    test = set(test_pins(sorted(gold)))
    rows = np.array([place for place, pin_id in enumerate(ids) if pin_id in test])
    place_of = {(one.column, one.value): place for place, one in enumerate(values)}
    true = np.zeros((len(ids), len(values)), bool)
    for row, pin_id in enumerate(ids):
        true[row, [place_of[pair] for pair in gold[pin_id] if pair in place_of]] = True
    dual = _dual(workspace)
    inputs = pin_inputs(lake, pins.take(pa.array(rows)))
    learnt = np.setdiff1d(np.arange(len(ids)), rows)
    frequent = np.argsort(-true[learnt].sum(axis=0), kind="stable")[:TOP]
    result = {"ten most frequent": _figures(np.tile(frequent, (len(rows), 1)), true[rows], values)}
    vectors = dual.encoder.of_phrases(phrase_vectors(workspace, [_as_attribute(one) for one in values]))
    for name, groups in VARIANTS.items():
        products = dual.encoder.of_products(inputs.products().only(groups))
        said = _observed(workspace, dual, values, inputs.pin_ids, "words" in groups, "image" in groups)
        keys = [one.key for one in values]
        likely = likely_values(products, vectors, dual.encoder.scale, said, keys, dict.fromkeys(keys, 1.0))
        result[name] = _figures(top_attributes(likely, TOP), true[rows], values)
    return result


def _observed(
    workspace: Workspace, dual: Dual, values: Sequence[GoldValue], pin_ids: Sequence[str], words: bool, pixels: bool
) -> Floats:
    """(n, v) how far sources are believed that say a gold value, by words or by pixels alone if so asked."""
    vocabulary = load_vocabulary(workspace.lake)
    keys = {key: place for place, key in enumerate(dual.keys)}
    key_of = np.array([keys.get(one.key, 0) for one in vocabulary.attributes], np.int64)
    rows = workspace.lake.query(CLAIMS)
    is_heard = [(source == "pixels" and pixels) or (source != "pixels" and words) for source in dual.sources]
    claims = claims_of(rows, {p: i for i, p in enumerate(pin_ids)}, vocabulary.position, key_of, dual.sources)
    claims = replace(claims, says=claims.says & np.array(is_heard))
    likely = np.where(claims.says.any(axis=1), believed(claims, dual.reliability, np.bincount(key_of)), 0.0)
    gold_of = [[place for place, value in enumerate(values) if _means(one, value)] for one in vocabulary.attributes]
    out = np.zeros((len(pin_ids), len(values)))
    for pin, attribute, belief in zip(claims.pins, claims.attributes, likely, strict=True):
        for place in gold_of[attribute]:
            out[pin, place] = max(out[pin, place], belief)
    return out


def _means(attribute: Attribute, value: GoldValue) -> bool:
    return attribute.key == value.key and attribute.value in value.forms


def _as_attribute(value: GoldValue) -> Attribute:
    return Attribute(f"{value.key}/{value.value}", value.key, value.forms[0], value.forms, 1, 0.0)


def _dual(workspace: Workspace) -> Dual:
    artefact = workspace.lake.artefact("dual_encoder")
    assert artefact is not None, "the home was built without dual_encoder"
    return load_dual(artefact)


def _figures(top: npt.NDArray[np.int64], true: npt.NDArray[np.bool_], values: Sequence[GoldValue]) -> dict[str, float]:
    found = np.zeros_like(true)
    np.put_along_axis(found, top, np.take_along_axis(true, top, axis=1), axis=1)
    has_any = true.any(axis=1)
    figures = {
        "set_recall@10": float((found.sum(axis=1)[has_any] / true.sum(axis=1)[has_any]).mean()),
        "hit@10": float(found.any(axis=1)[has_any].mean()),
    }
    for column in sorted({one.column for one in values}):
        own = np.array([one.column == column for one in values])
        figures[column] = float(found[:, own].sum() / true[:, own].sum())
    return figures


def _materialise(home: Path, source: Path) -> None:
    settings = open_home(home, source=source)
    home.mkdir(parents=True, exist_ok=True)
    settings.remember()
    selected = dg.AssetSelection.assets(LAST_ASSET).upstream()
    job = dg.define_asset_job("fashion_attributes", selected)
    definitions = dg.Definitions.merge(build_definitions(settings.workspace()), dg.Definitions(jobs=[job]))
    with dg.DagsterInstance.ephemeral() as instance:
        assert definitions.resolve_job_def("fashion_attributes").execute_in_process(instance=instance).success


if __name__ == "__main__":
    main()
