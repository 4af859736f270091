"""Live progress of a run in a terminal: a line when a step ends, and how far a long one is."""

from __future__ import annotations

import logging
import sys
import threading
from types import TracebackType

import dagster as dg

POLL_S = 0.25
SHOWN = ("new", "stale", "removed", "rejected", "dagster/row_count")


class Watcher:
    """Follows one run's events from another thread and prints them to stderr, until the block ends."""

    def __init__(self, instance: dg.DagsterInstance, run_id: str) -> None:
        self.instance, self.run_id = instance, run_id
        self._cursor: str | None = None
        self._started: dict[str, float] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> Watcher:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join(timeout=10)
        self._print_new()

    def _follow(self) -> None:
        while not self._ended.wait(POLL_S):
            self._print_new()

    def _print_new(self) -> None:
        connection = self.instance.get_records_for_run(self.run_id, cursor=self._cursor)
        self._cursor = connection.cursor
        for record in connection.records:
            event = record.event_log_entry.dagster_event
            line = self._line(event, record.event_log_entry.timestamp) if event is not None else _warning(record)
            if line is not None:
                print(line, file=sys.stderr, flush=True)

    def _line(self, event: dg.DagsterEvent, at: float) -> str | None:
        step = event.step_key or ""
        if event.event_type == dg.DagsterEventType.STEP_START:
            self._started[step] = at
        elif event.event_type == dg.DagsterEventType.ASSET_MATERIALIZATION:
            metadata = event.step_materialization_data.materialization.metadata
            counts = {name.removeprefix("dagster/"): metadata[name].value for name in SHOWN if name in metadata}
            told = "  ".join(f"{name} {value}" for name, value in counts.items() if value or name == "row_count")
            return f"{at - self._started.get(step, at):7.1f} s  {step:<26} {told}"
        elif event.event_type == dg.DagsterEventType.ASSET_OBSERVATION:
            metadata = event.asset_observation_data.asset_observation.metadata
            return f"           {step:<26} {metadata['done'].value} of {metadata['to do'].value}"
        elif event.event_type == dg.DagsterEventType.STEP_FAILURE:
            return f"{at - self._started.get(step, at):7.1f} s  {step:<26} FAILED"
        return None


def _warning(record: dg.EventLogRecord) -> str | None:
    """A warning that an asset logged, such as a file that could not be read."""
    entry = record.event_log_entry
    return f"           warning: {entry.user_message}" if entry.level == logging.WARNING else None
