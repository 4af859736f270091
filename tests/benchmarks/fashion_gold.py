"""The fashion photos' gold values and how our forms stand for them; part of the benchmarks, read by no pipeline.

fashion_values.csv was written from the list of gold values and general English, without looking at test pins; a gold
value that it does not name stands for itself and its singular.
"""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

KEY_OF = {
    "gender": "gender",
    "article_type": "category",
    "base_colour": "color",
    "season": "season",
    "usage": "occasion",
}
"""Gold column: the key that we would file it under."""
LEAST = 5
"""Gold values that occur less often are left out, as evaluation.md says."""
MAP = Path(__file__).parent / "fashion_values.csv"


@dataclass(frozen=True)
class GoldValue:
    """One gold attribute: its column and value, our key for it, and the forms that mean it."""

    column: str
    value: str
    key: str
    forms: tuple[str, ...]


def gold_labels(labels: Path) -> dict[str, list[tuple[str, str]]]:
    """Per pin its gold (column, value) pairs."""
    rows = pq.read_table(labels, columns=["pin_id", *KEY_OF]).to_pylist()
    return {row["pin_id"]: [(column, row[column]) for column in KEY_OF if row[column]] for row in rows}


def gold_values(labels: dict[str, list[tuple[str, str]]]) -> list[GoldValue]:
    """The gold attributes that occur LEAST times or more, in order of column and value."""
    counts = Counter(pair for pairs in labels.values() for pair in pairs)
    named = value_map()
    return [
        GoldValue(column, value, KEY_OF[column], named.get((column, value), _plain(value)))
        for (column, value), count in sorted(counts.items())
        if count >= LEAST
    ]


def value_map() -> dict[tuple[str, str], tuple[str, ...]]:
    """(column, value) to forms, as fashion_values.csv says."""
    with MAP.open(newline="") as file:
        return {(row["column"], row["value"]): tuple(row["forms"].split("|")) for row in csv.DictReader(file)}


def _plain(value: str) -> tuple[str, ...]:
    form = value.casefold()
    return (form, form.removesuffix("s")) if form.endswith("s") and not form.endswith("ss") else (form,)
