"""Timing of single queries where other processes share the cores.

Every pin is asked for in every round, and its time by the wall is that of its best round: what the query takes when
nobody is in its way. Processor time, which waiting does not touch, is given beside it for all rounds.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

TOTAL, CPU = "total", "cpu"
Times = list[list[dict[str, float]]]
Percentiles = dict[str, tuple[float, float]]


@dataclass(frozen=True)
class Asked:
    """Pins to ask for: the first `warm_up` only to warm up, the others in each of `n_rounds`."""

    all_pins: list[str]
    warm_up: int
    n_rounds: int

    @property
    def pins(self) -> list[str]:
        return self.all_pins[self.warm_up :]

    def fewer(self, n_pins: int) -> Asked:
        """The first of them, twice: for what takes long."""
        return Asked(self.all_pins[: self.warm_up + n_pins], self.warm_up, 2)


class Clock:
    """Seconds inside `with`, over all entries: by the wall, and of the processor in all threads of this process."""

    def __init__(self) -> None:
        self.wall_s = self.cpu_s = 0.0

    def __enter__(self) -> Clock:
        self._start = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *_: object) -> None:
        self.wall_s += time.perf_counter() - self._start[0]
        self.cpu_s += time.process_time() - self._start[1]


def rounds(asked: Asked, ask: Callable[[str], Any]) -> Times:
    """Milliseconds of each pin in each round: the total, and the stages where `ask` returns them."""
    for pin in asked.all_pins[: asked.warm_up]:
        ask(pin)
    gc.collect()
    return [[_timed(ask, pin) for pin in asked.pins] for _ in range(asked.n_rounds)]


def _timed(ask: Callable[[str], Any], pin: str) -> dict[str, float]:
    start, cpu = time.perf_counter(), time.thread_time()
    stages = ask(pin)
    times = {TOTAL: time.perf_counter() - start, CPU: time.thread_time() - cpu}
    return {name: seconds * 1000 for name, seconds in times.items()} | (stages if isinstance(stages, Mapping) else {})


def percentiles(times: Times) -> Percentiles:
    """(p50, p99) milliseconds over pins: the total and each stage at their best round, `cpu` over all rounds."""
    found = {}
    for name in times[0][0]:
        held = np.array([[one[name] for one in run] for run in times])  # (rounds, pins)
        held = held if name == CPU else held.min(axis=0)
        found[name] = (float(np.percentile(held, 50)), float(np.percentile(held, 99)))
    return found
