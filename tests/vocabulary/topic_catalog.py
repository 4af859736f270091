"""A home with pins, words, a vocabulary and a search log written by hand, and its topics made as in the graph."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import dagster as dg
import pyarrow as pa

from relpins_assets.fitting import FitConfig
from relpins_assets.profile import Profile, Topics
from relpins_assets.schemas import TABLES
from relpins_assets.vocabulary.assets import judged_topics, search_intents, topic_candidates
from relpins_assets.vocabulary.vocabulary import Attribute, Vocabulary
from relpins_assets.workspace import Workspace

START = datetime(2026, 1, 1, tzinfo=UTC)
MADE = (search_intents, topic_candidates, judged_topics)


def vocabulary_of(*named: tuple[str, str] | tuple[str, str, Sequence[str]], n_pins: int = 10) -> Vocabulary:
    """Attributes given as (key, value) or (key, value, further forms)."""
    found = []
    for key, value, *more in named:
        forms = (value, *(more[0] if more else ()))
        found.append(Attribute(f"{key}/{value.replace(' ', '-')}", key, value, tuple(forms), n_pins, 1.0))
    return Vocabulary(tuple(sorted(found, key=lambda one: one.attribute_id)))


@dataclass
class SmallCatalog:
    """What a home says, as plain Python; `write` puts it into the tables as it is now.

    `pins` holds per pin what is said of it: (key, value, source). `forms` maps (key, value) to further forms.
    """

    pins: dict[str, list[tuple[str, str, str]]] = field(default_factory=dict)
    forms: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    searches: list[dict[str, Any]] = field(default_factory=list)

    def say(self, n: int, *said: tuple[str, str], source: str = "title", prefix: str = "p") -> None:
        """Add `n` pins of which all this is said."""
        for _ in range(n):
            name = f"{prefix}{len(self.pins):04d}"
            self.pins[name] = [(key, value, source) for key, value in said]

    def search(self, query: str, count: int = 1, day: int = 0, **more: Any) -> None:
        self.searches.append({"query": query, "count": count, "created_at": START + timedelta(days=day), **more})

    def write(self, home: Path, **topics: Any) -> Workspace:
        workspace = Workspace(home, Profile(topics=Topics.model_validate({"min_pins": 3, **topics})))
        said = [(pin, *one) for pin, some in sorted(self.pins.items()) for one in sorted(set(some))]
        fill(
            workspace,
            "raw_attributes",
            [dict(zip(("pin_id", "key", "value", "source"), one, strict=True)) for one in said],
        )
        joins = [
            {"join_id": f"join-{pin}", "pin_ids": [pin], "n_pins": 1, "representative_pin_id": pin, "fingerprint": "x"}
            for pin in sorted(self.pins)
        ]
        fill(workspace, "pin_joins", joins)
        fill(workspace, "raw_searches", [{"search_id": f"s{n:05d}", **row} for n, row in enumerate(self.searches)])
        self.write_vocabulary(workspace)
        return workspace

    def write_vocabulary(self, workspace: Workspace) -> None:
        means = {(key, form): value for (key, value), forms in self.forms.items() for form in (value, *forms)}
        counts = Counter((key, means.get((key, value), value)) for some in self.pins.values() for key, value, _ in some)
        counts.update(dict.fromkeys(self.forms, 0))
        rows = [
            {
                "attribute_id": f"{key}/{value.replace(' ', '-')}",
                "key": key,
                "value": value,
                "members": [value, *self.forms.get((key, value), ())],
                "n_pins": n,
                "idf": math.log((1 + len(self.pins)) / (1 + n)),
            }
            for (key, value), n in sorted(counts.items())
        ]
        fill(workspace, "attribute_vocabulary", rows)


def fill(workspace: Workspace, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Have a table hold these rows; columns left out are null, a fingerprint is made up."""
    schema = TABLES[name].arrow()
    filled = [{"fingerprint": "x", **row} if "fingerprint" in schema.names else row for row in rows]
    workspace.lake.table(name).overwrite(pa.Table.from_pylist([dict(row) for row in filled], schema=schema))


def make(workspace: Workspace, *, refit: bool = False, only: Sequence[dg.AssetsDefinition] = MADE) -> dict[str, Any]:
    """Materialise the assets in their order; what each says of the run, by name."""
    told = {}
    for one in only:
        config = {} if one is search_intents else {"config": FitConfig(refit=refit)}
        result = one(dg.build_asset_context(instance=_instance()), workspace=workspace, **config)
        assert all(check.passed for check in result.check_results)
        told[one.key.to_user_string()] = {
            name: value.value if isinstance(value, dg.MetadataValue) else value
            for name, value in result.metadata.items()
        }
    return told


@cache
def _instance() -> dg.DagsterInstance:
    return dg.DagsterInstance.ephemeral()


def rows_by(workspace: Workspace, name: str, key: str) -> dict[str, dict[str, Any]]:
    return {row[key]: row for row in workspace.lake.table(name).read().to_pylist()}
