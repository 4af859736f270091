"""Ids from version to version: kept by the members they share, each once, the same whatever order things come in."""

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from relpins_assets.vocabulary.editing import Entry
from relpins_assets.vocabulary.versions import keep_ids, slug

FORMS = [f"f{at}" for at in range(8)]


def table(entries: list[Entry], ids: list[str]) -> pa.Table:
    rows = [
        {"attribute_id": attribute_id, "key": entry.key, "value": entry.value, "members": list(entry.members)}
        for entry, attribute_id in zip(entries, ids, strict=True)
    ]
    return pa.Table.from_pylist(rows)


def test_new_ids_are_readable_and_differ() -> None:
    entries = [Entry("style", "boho chic", ("boho chic",)), Entry("style", "boho-chic", ("boho-chic",))]
    assert keep_ids(entries, None) == ["style/boho-chic", "style/boho-chic-2"]
    assert slug("Café & co.") == "Cafe-co"
    assert slug("日本") == "日本"
    assert slug("!!") == "x"


def test_the_larger_share_keeps_the_id_and_the_rest_gets_another() -> None:
    old = table([Entry("style", "boho", ("boho", "boho chic", "bohemian"))], ["style/boho"])
    split = [Entry("style", "boho", ("boho",)), Entry("style", "bohemian", ("boho chic", "bohemian"))]
    assert keep_ids(split, old) == ["style/boho-2", "style/boho"]


def test_a_merge_keeps_the_larger_id_and_an_undone_one_finds_the_other_again() -> None:
    apart = [Entry("style", "boho", ("boho", "bohemian")), Entry("style", "coastal", ("coastal",))]
    ids = keep_ids(apart, None)
    merged = [Entry("style", "coastal", ("boho", "bohemian", "coastal"))]
    assert keep_ids(merged, table(apart, ids)) == ["style/boho"]
    assert keep_ids(apart, table(merged, ["style/boho"])) == ids


def test_a_new_name_keeps_the_id() -> None:
    old = table([Entry("style", "boho", ("boho",))], ["style/boho"])
    assert keep_ids([Entry("style", "gypsy", ("boho", "gypsy"))], old) == ["style/boho"]


def test_the_same_form_of_another_key_is_another() -> None:
    old = table([Entry("color", "coral", ("coral",))], ["color/coral"])
    assert keep_ids([Entry("pattern", "coral", ("coral",))], old) == ["pattern/coral"]


def partitions(draw: st.DrawFn) -> list[Entry]:
    groups: dict[int, list[str]] = {}
    for form in draw(st.lists(st.sampled_from(FORMS), unique=True)):
        groups.setdefault(draw(st.integers(0, 3)), []).append(form)
    return [Entry("style", sorted(forms)[0], tuple(sorted(forms))) for _, forms in sorted(groups.items())]


@settings(max_examples=200)
@given(st.data())
def test_ids_are_unique_kept_where_nothing_changed_and_free_of_order(data: st.DataObject) -> None:
    before, after = partitions(data.draw), partitions(data.draw)
    old = table(before, keep_ids(before, None)) if before else None
    ids = keep_ids(after, old)
    assert len(set(ids)) == len(after)
    if old is not None:
        same = {entry.members: one for entry, one in zip(before, old["attribute_id"].to_pylist(), strict=True)}
        assert all(ids[at] == same[entry.members] for at, entry in enumerate(after) if entry.members in same)
    order = data.draw(st.permutations(range(len(after))))
    kept = set(old["attribute_id"].to_pylist()) if old is not None else set()
    shuffled = keep_ids([after[at] for at in order], old)
    assert all(shuffled[place] == ids[at] for place, at in enumerate(order) if ids[at] in kept)
