"""Several questions at once, on threads, in any order; what is done with an answer is done one at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TypeVar

T = TypeVar("T")


def each_of(n: int, work: Callable[[int], T], done: Callable[[int, T], None], n_threads: int) -> None:
    """Call `work(i)` for i below n on `n_threads` threads, and `done(i, result)` as soon as each is there, one by one.

    What either raises is raised here, after those that had begun are done; the rest are not begun. So what was paid
    for is with `done` even if this thread is interrupted.
    """
    lock = threading.Lock()

    def one(i: int) -> None:
        result = work(i)
        with lock:
            done(i, result)

    pool = ThreadPoolExecutor(max_workers=max(1, min(n_threads, n)), thread_name_prefix="ask")
    try:
        for future in as_completed([pool.submit(one, i) for i in range(n)]):
            future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
