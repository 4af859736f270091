"""Precision@10 of collections on the fashion photos, against their labels: colour, type, gender and usage.

    python tests/benchmarks/fashion_collections.py HOME LABELS [--json]

HOME is a built home of the fashion photos, LABELS their labels.parquet. Every published collection is judged; a gold
value is one of ours by the committed value map (fashion_values.csv), never by our own assignments. An attribute whose
key the labels do not have (brand, material ...) is not judged. Prints where it fails, too.

The value map names what means the same. Words that mean more or less than one gold value ("bag", "tennis") stand in
fashion_broader.csv, written from the list of gold values, our vocabulary and general English, without looking at pins;
figures are given without and with it.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from fashion_gold import KEY_OF, GoldValue, gold_labels, gold_values

from relpins_assets.evaluation.collection_quality import AT, Collection, published_collections
from relpins_assets.home import open_home
from relpins_assets.vocabulary.vocabulary import Attribute, load_vocabulary

JUDGED = ("base_colour", "article_type", "gender", "usage", "season")
MAIN = JUDGED[:4]
"""What the mean is over: the season stands in almost no title."""
SHOWN = 15
BROADER = Path(__file__).parent / "fashion_broader.csv"
Words = dict[tuple[str, str], tuple[str, ...]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("labels", type=Path)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    lake = open_home(given.home).workspace().lake
    collections = published_collections(lake, load_vocabulary(lake))
    labels = gold_labels(given.labels)
    report = {"value map": judged(collections, labels, {}), "broader words too": judged(collections, labels, broader())}
    print(json.dumps(report, indent=2) if given.json else "\n\n".join(_text(*item) for item in report.items()))


def broader() -> Words:
    """(column, form): the gold values it covers."""
    with BROADER.open(newline="") as file:
        return {(row["column"], row["form"]): tuple(row["values"].split("|")) for row in csv.DictReader(file)}


def judged(collections: list[Collection], labels: dict[str, list[tuple[str, str]]], words: Words) -> dict[str, Any]:
    """Precision@10 per gold column and of all that can be judged of a topic; the attributes that do worst."""
    values = gold_values(labels)
    truth = {pin_id: set(pairs) for pin_id, pairs in labels.items()}
    of_column: dict[str, list[float]] = defaultdict(list)
    of_attribute: dict[str, list[float]] = defaultdict(list)
    whole: list[float] = []
    for one in collections:
        meant = {a: pairs for a in one.attributes if (pairs := _meant(a, values, words)) is not None}
        if not meant:
            continue
        pins = one.pin_ids[:AT]
        holds = np.array([[bool(truth.get(pin, set()) & pairs) for pairs in meant.values()] for pin in pins])
        whole.append(float(holds.all(axis=1).mean()))
        for place, attribute in enumerate(meant):
            share = float(holds[:, place].mean())
            of_column[_column(attribute)].append(share)
            of_attribute[attribute.attribute_id].append(share)
    worst = sorted(of_attribute.items(), key=lambda item: (sum(item[1]) - len(item[1]), item[0]))[:SHOWN]
    means = {column: round(float(np.mean(found)), 4) for column, found in sorted(of_column.items())}
    return {
        "collections": len(collections),
        "judged": len(whole),
        "precision@10": means,
        "n": {column: len(found) for column, found in sorted(of_column.items())},
        "mean of colour, type, gender, usage": round(float(np.mean([means[c] for c in MAIN if c in means] or [0])), 4),
        "every judged attribute true": round(float(np.mean(whole or [0])), 4),
        "worst": [[name, len(found), round(float(np.mean(found)), 3)] for name, found in worst],
    }


def _meant(attribute: Attribute, values: list[GoldValue], words: Words) -> set[tuple[str, str]] | None:
    """The gold values that a page with this attribute promises; None where the labels cannot say.

    A canonical value that no gold value's forms name is wrong for every pin if the labels have its key.
    """
    if attribute.key not in KEY_OF.values():
        return None
    column = _column(attribute)
    if (column, attribute.value) in words:
        return {(column, value) for value in words[column, attribute.value]}
    return {(column, one.value) for one in values if one.column == column and attribute.value in one.forms}


def _column(attribute: Attribute) -> str:
    return next(column for column, key in KEY_OF.items() if key == attribute.key)


def _text(name: str, report: dict[str, Any]) -> str:
    lines = [f"{name}: {report['judged']} of {report['collections']} collections can be judged"]
    lines += [
        f"{column:14} {value:.3f}  {report['n'][column]} collections"
        for column, value in report["precision@10"].items()
    ]
    lines.append(f"mean of colour, type, gender, usage {report['mean of colour, type, gender, usage']:.3f}")
    lines.append(f"every judged attribute true {report['every judged attribute true']:.3f}")
    lines += [f"worst: {name} {value:.3f} in {n}" for name, n, value in report["worst"]]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
