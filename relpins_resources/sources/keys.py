"""What tells the rows of a table apart, and ids made from content where a source gives none."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from relpins_resources.sources.content_hash import content_hashes
from relpins_resources.sources.layout import InputTable


def row_keys(table: InputTable, rows: pa.Table) -> pa.Array:
    """One text (n,) per row: the id, or for a key of several columns their JSON list, `["board 1","pin 2"]`.

    A missing part is the empty text.
    """
    parts = [pc.fill_null(rows[name].combine_chunks().cast(pa.string()), "") for name in table.key]
    if len(parts) == 1:
        return parts[0]
    quoted = [pc.binary_join_element_wise('"', _escaped(part), '"', "") for part in parts]
    return pc.binary_join_element_wise("[", pc.binary_join_element_wise(*quoted, ","), "]", "")


def _escaped(text: pa.Array) -> pa.Array:
    return pc.replace_substring(pc.replace_substring(text, "\\", "\\\\"), '"', '\\"')


def with_derived_ids(table: InputTable, rows: pa.Table) -> pa.Table:
    """Fill the ids that the source does not give: the row's content hash, then `-2`, `-3` for the same row again.

    `rows` are all good rows of one file. So repeated impressions in one file are all kept, while a row that stands in
    two files (exports that overlap) is one row, and an id is the same in every run.
    """
    if table.derived_id is None or table.derived_id not in rows.column_names:
        return rows
    given = rows[table.derived_id].combine_chunks()
    if given.null_count == 0:
        return rows
    is_bare = given.is_null()
    others = [name for name in rows.column_names if name != table.derived_id]
    hashes = content_hashes(rows.filter(is_bare), others)
    numbers = occurrences(hashes)
    repeats = pc.binary_join_element_wise(hashes, pa.array(numbers).cast(pa.string()), "-")
    ids = pc.replace_with_mask(given, is_bare, pc.if_else(pa.array(numbers == 1), hashes, repeats))
    where = rows.column_names.index(table.derived_id)
    return rows.set_column(where, rows.schema.field(where), ids)


def occurrences(values: pa.Array) -> npt.NDArray[np.int64]:
    """For each value (n,) the how-manieth time it stands in the array, from 1."""
    codes = pc.dictionary_encode(values).indices.to_numpy(zero_copy_only=False)
    order = np.argsort(codes, kind="stable")
    starts = np.r_[True, codes[order][1:] != codes[order][:-1]] if len(codes) else np.zeros(0, bool)
    positions = np.arange(len(codes))
    numbers = np.empty(len(codes), np.int64)
    numbers[order] = positions - np.maximum.accumulate(np.where(starts, positions, 0)) + 1
    return numbers
