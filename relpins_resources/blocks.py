"""Work on many rows in blocks, on two threads where there are enough of them. numpy and the indexes let others run."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

THREADS = 2


def in_blocks(n_rows: int, n_block: int, run: Callable[[slice], None]) -> None:
    """`run` for every block of `n_block` rows. Blocks may run side by side: each writes no rows but its own.

    Up to two blocks run where they are: starting threads would take longer.
    """
    blocks = [slice(start, min(start + n_block, n_rows)) for start in range(0, n_rows, n_block)]

    def share(first: int) -> None:
        for block in blocks[first::THREADS]:
            run(block)

    if len(blocks) <= THREADS:
        for block in blocks:
            run(block)
        return
    with ThreadPoolExecutor(THREADS) as threads:
        for done in [threads.submit(share, first) for first in range(THREADS)]:
            done.result()
