"""A catalog with a known answer, as tables: pins of four themes, boards of one theme each, people with two themes.

Two themes look unlike and are saved together; the last pins of every theme were never saved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import numpy as np
import pyarrow as pa

from relpins_assets.graph_embeddings.definitions import defs as stage
from relpins_assets.indexes.layers import refresh_index
from relpins_assets.profile import load_profile
from relpins_assets.schemas import TABLES
from relpins_assets.workspace import Workspace
from relpins_resources.lake import Lake
from relpins_resources.lake.fingerprints import digest
from relpins_resources.lake.table import vector_array

TWOTOWER = ("twotower_model", "twotower_embeddings", "twotower_users", "twotower_index")
DAY = datetime(2026, 6, 1, tzinfo=UTC)
LOOKS, SAVED_AS = 4, {0: 0, 1: 0, 2: 1, 3: 2}
"""Looks of pins, and the theme of boards that each look is saved to: looks 0 and 1 stand on the same boards."""
DIM = 12


@dataclass
class Tables:
    """What the lake is to hold; `write` puts it there as it is now."""

    looks: dict[str, int] = field(default_factory=dict)
    boards: dict[str, list[str]] = field(default_factory=dict)
    attributes: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, n_pins: int = 96, n_boards: int = 72, seed: int = 0) -> Tables:
        rng = np.random.default_rng(seed)
        world = cls({f"p{at:03}": at % LOOKS for at in range(n_pins)})
        for board in range(n_boards):
            theme = board % 3
            mates = [pin for pin in list(world.looks)[: n_pins - 2 * LOOKS] if world.theme(pin) == theme]
            world.boards[f"b{board:03}"] = sorted(rng.choice(mates, 9, replace=False).tolist())
        return world

    def theme(self, pin: str) -> int:
        return SAVED_AS[self.looks[pin]]

    @property
    def new_pins(self) -> list[str]:
        saved = {pin for pins in self.boards.values() for pin in pins}
        return [pin for pin in self.looks if pin not in saved]

    def owner(self, board: str) -> str:
        return f"u{int(board[1:]) % 3}{int(board[1:]) % 4}"

    def write(self, lake: Lake) -> None:
        ids = list(self.looks)
        prints = {pin: digest(pin, self.looks[pin], self.attributes.get(pin)) for pin in ids}
        joins = [{"join_id": f"j{pin}", "pin_ids": [pin], "n_pins": 1, "representative_pin_id": pin} for pin in ids]
        on = {pin: [b for b, pins in self.boards.items() if pin in pins] for pin in ids}
        for join, pin in zip(joins, ids, strict=True):
            names = sorted({f"theme {int(board[1:]) % 3}" for board in on[pin]})
            join |= {"categories": names, "category_weights": [1 / len(names) for _ in names]}
        fill(lake, "raw_pins", [{"pin_id": pin} for pin in ids])
        fill(lake, "pin_joins", joins)
        for name in ("clip_embeddings", "content_embeddings"):
            rows = {"pin_id": ids, "vector": vector_array(self.vectors(name)), "fingerprint": list(prints.values())}
            lake.table(name).overwrite(pa.table(rows))
        said = [{"pin_id": p, "attribute_id": a, "confidence": 0.9, "is_observed": True} for p, a in self.said()]
        fill(lake, "attribute_assignments", said)
        self._write_people(lake)

    def said(self) -> list[tuple[str, str]]:
        return [(pin, self.attributes.get(pin, f"look {look}")) for pin, look in self.looks.items()]

    def _write_people(self, lake: Lake) -> None:
        owners = sorted({self.owner(board) for board in self.boards})
        fill(lake, "raw_boards", [{"board_id": b, "title": b, "owner_id": self.owner(b)} for b in self.boards])
        boards = [
            {"board_id": b, "join_ids": [f"j{p}" for p in pins], "n_pins": len(pins)} for b, pins in self.boards.items()
        ]
        fill(lake, "board_joins", boards)
        saves = [
            {"board_id": b, "pin_id": p, "saved_at": DAY - timedelta(days=int(b[1:]) + 1)}
            for b, pins in self.boards.items()
            for p in pins
        ]
        fill(lake, "raw_board_pins", saves)
        users = [{"user_id": one, "attributes": f'{{"country": "{one[1]}"}}'} for one in [*owners, "nobody"]]
        fill(lake, "raw_users", users)
        clicks = [
            {"interaction_id": b, "user_id": "u00", "event": "click", "pin_id": pins[0], "query_pin_id": pins[1]}
            for b, pins in self.boards.items()
        ]
        fill(lake, "raw_interactions", clicks)

    def vectors(self, name: str) -> np.ndarray:
        """(n, DIM) unit rows that the pin's name and look decide."""
        rows = np.array(
            [
                np.random.default_rng([ord(c) for c in name + pin]).normal(0, 0.12, DIM) + np.eye(DIM)[look]
                for pin, look in self.looks.items()
            ]
        )
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def fill(lake: Lake, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Rows of a table, columns that are left out null, with the fingerprint that their content has."""
    schema = TABLES[name].arrow()
    given = [{"fingerprint": digest(sorted(row.items(), key=str)), **row} for row in rows]
    lake.table(name).overwrite(pa.Table.from_pylist([{n: row.get(n) for n in schema.names} for row in given], schema))


def workspace_of(home: Path, **settings: Any) -> Workspace:
    """The test profile, with a space wide and trained enough for the themes to show."""
    profile = load_profile("test")
    towers = profile.twotower.model_copy(update={"dim": 16, "epochs": 5, "batch": 64, **settings})
    return Workspace(home, profile.model_copy(update={"twotower": towers}))


def run(workspace: Workspace, *, refit: bool = False) -> dict[str, dict[str, Any]]:
    """Run the two-tower assets; each one's metadata by name."""
    resources = dg.Definitions(
        jobs=[dg.define_asset_job("towers", dg.AssetSelection.assets(*TWOTOWER))],
        resources={"workspace": workspace},
        executor=dg.in_process_executor,
    )
    ops = {"ops": {"twotower_model": {"config": {"refit": refit}}}}
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    with dg.DagsterInstance.ephemeral() as instance:
        job = dg.Definitions.merge(stage, resources).resolve_job_def("towers")
        result = job.execute_in_process(instance=instance, run_config={**quiet, **ops})
    assert result.success
    return {
        event.asset_key.to_user_string(): {name: value.value for name, value in event.materialization.metadata.items()}
        for event in result.get_asset_materialization_events()
        if event.asset_key is not None
    }


def ready_to_query(workspace: Workspace) -> None:
    """The other indexes, which loading a catalog wants beside ours."""
    for name in ("clip", "content"):
        refresh_index(workspace.lake, f"{name}_index", f"{name}_embeddings", workspace.profile.ann, 0)
