"""JSON that somebody gave as text."""

from __future__ import annotations

import json
from typing import Any


def parsed(text: str) -> Any:
    """What it holds. Raises ValueError if it is none, or nests deeper than can be read."""
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("it nests too deep") from None
