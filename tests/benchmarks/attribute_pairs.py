"""How well values that mean the same are joined: 200 labelled pairs, beside sentence cosine at its best threshold.

    python tests/benchmarks/attribute_pairs.py HOME [HOME ...] [--json] [--wrong]

Forms that a home does not say are added without use. All pairs were in sight when the weights were chosen, so this is
no held-out figure; the cut was chosen on a sample world of another seed. The peer's threshold is the one with the best
F1 on the very pairs that it is judged on.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from relpins_assets.enrichment.attribute_keys import attribute_keys
from relpins_assets.home import open_home
from relpins_assets.vocabulary.clusters import complete_linkage, spelling_groups
from relpins_assets.vocabulary.curating import looks_of
from relpins_assets.vocabulary.distances import Encode, distances
from relpins_assets.vocabulary.frequent import Frequent, find_frequent
from relpins_assets.vocabulary.use import read_use, use_of

PAIRS = Path(__file__).parents[1] / "vocabulary" / "labelled_pairs.csv"
Pair = tuple[str, str, str, bool]


def labelled_pairs(path: Path = PAIRS) -> list[Pair]:
    with path.open(newline="") as file:
        return [(row["key"], row["a"], row["b"], row["same"] == "1") for row in csv.DictReader(file)]


def with_forms(found: Frequent, forms: set[tuple[str, str]]) -> Frequent:
    """The same with further kept forms that nobody carries."""
    kept = {(row["key"], row["value"]): row["n_pins"] for row in found.kept.to_pylist()}
    before, after = sorted(kept), sorted({*kept, *forms})
    place = {form: at for at, form in enumerate(after)}
    moved = np.array([place[form] for form in before], np.int32)
    values = pa.table(
        {
            "key": [key for key, _ in after],
            "value": [value for _, value in after],
            "n_pins": pa.array([kept.get(form, 0) for form in after], pa.int64()),
            "is_kept": [True] * len(after),
            "reason": pa.nulls(len(after), pa.string()),
        }
    )
    carriers = found.carriers.set_column(0, "form", pa.array(moved[found.form] if len(found.form) else found.form))
    return replace(found, values=values, carriers=carriers)


def scores(said: Sequence[bool], true: Sequence[bool]) -> dict[str, float]:
    hits = sum(a and b for a, b in zip(said, true, strict=True))
    precision, recall = hits / max(1, sum(said)), hits / max(1, sum(true))
    return {"precision": precision, "recall": recall, "f1": 2 * precision * recall / max(1e-9, precision + recall)}


def best_cosine(cosines: Sequence[float], true: Sequence[bool]) -> dict[str, float]:
    tried = [{"threshold": cut, **scores([one >= cut for one in cosines], true)} for cut in sorted(set(cosines))]
    return max(tried, key=lambda one: one["f1"])


def judge_home(folder: Path, pairs: list[Pair]) -> dict[str, Any]:
    workspace = open_home(folder).workspace()
    settings, encoder = workspace.profile.attributes, workspace.sentence_encoder
    singles = {key for key, one in attribute_keys(workspace.profile).items() if one.is_single}
    found = find_frequent(workspace.lake, settings.min_pins, settings.min_share)
    said = {(row["key"], row["value"]) for row in found.kept.to_pylist()}
    looks, is_seen = looks_of(workspace.lake, found.join_ids)
    forms = {(key, form) for key, a, b, _ in pairs for form in (a, b)}
    joined = _joined(with_forms(found, forms), said, pairs, looks, is_seen, encoder.encode, singles)
    vectors = dict(zip(sorted(forms), encoder.encode([value for _, value in sorted(forms)]), strict=True))
    cosines = [float(vectors[key, a] @ vectors[key, b]) for key, a, b, _ in pairs]
    parts = {
        "all": range(len(pairs)),
        "both said by this home": [i for i, (key, a, b, _) in enumerate(pairs) if {(key, a), (key, b)} <= said],
    }
    told: dict[str, Any] = {"home": folder.name}
    for name, at in parts.items():
        true = [pairs[i][3] for i in at]
        told[name] = {
            "pairs": len(true),
            "clusters": scores([joined[i] for i in at], true),
            "sentence cosine": best_cosine([cosines[i] for i in at], true) if true else {},
        }
    told["wrong"] = [
        f"{'apart' if same else 'joined'}: {key} {a} / {b}"
        for (key, a, b, same), is_joined in zip(pairs, joined, strict=True)
        if same != is_joined
    ]
    told["joined"] = joined
    return told


def _joined(
    found: Frequent,
    said: set[tuple[str, str]],
    pairs: list[Pair],
    looks: np.ndarray,
    is_seen: np.ndarray,
    encode: Encode,
    singles: set[str],
) -> list[bool]:
    """Whether the two forms of each pair come into one cluster, among the home's forms and the pair's own."""
    names = found.kept.to_pylist()
    group, heads = spelling_groups(names)
    keys = [names[head]["key"] for head in heads]
    use = read_use(found, group, keys, looks, is_seen)
    of = {(row["key"], row["value"]): int(at) for row, at in zip(names, group, strict=True)}
    in_home = {of[form] for form in said}
    out = [False] * len(pairs)
    for key in sorted({key for key, *_ in pairs}):
        groups = np.array([at for at, one in enumerate(keys) if one == key])
        values = [names[heads[at]]["value"] for at in groups]
        mixed = distances(values, use_of(use, groups), encode, key in singles).mixed
        for place, (of_key, a, b, _) in enumerate(pairs):
            if of_key == key:
                two = {of[key, a], of[key, b]}
                among = [at for at, one in enumerate(groups.tolist()) if one in in_home | two]
                cluster = dict(zip(groups[among].tolist(), complete_linkage(mixed[np.ix_(among, among)]), strict=True))
                out[place] = len({cluster[one] for one in two}) == 1
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("homes", nargs="+", type=Path)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--wrong", action="store_true", help="list the pairs that are wrong")
    given = parser.parse_args()
    pairs = labelled_pairs()
    reports = [judge_home(home, pairs) for home in given.homes]
    if given.json:
        print(json.dumps(reports, indent=2))
        return
    for report in reports:
        print(report["home"])
        for name in ("all", "both said by this home"):
            for way in ("clusters", "sentence cosine"):
                told = "  ".join(f"{key} {value:.3f}" for key, value in report[name][way].items())
                print(f"  {name:24}{report[name]['pairs']:4}  {way:16}{told}")
        if given.wrong:
            print("  " + "\n  ".join(report["wrong"]))


if __name__ == "__main__":
    main()
