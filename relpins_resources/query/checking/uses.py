"""The stages of a plan with their declarations side by side: what checks of names, parameters and values walk over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from relpins_resources.query.errors import QueryError, nearest
from relpins_resources.query.plan import Argument, Query, Stage
from relpins_resources.query.stages import ArgumentSpec, Role, StageSpec, stage_names, stage_spec


@dataclass(frozen=True)
class Used:
    """One stage of a plan; `above` is the stage that it is an argument of, None for a clause's own."""

    stage: Stage
    spec: StageSpec
    above: Stage | None = None

    def arguments(self) -> Iterator[tuple[ArgumentSpec, Argument]]:
        """What was given, each beside its declaration.

        Raises:
            QueryError: an argument that the stage does not take.
        """
        for name, value in self.stage.arguments:
            argument = self.spec.argument(name)
            if argument is None:
                known = nearest(name, [one.name for one in self.spec.arguments])
                raise QueryError(f"{self.spec.kind}() takes no argument {name!r}{known}", None, self.stage.at)
            yield argument, value


def stages_of(query: Query) -> Iterator[Used]:
    """Every retriever, encoder and reranker of a plan, each before those in its arguments.

    Raises:
        QueryError: a stage or an argument that is not declared.
    """
    for retriever in query.retrievers:
        yield from _below("retriever", retriever, None)
    for reranker in query.rerankers:
        yield from _below("reranker", reranker, None)


def _below(role: Role, stage: Stage, above: Stage | None) -> Iterator[Used]:
    spec = stage_spec(role, stage.kind)
    if spec is None:
        raise QueryError(f"there is no {role} {stage.kind!r}{nearest(stage.kind, stage_names(role))}", None, stage.at)
    used = Used(stage, spec, above)
    yield used
    for argument, value in used.arguments():
        if isinstance(value, Stage):
            yield from _below("encoder" if argument.kind == "encoder" else "retriever", value, stage)
