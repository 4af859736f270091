"""A declaration that contradicts itself is refused."""

import pyarrow as pa
import pytest
from lake_tables import FEEDS, PINS, VECTORS, column

from relpins_resources.lake import Column, TableSchema
from relpins_resources.lake.schema import VECTOR


def test_what_follows_from_a_declaration() -> None:
    assert PINS.unit_key == PINS.key == ("pin_id",)
    assert FEEDS.unit_key == ("strategy", "pin_id")
    assert (PINS.has_fingerprint, FEEDS.has_fingerprint) == (True, False)
    assert (PINS.has_vectors, VECTORS.has_vectors) == (False, True)
    volatile = TableSchema("t", "", ("a",), (column("a"), Column("at", pa.int64(), "", is_volatile=True)))
    assert volatile.stable_names == ["a"]


def test_the_length_of_vectors_is_fixed_when_it_is_known() -> None:
    assert VECTORS.arrow().field("vector").type == VECTOR
    assert VECTORS.arrow(7).field("vector").type == pa.list_(pa.float32(), 7)
    assert not VECTORS.arrow().field("pin_id").nullable


@pytest.mark.parametrize(
    ("key", "options", "message"),
    [
        (("b",), {}, "t: the key .* is not among its columns"),
        (("n",), {}, r"t: \['n'\] is in the key and may be missing"),
        (("a",), {"unit": ("n",), "ledger": "l"}, "t: the unit .* is not part of the key"),
        (("a",), {"unit": ("a",)}, "t: a unit needs a ledger"),
        (("a",), {"ledger": "l"}, "t: a unit needs a ledger"),
    ],
)
def test_contradictions(key: tuple[str, ...], options: dict[str, object], message: str) -> None:
    with pytest.raises(AssertionError, match=message):
        TableSchema("t", "", key, (column("a"), Column("n", pa.string(), "")), **options)  # type: ignore[arg-type]
