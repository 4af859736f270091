"""Columns of items as whole numbers, equal where the values are."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from relpins_resources.query.catalog import Column, Ints
from relpins_resources.query.errors import nearest
from relpins_resources.query.reranking.base import RerankRequest


def value_codes(request: RerankRequest, argument: str, name: object) -> Ints:
    """(n,) a number per value of a column of the items, -1 for NULL; made once per catalog.

    Raises QueryError at the argument for a name that is no column, and for a column of vectors.
    """
    columns = request.catalog.columns
    column_name = name.removeprefix("item.") if isinstance(name, str) else None
    if column_name is None or column_name not in columns:
        request.refuse(argument, f"names {name!r}, which is no column of the items{nearest(str(name), columns)}")
    column = columns[column_name]
    if column.kind == "vector":
        request.refuse(argument, f"names {name!r}, a column of vectors; name one whose values can be equal")
    codes: Ints = request.catalog.once(("codes", column_name), lambda: _codes(column))
    return codes


def _codes(column: Column) -> Ints:
    values = column.data
    if column.kind in ("list", "object"):
        values = np.array([str(one) for one in values], object)
    encoded = pa.array(values, mask=column.is_null).dictionary_encode()
    codes: Ints = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    return codes
