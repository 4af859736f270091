"""Timing of single queries: every pin in every round, percentiles within a round, medians over rounds."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

TOTAL = "total"
Times = list[list[dict[str, float]]]


@dataclass(frozen=True)
class Asked:
    """Pins to ask for: the first `warm_up` only to warm up, the others in each of `n_rounds`."""

    all_pins: list[str]
    warm_up: int
    n_rounds: int

    @property
    def pins(self) -> list[str]:
        return self.all_pins[self.warm_up :]


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
    start = time.perf_counter()
    stages = ask(pin)
    total = (time.perf_counter() - start) * 1000
    return {TOTAL: total, **(stages if isinstance(stages, Mapping) else {})}


def percentiles(times: Times) -> dict[str, tuple[float, float]]:
    """(p50, p99) milliseconds of the total and of each stage."""
    return {
        stage: (
            float(np.median([np.percentile([one[stage] for one in run], 50) for run in times])),
            float(np.median([np.percentile([one[stage] for one in run], 99) for run in times])),
        )
        for stage in times[0][0]
    }
