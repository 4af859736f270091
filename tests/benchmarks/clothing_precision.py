"""Same-garment precision@5 of the vectors in a built home of the clothing photos; labels are read here only.

relpins build --home H --source DATA/clothing
python tests/benchmarks/clothing_precision.py --home H --labels DATA/clothing/labels.parquet
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from relpins_assets.reading import published
from relpins_resources.lake.table import vectors

K = 5
LEFT_OUT = ("Not sure", "Skip", "Other")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--labels", type=Path, required=True)
    arguments = parser.parse_args()
    gold = pq.read_table(arguments.labels).to_pydict()
    label_of = {pin: label for pin, label in zip(gold["pin_id"], gold["label"], strict=True) if label not in LEFT_OUT}
    lake = published(arguments.home)
    result = {}
    rows = lake.table("clip_embeddings").read(["pin_id", "vector"])
    at = [i for i, pin in enumerate(rows["pin_id"].to_pylist()) if pin in label_of]
    labels = np.array([label_of[rows["pin_id"][i].as_py()] for i in at])
    matrix = vectors(rows)[at]
    similarity = matrix @ matrix.T
    np.fill_diagonal(similarity, -np.inf)
    nearest = np.argpartition(-similarity, K, axis=1)[:, :K]
    result["clip_embeddings P@5"] = float((labels[nearest] == labels[:, None]).mean())
    _, counts = np.unique(labels, return_counts=True)
    result["chance"] = float((counts * (counts - 1)).sum() / (len(labels) * (len(labels) - 1)))
    feeds = lake.query("SELECT pin_id, candidate_pin_id FROM related_pins_feeds WHERE rank <= 5").to_pydict()
    pairs = zip(feeds["pin_id"], feeds["candidate_pin_id"], strict=True)
    judged = [label_of[a] == label_of[b] for a, b in pairs if a in label_of and b in label_of]
    result["related_pins_feeds P@5"] = float(np.mean(judged))
    print(json.dumps({"pins judged": len(labels), **{name: round(value, 4) for name, value in result.items()}}))


if __name__ == "__main__":
    main()
