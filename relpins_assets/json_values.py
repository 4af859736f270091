"""Values of the tables as JSON can hold them."""

from __future__ import annotations

import json
import math
from datetime import date, time
from decimal import Decimal
from typing import Any


def to_json(value: Any) -> str:
    """Valid JSON of any value that a table or a report can hold, indented."""
    return json.dumps(plain(value), indent=2, ensure_ascii=False, allow_nan=False)


def plain(value: Any) -> Any:
    """The same in JSON's own types: NaN is null, times are in ISO 8601, bytes are told by their length."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, bytes):
        return f"<{len(value)} bytes>"
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    return str(value)
