"""Lists and answers as TREC has them, so that trec_eval, ranx and their like can judge them too."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import numpy as np

from relpins_assets.evaluation.evaluate import judged_lists
from relpins_assets.evaluation.protocol import Queries
from relpins_assets.evaluation.ragged import IntArray
from relpins_resources.errors import RelpinsError

QRELS = "qrels.txt"


def write_trec(directory: Path, queries: Queries, lists: Mapping[str, IntArray]) -> dict[str, int]:
    """Write `qrels.txt` and one run per system, known pins left out; gives lines per file.

    A topic is `board/pin`; what would break a line (white space, %, /) is written as in addresses. A run's score is
    only its order turned round. The folder is made; files of the same names are replaced.

    Args:
        lists: per system (n, limit), of every query pin its list.

    Raises:
        RelpinsError: the folder is a file.
    """
    if directory.exists() and not directory.is_dir():
        raise RelpinsError(f"{directory} is a file; give a folder for the TREC files")
    directory.mkdir(parents=True, exist_ok=True)
    pins = np.array([quote(pin, safe="") for pin in queries.pin_ids], dtype=object)
    boards = np.array([quote(board, safe="") for board in queries.board_ids], dtype=object)
    topics = [f"{b}/{p}" for b, p in zip(boards[queries.boards], pins[queries.query_pins], strict=True)]
    answers = queries.relevant
    lines = [f"{topics[row]} 0 {pins[item]} 1" for row, item in zip(answers.rows, answers.items, strict=True)]
    written = {QRELS: _write(directory / QRELS, lines)}
    for system, of_pins in lists.items():
        name = "_".join(system.replace("'", "").split())
        judged = judged_lists(of_pins[queries.query_pins], queries, of_pins.shape[1])
        depth = judged.shape[1]
        lines = [
            f"{topics[row]} Q0 {pins[judged[row, rank]]} {rank + 1} {depth - rank} {name}"
            for row, rank in zip(*np.nonzero(judged >= 0), strict=True)
        ]
        written[f"{name}.run"] = _write(directory / f"{name}.run", lines)
    return written


def _write(path: Path, lines: list[str]) -> int:
    """The lines, in place of an earlier file only once they are all there."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as file:
        file.writelines(f"{line}\n" for line in lines)
    Path(file.name).chmod(0o644)
    shutil.move(file.name, path)
    return len(lines)
