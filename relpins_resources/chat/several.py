"""Several questions at once, on threads, in any order; what is done with an answer is done one at a time."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TypeVar

T = TypeVar("T")


def each_of(n: int, work: Callable[[int], T], done: Callable[[int, T], None], n_threads: int) -> None:
    """Call `work(i)` for i below n on `n_threads` threads, and `done(i, result)` here as each comes in.

    What `work` raises is raised here, after those that had begun are done; the rest are not begun.
    """
    pool = ThreadPoolExecutor(max_workers=max(1, min(n_threads, n)), thread_name_prefix="ask")
    try:
        futures = {pool.submit(work, i): i for i in range(n)}
        for future in as_completed(futures):
            done(futures[future], future.result())
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
