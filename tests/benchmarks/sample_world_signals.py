"""What single signals reach on the sample world, beside its ceiling and its floor; the generator is tuned on this.

    python tests/benchmarks/sample_world_signals.py --seeds 100 101 102 103 104

Temporal protocol, cut 14 days before the world ends: NDCG@10 of clip alone, content alone (the pins' own words, and
with board titles), co-occurrence alone, popularity, the oracle (hidden truth) and chance. Nothing made after the cut
is used. The shares of the oracle must lie between 15 % and 75 % for clip, content and co-occurrence.
"""

import argparse
import json
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from PIL import Image

from relpins_assets.evaluation.baselines import popularity_rankings, random_rankings, score_rankings
from relpins_assets.evaluation.evaluate import Rankings, evaluate
from relpins_assets.evaluation.protocol import Queries, build_queries
from relpins_resources.describers.compose import enriched_description, usable_text
from relpins_resources.encoders import clip_encoder, sentence_encoder
from relpins_resources.sample_world import AS_OF, WorldConfig, oracle_scores, write_sample_world

TABLES = ("pins", "boards", "board_pins", "interactions", "users")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[100, 101, 102, 103, 104])
    parser.add_argument("--n-pins", type=int, default=1500)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = []
    for seed in options.seeds:
        with tempfile.TemporaryDirectory() as folder:
            started = time.perf_counter()
            write_sample_world(Path(folder) / "world", seed=seed, n_pins=options.n_pins, jobs=options.jobs)
            seconds = time.perf_counter() - started
            rows.append({"seed": seed, "write_s": round(seconds, 1), **measure(Path(folder) / "world", Path(folder))})
        print(json.dumps(rows[-1]) if options.json else _line(rows[-1]), flush=True)
    if len(rows) > 1:
        print(_line({key: float(np.mean([row[key] for row in rows])) for key in rows[0]} | {"seed": "mean"}))


def measure(world: Path, scratch: Path) -> dict[str, Any]:
    """NDCG@10 of every signal on the world in `world`, and how many queries and new targets it has."""
    tables = {name: _sound(name, pq.read_table(world / f"{name}.parquet")) for name in TABLES}
    cut_at = AS_OF - timedelta(days=WorldConfig().cut_days)
    queries = build_queries(tables, cut_at, joins=_joins(world))
    words, boards = _words(tables, queries)
    sentences = sentence_encoder({"backend": "sentence_transformers", "model": "bundled"})
    own = _spoken(sentences, words)
    ids = list(queries.pin_ids)
    signals = {
        "clip": _clip(world, ids, words, own, scratch, sentences),
        "content": own @ own.T,
        "content_boards": _self(
            _spoken(sentences, [enriched_description("", w, "", boards[i]) for i, w in enumerate(words)])
        ),
        "cooccurrence": _together(tables, queries),
        "oracle": oracle_scores(world, ids, ids),
    }
    lists = {name: _ranked(scores, queries) for name, scores in signals.items()}
    lists["popularity"] = popularity_rankings(tables, queries, 10)
    lists["random"] = random_rankings(queries, 10)
    found = {name: evaluate(ranking, queries) for name, ranking in lists.items()}
    saved = np.unique(queries.relevant.items)
    return {
        **{name: round(float(result.summary["ndcg@10"]), 4) for name, result in found.items()},
        **{
            f"{name}/oracle": round(float(result.summary["ndcg@10"] / found["oracle"].summary["ndcg@10"]), 3)
            for name, result in found.items()
        },
        "queries": len(queries),
        "new_targets": int((queries.target_slices[saved] == 0).sum()),
    }


def _ranked(scores: np.ndarray, queries: Queries) -> Rankings:
    """Lists by a matrix over candidates, (n, n)."""

    def rows_of(rows: np.ndarray) -> np.ndarray:
        return np.asarray(scores[queries.query_pins[rows]])

    return score_rankings(rows_of, queries, 10)


def _sound(name: str, table: pa.Table) -> pa.Table:
    """Without the rows that a source would reject: no id, or an older row of the same id."""
    keys = {"pins": ("pin_id",), "board_pins": ("board_id", "pin_id"), "interactions": ("user_id", "pin_id")}.get(
        name, ()
    )
    for key in keys:
        table = table.filter(table[key].is_valid())
    if name == "pins":
        table = table.slice(0, table.num_rows - 2).filter(
            pc.not_equal(table["pin_id"].slice(0, table.num_rows - 2), "pin_outside")
        )
    return table


def _joins(world: Path) -> dict[str, str]:
    copies = pq.read_table(world / "_truth" / "duplicates.parquet").to_pylist()
    joins = {row["pin_id"]: row["original_pin_id"] for row in copies if row["copy_kind"] == "repin"}
    return joins | {original: original for original in joins.values()}


def _words(tables: Mapping[str, pa.Table], queries: Queries) -> tuple[list[str], list[list[str]]]:
    """The own usable text of every candidate, and the titles of the boards it was on before the cut."""
    said = {}
    for row in tables["pins"].select(["pin_id", "title", "description"]).to_pylist():
        parts = (usable_text(row["title"]), usable_text(row["description"]))
        said[row["pin_id"]] = ". ".join(part for part in parts if part)
    titles = {row["board_id"]: row["title"] or "" for row in tables["boards"].to_pylist()}
    boards = defaultdict(list)
    for row in tables["board_pins"].to_pylist():
        if row["saved_at"] < queries.cut_at:
            boards[row["pin_id"]].append(titles.get(row["board_id"], ""))
    return [said[pin] for pin in queries.pin_ids], [boards[pin] for pin in queries.pin_ids]


def _spoken(sentences: Any, texts: list[str]) -> np.ndarray:
    """Sentence vectors, zero where there is no text."""
    vectors = sentences.encode([text or "nothing" for text in texts])
    return np.where(np.array([bool(text) for text in texts])[:, None], vectors, 0.0).astype(np.float32)


def _self(vectors: np.ndarray) -> np.ndarray:
    return np.asarray(vectors @ vectors.T)


def _clip(world: Path, ids: list[str], words: list[str], own: np.ndarray, scratch: Path, sentences: Any) -> np.ndarray:
    """Cosines of the sample profile's image encoder, fitted on the candidates alone; broken pictures are left out."""
    encoder = clip_encoder({"backend": "descriptor"})
    features = np.zeros((len(ids), encoder.feature_dim), np.float32)
    is_sound = np.zeros(len(ids), bool)
    for i, pin in enumerate(ids):
        try:
            with Image.open(world / "images" / f"{pin}.jpg") as picture:
                features[i] = encoder.features([np.asarray(picture.convert("RGB"))])[0]
            is_sound[i] = True
        except OSError:
            continue
    folder = scratch / "clip"
    folder.mkdir()
    kept = np.flatnonzero(is_sound)
    encoder.fit(features[kept], [words[i] for i in kept], own[kept], folder, 0)
    vectors = np.zeros((len(ids), 1), np.float32)
    projected = encoder.load(folder, sentences).project(features[kept])
    vectors = np.zeros((len(ids), projected.shape[1]), np.float32)
    vectors[kept] = projected
    return _self(vectors)


def _together(tables: Mapping[str, pa.Table], queries: Queries) -> np.ndarray:
    """Boards that two candidates shared before the cut."""
    place = {pin: i for i, pin in enumerate(queries.pin_ids)}
    boards: dict[str, set[int]] = defaultdict(set)
    for row in tables["board_pins"].to_pylist():
        if row["saved_at"] < queries.cut_at and row["pin_id"] in place:
            boards[row["board_id"]].add(place[row["pin_id"]])
    shared = np.zeros((len(place), len(place)), np.float32)
    for pins in boards.values():
        both = np.array(sorted(pins))
        shared[np.ix_(both, both)] += 1
    return shared


def _line(row: Mapping[str, Any]) -> str:
    return "  ".join(
        f"{key} {value:.3f}" if isinstance(value, float) else f"{key} {value}" for key, value in row.items()
    )


if __name__ == "__main__":
    main()
