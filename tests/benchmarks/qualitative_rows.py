"""Wrong rooms beside kitchens, and whether pins of one style or intent meet, in a built home of the sample world.

    relpins sample WORLD
    relpins build --home H --source WORLD
    python tests/benchmarks/qualitative_rows.py --home H --world WORLD

Held against each other on what the home has published: clip alone, the blend (related_pins), the published blend
(related_pins_article) and same_category. The sample world is a simulation: its rooms are drawings. The figures say how
the parts work together, not how well they see photographs.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from relpins_assets.evaluation.linked_by_intent import Intents, intent_rows
from relpins_assets.evaluation.qualitative import (
    QUERY_ROOM,
    SHOWN,
    Scenes,
    clip_alone,
    meeting_rows,
    wrong_room_rows,
)
from relpins_assets.feeds.saved import Strategy, strategies
from relpins_assets.querying import Reader
from relpins_resources.query.checking.parameters import bind

COMPARED = ("related_pins", "related_pins_article", "same_category")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--world", type=Path, required=True, help="the sample world's folder, with its `_truth`")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    reader = Reader(arguments.home)
    scenes = Scenes.of(arguments.world, reader.catalog)
    compared = [clip_alone(), *(_saved(reader, name) for name in COMPARED)]
    found = {
        "wrong rooms": wrong_room_rows(reader.catalog, scenes, compared),
        "meetings": meeting_rows(reader.catalog, scenes, compared[:-1]),
        "linked by intent": intent_rows(reader.catalog, Intents.of(arguments.world, reader.catalog), compared),
    }
    print(json.dumps(found, indent=1) if arguments.json else "\n\n".join(_table(rows) for rows in found.values()))


def _saved(reader: Reader, name: str) -> Strategy:
    """A saved query as it ships, for the query room where it wants a category."""
    saved = strategies(reader.home, reader.profile)[name]
    given = {"item_id": "", "source_category": QUERY_ROOM.title(), "limit": SHOWN}
    declared = {spec.name for spec in saved.parameters}
    values = bind(saved.query, {key: given[key] for key in given if key in declared}, saved.parameters).values
    return Strategy(name, saved.query, {key: values[key] for key in values if key != "item_id"}, "item_id")


def _table(rows: list[dict[str, object]]) -> str:
    cells = [list(rows[0]), *([_cell(value) for value in row.values()] for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in cells)


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.4f}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    main()
