"""What `make demo` shows at the end: one pin, its feed, why each pin is in it, and what to try next."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from relpins_assets.reading import published, related_feed

SHOWN_PIN = "pin_8829"
"""The sample world's untitled mid-century living room."""
N_SHOWN = 10

NEXT = """
[bold]What to try next[/bold]
  make ui                                          the graph, its runs and its pictures at http://localhost:3000
  .venv/bin/relpins feed {pin_id}                   the same feed as JSON, every rank in it
  .venv/bin/relpins query related_pins --param item_id={pin_id} --explain       the same query now, term by term
  .venv/bin/relpins query related_pins --param item_id={pin_id} --why-not pin_5560   what kept that one out
  .venv/bin/relpins query "SELECT * FROM text_search('walnut credenza') LIMIT 5"
  .venv/bin/relpins query home_feed --param user_id={user_id}
  .venv/bin/relpins vocabulary list --key style     the curated attributes; merge, split, rename, ban them
  .venv/bin/relpins export pages .relpins/site      shopping collections as a static site: open index.html in it
  .venv/bin/relpins status                          rows, stale and rejected counts, the last build
  .venv/bin/relpins sql "SELECT * FROM rejected_rows"
  .venv/bin/relpins sql "SELECT * FROM related_pins_quality WHERE metric = 'ndcg@10'"
  make build SOURCE=your/folder HOME_DIR=.relpins-mine    the same graph on your own catalog
"""


def show(home: Path, console: Console) -> None:
    """Print one pin's feed."""
    lake = published(home)
    pin_id = _pin_to_show(home)
    told = lake.query("SELECT description, statement FROM enriched_descriptions WHERE pin_id = ?", [pin_id]).to_pylist()
    title = lake.query("SELECT title FROM raw_pins WHERE pin_id = ?", [pin_id])["title"][0].as_py()
    console.print(f"\n[bold]{pin_id}[/bold]  title: {escape(title) if title else '(none)'}")
    console.print(f"  what its pixels and boards say: {escape(told[0]['description'])}\n")
    feed = related_feed(home, pin_id, N_SHOWN)
    descriptions = _descriptions(home, [entry["item_id"] for entry in feed])
    grid = Table(box=None, padding=(0, 2, 0, 0), title="Related pins", title_justify="left")
    for heading in ("", "pin", "score", "look", "words", "boards", "what it is"):
        grid.add_column(heading, justify="right" if heading in ("", "score", "look", "words", "boards") else "left")
    for rank, entry in enumerate(feed, start=1):
        ranks = entry["metadata"]
        grid.add_row(
            str(rank),
            entry["item_id"],
            f"{entry['score']:.3f}",
            *(_rank(ranks[name]) for name in ("clip_rank", "content_rank", "cooccurrence_rank")),
            escape(entry["title"] or descriptions.get(entry["item_id"], ""))[:60],
        )
    console.print(grid)
    console.print("look, words, boards: the pin's rank by that signal among all candidates; - is not ranked by it")
    console.print(NEXT.format(pin_id=pin_id, user_id=_person_to_show(home)), highlight=False, soft_wrap=True)


def _pin_to_show(home: Path) -> str:
    lake = published(home)
    known = lake.table("related_pins_pools").count(f"pin_id = '{SHOWN_PIN}'")
    return SHOWN_PIN if known else str(lake.query("SELECT min(pin_id) AS pin_id FROM related_pins_pools")["pin_id"][0])


def _person_to_show(home: Path) -> str:
    """Somebody whose feed is made of their own saves; anybody where there is none."""
    found = (
        published(home)
        .query(
            "SELECT user_id FROM home_feeds GROUP BY user_id"
            " ORDER BY bool_or(list_contains(retrieved_by, 'popular')), user_id LIMIT 1"
        )["user_id"]
        .to_pylist()
    )
    return str(found[0]) if found else "null"


def _descriptions(home: Path, pin_ids: list[str]) -> dict[str, str]:
    rows = published(home).table("enriched_descriptions").read_keys(pin_ids, ["pin_id", "description"])
    return dict(zip(rows["pin_id"].to_pylist(), rows["description"].to_pylist(), strict=True))


def _rank(rank: Any) -> str:
    return "-" if rank is None else str(rank)


def main() -> None:
    parser = argparse.ArgumentParser(description="Show one pin's related feed.")
    parser.add_argument("--home", type=Path, required=True)
    show(parser.parse_args().home, Console())


if __name__ == "__main__":
    main()
