"""An answered query on a terminal: the rows with the ranks that made them, then what was asked to be explained."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

WIDEST_TITLE = 48
PIPED_WIDTH = 160
"""Columns where the output is no terminal."""


def print_answer(found: Mapping[str, Any], console: Console | None = None) -> None:
    """Print what `Reader.query` gave."""
    console = console or Console(width=None if sys.stdout.isatty() else PIPED_WIDTH)
    _print_rows(found["results"], console)
    _print_terms(found["results"], console)
    for warning in found.get("warnings", ()):
        console.print(f"[yellow]warning[/yellow] {escape(warning)}", highlight=False)
    if "explanation" in found:
        _print_explanation(found["explanation"], console)
    if "why_not" in found:
        told = found["why_not"]
        stage = f"dropped by {told['dropped_by']}: " if told["dropped_by"] else ""
        console.print(
            f"\n[bold]why not {escape(told['item_id'])}?[/bold] {stage}{escape(told['why'])}", highlight=False
        )


def _print_rows(rows: Sequence[Mapping[str, Any]], console: Console) -> None:
    if not rows:
        console.print("no results")
        return
    metadata = [name for name in rows[0]["metadata"] if name not in ("retrieved_by", "woven_in")]
    grid = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("", "pin", "score", *(name.replace("_", " ") for name in metadata), "named by", "title"):
        grid.add_column(heading, justify="left" if heading in ("pin", "named by", "title") else "right")
    for place, row in enumerate(rows, start=1):
        ranks = (_cell(row["metadata"].get(name)) for name in metadata)
        named = "woven in" if row["metadata"].get("woven_in") else ", ".join(row["metadata"]["retrieved_by"])
        title = escape(str(row.get("title") or ""))[:WIDEST_TITLE]
        grid.add_row(str(place), escape(row["item_id"]), _cell(row["score"]), *ranks, named, title)
        for term in row.get("explanation", {}).get("terms", ()):
            grid.add_row(
                "", "", _cell(term["value"]), *("" for _ in metadata), "", f"[dim]{escape(term['term'])}[/dim]"
            )
    console.print(grid)


def _print_terms(rows: Sequence[Mapping[str, Any]], console: Console) -> None:
    explained = [row for row in rows if "explanation" in row]
    if explained:
        console.print("\n[bold]terms of each score[/bold]")
    for row in explained:
        place = row["explanation"].get("place_before_reordering")
        console.print(f"  {escape(row['item_id'])}  {_cell(row['score'])}  place {_cell(place)} before reordering")
        for term in row["explanation"]["terms"]:
            console.print(f"    {_cell(term['value']):>8}  {escape(term['term'])}", highlight=False)


def _print_explanation(explained: Mapping[str, Any], console: Console) -> None:
    console.print("\n[bold]plan[/bold]")
    console.print(escape(explained["plan"]), highlight=False)
    console.print("\n[bold]stages[/bold]")
    for stage in explained["stages"]:
        told = "  ".join(f"{name} {value}" for name, value in stage.items() if name != "stage")
        console.print(f"  {stage['stage']:<12} {escape(told)}", highlight=False)


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.4f}" if isinstance(value, float) else str(value)
