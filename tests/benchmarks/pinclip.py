"""What one vector per pin finds of pins that a board got later: by image, by words, by both, with and without boards.

    python tests/benchmarks/pinclip.py HOME [HOME ...] [--json]

Each HOME is a home built on a sample world; what it needs of the graph is built on the catalog as it stood 14 days
before the world ends, in HOME/eval. A query is a pin on a board before that day, the answer what the board got since.

Printed per home: NDCG@10 and recall@10, of all targets and of new ones, for the look alone, the words alone, both
before anything is learnt, both with the image-text loss alone, both with the neighbour loss too (what the graph
builds), and each prefix of it. Then diversity: the intra-list distance of lists of 10 picked from the 100 nearest, at
strengths at which they lose about the same NDCG, going by look and description alone and with this vector beside them;
the distance is measured in content, which neither goes by alone. The sample world is a simulation.
"""

import argparse
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from relpins_assets.evaluation.baselines import score_rankings
from relpins_assets.evaluation.evaluate import evaluate
from relpins_assets.evaluation.graph_at import graph_at, midnight, raw_tables
from relpins_assets.evaluation.protocol import Queries, build_queries
from relpins_assets.evaluation.systems import collapsed
from relpins_assets.feeds.catalog import load_catalog
from relpins_assets.graph_embeddings.pinclip_inputs import wanted_pinclip
from relpins_assets.graph_embeddings.pinclip_model import config_of, load_encoder, shown, taught
from relpins_assets.home import open_home
from relpins_assets.workspace import Workspace
from relpins_resources.encoders.pinclip import PinClipEncoder, Shown, prefix
from relpins_resources.encoders.pinclip_training import Lesson, PinClipConfig, train_pinclip
from relpins_resources.query.catalog import Catalog
from relpins_resources.query.execution import Batch, execute
from relpins_resources.query.language.parser import parse_query

CUT_DAYS = 14
SHOWN = ("ndcg@10", "recall@10", "recall@10/new", "recall@10/thin", "recall@10/warm")
STRENGTHS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
SIGNALS = {
    "look and description": "clip_embedding:0.4,content_embedding:0.2",
    "and this vector": "clip_embedding:0.4,content_embedding:0.2,pinclip_embedding:0.2",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("homes", type=Path, nargs="+")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = {str(home): measure(home) for home in options.homes}
    for name, result in found.items():
        print(json.dumps({"home": Path(name).name, **result}) if options.json else _table(Path(name).name, result))


def measure(home: Path) -> dict[str, Any]:
    """Per system its metrics, and per strength of diversity NDCG and distance, on one home."""
    workspace = open_home(home).workspace()
    tables = raw_tables(workspace.lake)
    cut_at = midnight(workspace.as_of.fromordinal(workspace.as_of.toordinal() - CUT_DAYS))
    at = graph_at(workspace, tables, cut_at)
    joins = at.lake.table("pin_joins").read(["representative_pin_id", "pin_ids"])
    queries = build_queries(collapsed(tables, joins), cut_at, max_queries=2_000)
    systems = _systems(at, queries)
    catalog = load_catalog(at.lake, at.profile, as_of=at.as_of)
    return {
        "queries": len(queries),
        "systems": {name: _metrics(vectors, queries) for name, vectors in systems.items()},
        "diversity": _diversity(catalog, queries),
    }


def _systems(at: Workspace, queries: Queries) -> dict[str, np.ndarray]:
    """Vectors of the queries' pins, (n, d) each."""
    artefact = at.lake.artefact("pinclip_model")
    assert artefact is not None, "the graph at T has built its model"
    encoder = load_encoder(artefact)
    rows = wanted_pinclip(at.lake)
    pins = shown(at, rows, encoder.word_weights)
    order = {pin_id: place for place, pin_id in enumerate(rows["pin_id"].to_pylist())}
    pins = pins.take(np.array([order[pin_id] for pin_id in queries.pin_ids]))
    config = config_of(at)
    started, alone = (_fitted(at, encoder, one) for one in (config.untrained(), replace(config, neighbour_weight=0.0)))
    fused = encoder.of_pins(pins)
    return {
        "look (clip)": pins.image,
        "words alone": encoder.of_texts(pins.text),
        "image alone": encoder.of_images(pins.image),
        "both, nothing learnt": started.of_pins(pins),
        "both, image-text loss": alone.of_pins(pins),
        "both, neighbour loss too": fused,
        "both, neighbour loss alone": _fitted(at, encoder, replace(config, image_text_weight=0.0)).of_pins(pins),
        **{f"first {dim} dimensions": prefix(fused, int(dim)) for dim in encoder.dims[:-1]},
    }


def _fitted(at: Workspace, encoder: PinClipEncoder, config: PinClipConfig) -> PinClipEncoder:
    """The encoder that the same catalog gives with other settings."""
    given = taught(at.lake)
    pins: Shown = shown(at, given.images, encoder.word_weights)
    held = given.is_held_out
    lesson = Lesson(pins, given.groups, np.flatnonzero(~held), np.flatnonzero(held))
    return train_pinclip(lesson, encoder.word_weights, at.profile.seed, config).encoder


def _metrics(vectors: np.ndarray, queries: Queries) -> dict[str, float]:
    wide = vectors.astype(np.float64)
    ranked = score_rankings(lambda rows: wide[queries.query_pins[rows]] @ wide.T, queries, 100)
    summary = evaluate(ranked, queries, (10,)).summary
    return {name: round(float(summary[name]), 4) for name in SHOWN}


def _diversity(catalog: Catalog, queries: Queries) -> dict[str, list[dict[str, float]]]:
    """NDCG and intra-list distance in content by strength, for each choice of signals."""
    content = catalog.embedding("content_embedding")
    assert content is not None, "the graph at T has built its descriptions"
    positions = catalog.positions(queries.pin_ids.tolist())
    own = np.full(len(catalog) + 1, -1, np.int64)
    own[positions] = np.arange(len(positions))
    found: dict[str, list[dict[str, float]]] = {}
    for name, signals in SIGNALS.items():
        for strength in STRENGTHS:
            query = parse_query(f"""
                SELECT * FROM similarity(embedding_ref='pinclip_embedding',
                    encoder=precomputed_item(input_item_id=$item_id), limit=100)
                WHERE join_id != query_item.join_id
                ORDER BY score(expression='1 / (1.0 + rank(embedding="pinclip_embedding"))')
                REORDER BY diversity(strength={strength}, lookback=10, signals='{signals}') LIMIT 60""")
            asked, back = np.unique(queries.query_pins, return_inverse=True)
            ids = queries.pin_ids[asked].tolist()
            items = execute(query, catalog, Batch(len(ids), {}, {"item_id": ids})).items
            result = evaluate(own[items][back], queries, (10,), vectors=content.vectors(positions)).summary
            told = {"strength": strength, "ndcg@10": round(float(result["ndcg@10"]), 4)}
            distance = round(float(result["intra_list_distance@10"]), 4)
            found.setdefault(name, []).append({**told, "intra_list_distance@10": distance})
    return found


def _table(name: str, result: Mapping[str, Any]) -> str:
    lines = [f"{name}, {result['queries']} queries", "| system | " + " | ".join(SHOWN) + " |", "|---" * 6 + "|"]
    for system, values in result["systems"].items():
        lines.append(f"| {system} | " + " | ".join(f"{values[one]:.4f}" for one in SHOWN) + " |")
    lines += ["", "| diversity by | strength | ndcg@10 | intra-list distance |", "|---|---|---|---|"]
    for signals, rows in result["diversity"].items():
        for row in rows:
            lines.append(
                f"| {signals} | {row['strength']} | {row['ndcg@10']:.4f} | {row['intra_list_distance@10']:.4f} |"
            )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
