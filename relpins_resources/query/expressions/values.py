"""Values with NULLs, for b queries and their u candidates at once: what expressions are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Kind = Literal["number", "bool", "text", "time", "list", "object", "vector", "null"]
"""`number` float64, `bool` bool, `text` object (str), `time` float64 seconds since 1970 UTC, `list` object (lists),
`object` object (what JSON holds), `vector` float32 with a last axis d, `null` float64 of nothing but NULL."""
Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Value:
    """`data` and `is_null` broadcast to (b, u): (1, 1) is a constant, (b, 1) one per query, (b, u) one per candidate.

    What `data` holds where `is_null` is not to be read.
    """

    kind: Kind
    data: npt.NDArray[Any]
    is_null: Booleans


NULL = Value("null", np.zeros((1, 1)), np.ones((1, 1), bool))
