"""How fast a server may be asked: evenly paced, held back when it says so."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Pace:
    """At most so many units a minute, spread evenly over threads that share it.

    Args:
        per_minute: units a minute; None for as fast as one likes.
        clock: seconds that never go back.
        sleep: waits so many seconds.
    """

    def __init__(
        self,
        per_minute: float | None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._seconds_each = 60.0 / per_minute if per_minute else 0.0
        self._clock, self._sleep = clock, sleep
        self._free_at = clock()
        self._lock = threading.Lock()

    def take(self, n: float = 1.0) -> None:
        """Wait for one's turn to use `n` units."""
        with self._lock:
            turn = max(self._clock(), self._free_at)
            self._free_at = turn + n * self._seconds_each
        wait = turn - self._clock()
        if wait > 0:
            self._sleep(wait)

    def correct(self, more: float) -> None:
        """Count `more` units than were taken (fewer, if negative)."""
        with self._lock:
            self._free_at += more * self._seconds_each

    def hold(self, seconds: float) -> None:
        """Let no one go for so many seconds from now."""
        with self._lock:
            self._free_at = max(self._free_at, self._clock() + seconds)
