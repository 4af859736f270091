"""Each ingredient turned off: what it is worth to the related feeds of sample worlds at their cuts.

    python tests/benchmarks/ablations.py --home HOME [--home HOME ...] [--refit] [--json]

Each home holds the catalog of a sample world (`relpins evaluate --seeds 100,101 --home H` leaves them in
`H/seeds/<seed>-1500/home`, with the graph at the cut below `eval`). An ingredient is taken out of the shipped saved
query by its plan: its retriever goes and what it says of a pair becomes NULL, whose terms are 0. With --refit the
settings of models are switched too (logQ, id dropout, the loss over neighbours): each is fitted again in a copy of the
cut.
Figures are means over homes; a star says that the difference to the whole is sure, one way, in every home (95 %, boards
resampled). It is a simulation: it says which parts work together there, not how well they would do elsewhere.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import numpy as np

from relpins_assets.definitions import build_definitions
from relpins_assets.evaluation.bootstrap import paired_bootstrap
from relpins_assets.evaluation.compared_systems import Field, named_strategy, own_strategy
from relpins_assets.evaluation.comparison import LIMIT
from relpins_assets.evaluation.evaluate import Evaluation, evaluate
from relpins_assets.evaluation.graph_at import midnight, raw_tables
from relpins_assets.evaluation.protocol import build_queries
from relpins_assets.evaluation.systems import collapsed
from relpins_assets.feeds.catalog import load_catalog
from relpins_assets.feeds.saved import SHIPPED, Strategy
from relpins_assets.home import open_home
from relpins_assets.profile import Profile
from relpins_assets.workspace import Workspace
from relpins_resources.query.language.parser import parse_query
from relpins_resources.query.plan import Call, Literal, Name, Node, Query, Stage, rewritten

WHOLE = "ours"
SHOWN = ("ndcg@10", "recall@10", "recall@10/new", "recall@10/warm", "intra_list_distance@10")
SPACES = ("twotower_embedding", "clip_embedding", "content_embedding", "pinclip_embedding")
RETRIEVERS = ("random_walk", "cooccurrence", "memorised")
NAMES = {"memorised": ("pair", "memboost")}
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
Change = Callable[[Query], Query]


@dataclass(frozen=True)
class Cut:
    """A home at its cut, opened once."""

    field: Field

    @classmethod
    def of(cls, home: Path, at: Workspace | None = None) -> Cut:
        main = open_home(home).workspace()
        at = at or workspace_at(home, main.profile)
        tables = raw_tables(main.lake)
        joins = at.lake.table("pin_joins").read(["representative_pin_id", "pin_ids"])
        as_shown = collapsed(tables, joins)
        settings = main.profile.evaluation
        queries = build_queries(as_shown, midnight(at.as_of), max_queries=settings.max_queries, seed=main.profile.seed)
        return cls(Field(at, load_catalog(at.lake, at.profile, as_of=at.as_of), as_shown, queries, LIMIT))

    def judged(self, strategy: Strategy) -> Evaluation:
        queries, looks = self.field.queries, self.field.vectors("clip_embedding")
        assert looks is not None
        pins, back = np.unique(queries.query_pins, return_inverse=True)
        lists = self.field.by_strategy(strategy)(pins)
        return evaluate(lists[back], queries, vectors=looks.astype(np.float32))


def workspace_at(home: Path, profile: Profile) -> Workspace:
    folder = max((home / "eval").iterdir())
    return Workspace(folder, profile, cache_home=home, day=date.fromisoformat(folder.name))


def without_space(name: str) -> Change:
    """Nothing is near by this embedding any more."""

    def change(node: Node) -> Node:
        if isinstance(node, Call) and _named(dict(node.options).get("embedding")) == name:
            return Literal(None)
        return node

    return lambda query: _without_retrievers(
        rewritten(query, change), lambda one: one.kind == "similarity" and _named(one.get("embedding_ref")) == name
    )


def without_retriever(kind: str) -> Change:
    """The retriever goes, with its ranks and what else is known by it."""

    def change(node: Node) -> Node:
        gone = isinstance(node, Name) and (node.path[-1] in (f"{kind}_rank", kind) or node.path == NAMES.get(kind))
        return Literal(None) if gone else node

    return lambda query: _without_retrievers(rewritten(query, change), lambda one: one.kind == kind)


def without_cold_prior(query: Query) -> Query:
    """Every candidate counts as one that stands on boards."""

    def change(node: Node) -> Node:
        is_count = isinstance(node, Name) and node.path in (("n_boards",), ("item", "n_boards"))
        return Literal(9) if is_count else node

    return rewritten(query, change)  # type: ignore[no-any-return]


def without_object_weight(query: Query) -> Query:
    """Variant "none": look weighs the same whatever dominates the picture."""

    def change(node: Node) -> Node:
        is_it = isinstance(node, Name) and node.path == ("query_item", "is_object_dominant")
        return Literal(False) if is_it else node

    return rewritten(query, change)  # type: ignore[no-any-return]


def without_diversity(query: Query) -> Query:
    return replace(query, rerankers=())


def _without_retrievers(query: Query, is_gone: Callable[[Stage], bool]) -> Query:
    kept = tuple(one for one in query.retrievers if not is_gone(one))
    return replace(query, retrievers=kept)


def _named(argument: object) -> object:
    return argument.value if isinstance(argument, Literal) else None


CHANGES: dict[str, Change] = {
    WHOLE: lambda query: query,
    **{f"without {name.removesuffix('_embedding')}": without_space(name) for name in SPACES},
    **{f"without {kind}": without_retriever(kind) for kind in RETRIEVERS},
    "without visual features": lambda q: without_space("pinclip_embedding")(without_space("clip_embedding")(q)),
    "without the prior of new pins": without_cold_prior,
    "without object dominance": without_object_weight,
    "without diversity": without_diversity,
}
REFITS: dict[str, tuple[dict[str, dict[str, Any]], str]] = {
    "two-tower without logQ": ({"twotower": {"corrects_sampling": False}}, "twotower"),
    "two-tower without id dropout": ({"twotower": {"id_dropout": 0.0}}, "twotower"),
    "two-tower without an id": ({"twotower": {"id_dropout": 1.0}}, "twotower"),
    "pinclip without neighbours": ({"pinclip": {"neighbour_weight": 0.0}}, "pinclip"),
}
"""Settings, and the model that they change: it is fitted again, and judged within ours and alone."""
ALONE = """SELECT *
FROM similarity(embedding_ref='{0}_embedding', encoder=precomputed_item(input_item_id=$item_id), limit=150)
WHERE join_id != query_item.join_id LIMIT 100"""


BY_OBJECT = """
    similarity(embedding_ref='clip_embedding', encoder=precomputed_item(input_item_id=$item_id, object=1),
               limit=$candidates),
    random_walk("""
WHOLE_LOOK = """(CASE WHEN query_item.is_object_dominant THEN 0.25 ELSE 0.05 END)
                    * similarity(embedding="clip_embedding")"""
OBJECTS = {
    "object variant A, the object's look alone": '0.25 * similarity(embedding="clip_embedding")',
    "object variant B, the object's look and the whole's": (
        '(0.125 * similarity(embedding="clip_embedding") + 0.125 * pair.clip_similarity)'
    ),
}
"""What look is where an object dominates the picture; ours is variant C, the whole picture five times as heavy. In a
query that names an object `similarity` means the object, and `pair` the two pins as a whole."""


def object_variant(look: str) -> Query:
    """The shipped saved query with another idea of look where an object dominates.

    Raises:
        ValueError: the shipped text is no longer the one that this rewrites.
    """
    text = (SHIPPED / "related_pins.sql").read_text(encoding="utf-8").split("---", 2)[2]
    look = f"(CASE WHEN query_item.is_object_dominant THEN {look} ELSE 0.05 * pair.clip_similarity END)"
    changed = text.replace(WHOLE_LOOK, look).replace("\n    random_walk(", BY_OBJECT)
    for measure in ("rank", "similarity"):
        changed = changed.replace(f'{measure}(embedding="twotower_embedding")', "pair.twotower_similarity")
    if look not in changed or "object=1" not in changed or "pair.twotower_similarity IS NOT NULL" not in changed:
        raise ValueError("related_pins.sql has changed; say again what variants A and B are")
    return parse_query(changed)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, action="append", required=True)
    parser.add_argument("--refit", action="store_true", help="settings of models too; takes minutes")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = [measured(home, given.refit) for home in given.home]
    rows = [_row(name, [one[name] for one in found], [one[WHOLE] for one in found]) for name in found[0]]
    rows += [row for one in ("clip", "pinclip") for row in _by_category(found, one)]
    print(json.dumps({"rows": rows}, indent=None if given.json else 1) if given.json else _table(rows))


def measured(home: Path, refits: bool) -> dict[str, tuple[Cut, Evaluation]]:
    """Per variant what it was judged on, and how."""
    cut = Cut.of(home)
    ours = named_strategy(cut.field.at, "related_pins")
    found = {name: (cut, cut.judged(replace(ours, query=change(ours.query)))) for name, change in CHANGES.items()}
    for name, look in OBJECTS.items():
        found[name] = (cut, cut.judged(replace(ours, query=object_variant(look))))
    cold = own_strategy(cut.field.at.profile, "related_pins_without_cold_start")
    found["one sum for all, tuned likewise"] = (cut, cut.judged(cold))
    for model in ("twotower", "pinclip"):
        found[f"{model} alone"] = (cut, cut.judged(_alone(model)))
    for name, (settings, model) in REFITS.items() if refits else ():
        with tempfile.TemporaryDirectory() as folder:
            again = refitted(home, Path(folder), settings, model)
            found[name] = (again, again.judged(ours))
            found[f"{name}, alone"] = (again, again.judged(_alone(model)))
    return found


def refitted(home: Path, scratch: Path, settings: Mapping[str, Mapping[str, Any]], model: str) -> Cut:
    """The cut with one model fitted under other settings, in a copy."""
    profile = open_home(home).profile
    changed = profile.model_copy(
        update={part: getattr(profile, part).model_copy(update=values) for part, values in settings.items()}
    )
    folder = max((home / "eval").iterdir())
    shutil.copytree(folder, scratch / folder.name)
    at = Workspace(scratch / folder.name, changed, cache_home=home, day=date.fromisoformat(folder.name))
    assets = [dg.AssetKey(f"{model}_model"), dg.AssetKey(f"{model}_embeddings")]
    with dg.DagsterInstance.ephemeral() as instance:
        build_definitions(at, without=("evaluation",)).resolve_job_def("build_all").execute_in_process(
            instance=instance,
            run_config={**QUIET, "ops": {f"{model}_model": {"config": {"refit": True}}}},
            asset_selection=assets,
        )
    return Cut.of(home, at)


def _alone(model: str) -> Strategy:
    return Strategy(f"{model} alone", parse_query(ALONE.format(model)), {}, "item_id")


def _row(name: str, own: Sequence[tuple[Cut, Evaluation]], whole: Sequence[tuple[Cut, Evaluation]]) -> dict[str, Any]:
    row: dict[str, Any] = {"variant": name}
    for metric in SHOWN:
        row[metric] = float(np.mean([one.summary[metric] for _, one in own]))
        bounds = [_bounds(cut, one, other, metric) for (cut, one), (_, other) in zip(own, whole, strict=True)]
        row[f"{metric} sure"] = name != WHOLE and (all(b[1] < 0 for b in bounds) or all(b[0] > 0 for b in bounds))
    return row


def _bounds(cut: Cut, one: Evaluation, other: Evaluation, metric: str) -> tuple[float, float]:
    interval = paired_bootstrap(one.per_query[metric], other.per_query[metric], clusters=cut.field.queries.boards)
    return interval.low, interval.high


def _by_category(found: Sequence[Mapping[str, tuple[Cut, Evaluation]]], what: str) -> list[dict[str, Any]]:
    """NDCG@10 per category of the query pin, with and without an ingredient, of all homes together."""
    sums: dict[str, list[tuple[float, float]]] = {}
    for one in found:
        (cut, whole), (_, less) = one[WHOLE], one[f"without {what}"]
        queries, column = cut.field.queries, cut.field.catalog.columns["board_category"]
        at = cut.field.catalog.positions(queries.pin_ids.tolist())[queries.query_pins]
        names = np.where(column.is_null[at], "-", column.data[at])
        for name, a, b in zip(names, whole.per_query["ndcg@10"], less.per_query["ndcg@10"], strict=True):
            sums.setdefault(str(name), []).append((float(a), float(b)))
    return [
        {"variant": f"without {what}, {name}", "ndcg@10": float(np.mean([b for _, b in pairs])),
         "ndcg@10 of ours": float(np.mean([a for a, _ in pairs])), "queries": len(pairs)}
        for name, pairs in sorted(sums.items())
    ]  # fmt: skip


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    lines = ["| variant | " + " | ".join(SHOWN) + " |", "|---" * (len(SHOWN) + 1) + "|"]
    for row in rows:
        if "queries" in row:
            lines.append(f"| {row['variant']} | {row['ndcg@10']:.4f} of {row['ndcg@10 of ours']:.4f} |" + " |" * 4)
            continue
        cells = [f"{row[name]:.4f}" + ("*" if row[f"{name} sure"] else "") for name in SHOWN]
        lines.append(f"| {row['variant']} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
