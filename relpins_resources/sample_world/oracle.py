"""The ceiling: how likely two pins truly are to be saved on one board."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from relpins_resources.errors import RelpinsError

AFFINITY = Path("_truth") / "pin_affinity.parquet"


def unknown_pins(directory: Path, pin_ids: Sequence[str]) -> list[str]:
    """Those of these pins that the sample world in `directory` did not make: someone put them there since."""
    known = set(pq.read_table(Path(directory) / AFFINITY, columns=["pin_id"])["pin_id"].to_pylist())
    return [pin_id for pin_id in pin_ids if pin_id not in known]


def oracle_scores(directory: Path, query_pin_ids: Sequence[str], candidate_pin_ids: Sequence[str]) -> np.ndarray:
    """out[i, j] is the true affinity of query pin i and candidate pin j, (q, c) float32.

    It is chances[q] @ coupling @ chances[c]: the very quantities that the generator drew the saves from, up to
    one factor for the whole world. Reads only `_truth`, so it is for evaluation. Raises `RelpinsError` when
    `directory` holds no sample world or a pin id is not in it.
    """
    path = Path(directory) / AFFINITY
    if not path.is_file():
        raise RelpinsError(
            f"no sample world truth in {directory}: expected {path}; write one with `relpins sample DIR`"
        )
    table = pq.read_table(path)
    row_of = {pin_id: row for row, pin_id in enumerate(table["pin_id"].to_pylist())}
    unknown = [pin_id for pin_id in (*query_pin_ids, *candidate_pin_ids) if pin_id not in row_of]
    if unknown:
        raise RelpinsError(f"pin {unknown[0]!r} is not in the sample world in {directory} ({len(row_of)} pins)")
    chances = _matrix(table["chances"])  # (n_pins, n_themes)
    coupling = _matrix(pq.read_table(path.with_name("theme_coupling.parquet"))["pairs"])  # (n_themes, n_themes)
    queries = chances[[row_of[pin_id] for pin_id in query_pin_ids]]
    candidates = chances[[row_of[pin_id] for pin_id in candidate_pin_ids]]
    scores: np.ndarray = queries @ coupling @ candidates.T * 1e6
    return scores.astype(np.float32)


def _matrix(column: pa.ChunkedArray) -> np.ndarray:
    lists = column.combine_chunks()
    flat = np.asarray(lists.flatten(), dtype=np.float64)
    return flat.reshape(len(lists), -1) if len(lists) else flat.reshape(0, 0)
