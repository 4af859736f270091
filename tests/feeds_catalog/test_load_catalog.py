"""A catalog loaded from tables that the test wrote: what every array must hold, and that nothing is copied or stale."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from relpins_assets.embeddings.vectors import ENCODED_SIDE, MODEL
from relpins_assets.feeds.catalog import load_catalog
from relpins_assets.indexes.layers import refresh_index
from relpins_assets.indexes.words import index_words
from relpins_assets.profile import Profile, load_profile
from relpins_assets.schemas import TABLES
from relpins_resources.ann import snap
from relpins_resources.encoders import clip_encoder, sentence_encoder
from relpins_resources.images import decode_image, decode_pixels
from relpins_resources.lake import Lake
from relpins_resources.query.catalog import Catalog
from relpins_resources.query.retrieval.spaces import IndexedEmbedding, TableEmbedding

DIM = 8
PINS = ["a", "b", "c", "d", "e", "ö", "z"]  # e is known and has no image; b is a repin of a, z of ö
JOINS = {"j2": ["a", "b"], "j1": ["c"], "j3": ["d"], "j0": ["z", "ö"]}
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def day(number: int) -> datetime:
    return datetime(2026, 5, number, tzinfo=UTC)


def write(lake: Lake, name: str, rows: Sequence[Mapping[str, Any]], dim: int | None = None) -> None:
    """Rows of a table; columns that are left out are null, ids and fingerprints filled in."""
    schema = TABLES[name].arrow(dim)
    filled = [{"fingerprint": "1", **row} if "fingerprint" in schema.names else dict(row) for row in rows]
    lake.table(name).overwrite(pa.Table.from_pylist([{n: row.get(n) for n in schema.names} for row in filled], schema))


def vectors_of(names: Sequence[str]) -> np.ndarray:
    """One unit row per name, that depends on the name alone."""
    rows = np.array([np.random.default_rng([ord(c) for c in name]).normal(size=DIM) for name in names])
    return snap((rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32))


def embed(lake: Lake, table: str, key: str, names: Sequence[str]) -> None:
    rows = [{key: name, "vector": row.tolist()} for name, row in zip(names, vectors_of(names), strict=True)]
    write(lake, table, rows, DIM)


def picture(level: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (32, 24), (level, 255 - level, 90)).save(file, "PNG")
    return file.getvalue()


def fill(lake: Lake) -> None:
    """Every table that a catalog is read from."""
    pins = [
        {"pin_id": "a", "title": "A", "price": 5.5, "created_at": NOON, "merchant_tags": ["oak", "red"]},
        {"pin_id": "b", "board_category": "Kitchen"},
        *({"pin_id": pin, "title": pin.upper()} for pin in reversed(PINS[2:])),
    ]
    write(lake, "raw_pins", pins)
    images = [
        {"pin_id": pin, "jpeg": decode_image(picture(20 * i)).jpeg, "thumbnail": b"-", "jpeg_hash": pin,
         "pixel_hash": pin, "phash": pin} for i, pin in enumerate("abcdzö")
    ]  # fmt: skip
    write(lake, "pin_images", images)
    joins = [
        {"join_id": join, "pin_ids": members, "n_pins": len(members), "representative_pin_id": members[0]}
        for join, members in JOINS.items()
    ]
    write(lake, "pin_joins", joins)
    statistics = [
        {"pin_id": pin, "n_saves": 2, "n_interactions": 4, "n_impressions": 9, "ctr": 0.25, "popular_rank": rank}
        for rank, pin in enumerate(["c", "a", "e"], 1)
    ]
    write(lake, "catalog_statistics", statistics)
    described = [{"pin_id": "c", "description": "C. Red.", "statement": "Red.", "colors": ["red"], "describer": "x"}]
    write(lake, "enriched_descriptions", described)
    shares = [
        {
            "join_id": "j1",
            "candidate_join_ids": ["j0", "j2", "gone", "j3"],
            "n_shared_boards": [1, 1, 9, 2],
            "n_boards": 4,
        },
        {"join_id": "j2", "candidate_join_ids": ["j1"], "n_shared_boards": [1], "n_boards": 1},
        {"join_id": "gone", "candidate_join_ids": ["j1"], "n_shared_boards": [9], "n_boards": 9},
    ]
    write(lake, "cooccurrence_candidates", shares)
    embed(lake, "clip_embeddings", "pin_id", ["z", "ö", "d", "c", "b", "a"])
    embed(lake, "content_embeddings", "pin_id", ["a", "c", "d"])
    codes = {"d": [1, 0, 2], "e": [9, 9, 9], "a": [3, 4, 5]}
    write(lake, "semantic_ids", [{"pin_id": pin, "codes": code} for pin, code in codes.items()])
    boards = [{"board_id": "b1", "owner_id": "ann"}, {"board_id": "b2", "owner_id": "zoe"}, {"board_id": "b3"}]
    write(lake, "raw_boards", boards)
    saves = [("b1", "a", 1), ("b1", "c", 3), ("b2", "z", 2), ("b2", "e", 9), ("b3", "d", 9), ("b1", "b", 5)]
    write(
        lake,
        "raw_board_pins",
        [{"board_id": board, "pin_id": pin, "saved_at": day(n), "source_file": ""} for board, pin, n in saves],
    )
    events = [("zoe", "d", "save", 7), ("zoe", "c", "click", 9), ("kim", "d", "save", None), ("kim", "c", "save", 1)]
    rows = [
        {"interaction_id": str(i), "user_id": user, "pin_id": pin, "event": event, "created_at": n and day(n)}
        for i, (user, pin, event, n) in enumerate(events)
    ]
    write(lake, "raw_interactions", rows)
    users = [
        {"user_id": "ann", "attributes": json.dumps({"locale": "it", "likes": ["oak"], "age": 3, "odd": 1})},
        {"user_id": "new", "attributes": json.dumps({"locale": "de", "odd": "x"})},
        {"user_id": "zoe"},
    ]
    write(lake, "raw_users", users)


def with_indexes(lake: Lake) -> None:
    for index, table in (("clip_index", "clip_embeddings"), ("content_index", "content_embeddings")):
        refresh_index(lake, index, table, {"backend": "annoy"}, 0)


@pytest.fixture(scope="module")
def profile() -> Profile:
    return load_profile("test").model_copy(
        update={"clip": {"backend": "grid", "dim": DIM}, "content": {"backend": "grid", "dim": DIM}}
    )


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    made = Lake(tmp_path_factory.mktemp("home"), TABLES)
    fill(made)
    with_indexes(made)
    return made


@pytest.fixture(scope="module")
def catalog(lake: Lake, profile: Profile) -> Catalog:
    return load_catalog(lake, profile, as_of=date(2026, 6, 1))


@pytest.fixture
def empty(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "home", TABLES)


def at(catalog: Catalog, *pins: str) -> list[int]:
    found: list[int] = catalog.positions(pins).tolist()
    return found


def column(catalog: Catalog, name: str) -> dict[str, Any]:
    """The values of a column by pin."""
    values, is_null = catalog.columns[name].data.tolist(), catalog.columns[name].is_null
    return {pin: None if is_null[i] else values[i] for i, pin in enumerate(catalog.item_ids)}


def test_items_are_the_pins_with_an_image_in_order_of_id(catalog: Catalog) -> None:
    assert catalog.item_ids.tolist() == ["a", "b", "c", "d", "z", "ö"] == sorted(catalog.item_ids)
    assert catalog.item_ids[catalog.candidates].tolist() == ["a", "c", "d", "z"]
    assert catalog.as_of == datetime(2026, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("item_id", "text", {"a": "a", "ö": "ö"}),
        ("join_id", "text", {"a": "j2", "b": "j2", "c": "j1", "z": "j0", "ö": "j0"}),
        ("title", "text", {"a": "A", "b": None, "z": "Z"}),
        ("price", "number", {"a": 5.5, "b": None}),
        ("category", "text", {"a": None, "b": "Kitchen"}),
        ("board_category", "text", {"a": None, "b": "Kitchen"}),
        ("merchant_tags", "list", {"a": ["oak", "red"], "b": None}),
        ("created_at", "time", {"a": NOON.timestamp(), "b": None}),
        ("visual_description", "text", {"c": "Red.", "a": None}),
        ("enriched_description", "text", {"c": "C. Red."}),
        ("colors", "list", {"c": ["red"], "a": None}),
        ("n_boards", "number", {"a": 1, "b": 1, "c": 4, "d": 0}),
        ("n_saves", "number", {"a": 2, "d": 0}),
        ("n_interactions", "number", {"a": 4, "d": 0}),
        ("ctr", "number", {"a": 0.25, "d": None}),
        ("popular_rank", "number", {"c": 1, "a": 2, "d": None}),
        ("_derived_popular_rank", "number", {"c": 1, "a": 2, "d": None}),
        ("chronological_rank", "number", {"a": None}),
        ("boost", "number", {"a": None}),
    ],
)
def test_columns(catalog: Catalog, name: str, kind: str, expected: dict[str, Any]) -> None:
    assert catalog.columns[name].kind == kind
    found = column(catalog, name)
    assert {pin: found[pin] for pin in expected} == expected
    assert len(found) == 6


def test_every_column_of_the_contract_can_be_read(catalog: Catalog) -> None:
    for name in catalog.columns:
        read = catalog.columns[name]
        assert len(read.data) == len(read.is_null) == 6, name
        dtype = {"number": np.float64, "time": np.float64, "text": object, "list": object, "bool": np.bool_}[read.kind]
        assert read.data.dtype == dtype, name


def test_embeddings_lie_where_their_indexes_map_them(catalog: Catalog) -> None:
    clip, content = catalog.embeddings["clip_embedding"], catalog.embeddings["content_embedding"]
    assert isinstance(clip, IndexedEmbedding)
    assert isinstance(content, IndexedEmbedding)
    assert (clip.vectors(np.arange(6)) == vectors_of(catalog.item_ids)).all()
    assert content.has(np.arange(6)).tolist() == [True, False, True, True, False, False]
    assert catalog.embeddings["twotower_embedding"] is None
    assert catalog.embeddings["pinclip_embedding"] is None


def test_searches_give_representatives_alone(catalog: Catalog) -> None:
    clip = catalog.embeddings["clip_embedding"]
    assert clip is not None
    items, micro = clip.search(vectors_of(["ö"]), 10)
    dots = vectors_of(catalog.item_ids).astype(float) @ vectors_of(["ö"])[0].astype(float)
    expected = sorted(at(catalog, "a", "c", "d", "z"), key=lambda i: -dots[i])
    assert items[0][:4].tolist() == expected
    assert micro[0][:4].tolist() == np.rint(dots[expected] * 1e6).tolist()
    assert (items[0][4:] == -1).all()


def test_beyond_exact_up_to_searches_ask_the_index(lake: Lake, profile: Profile, catalog: Catalog) -> None:
    feeds = profile.feeds.model_copy(update={"exact_up_to": 5})
    large = load_catalog(lake, profile.model_copy(update={"feeds": feeds}), as_of=date(2026, 6, 1))
    for one, is_exact in ((large, False), (catalog, True)):
        clip = one.embeddings["clip_embedding"]
        assert isinstance(clip, IndexedEmbedding)
        assert clip.is_exact is is_exact


def test_an_index_that_is_behind_its_table_is_not_used(empty: Lake, profile: Profile) -> None:
    fill(empty)
    assert isinstance(load_catalog(empty, profile).embeddings["clip_embedding"], TableEmbedding)
    with_indexes(empty)
    embed(empty, "clip_embeddings", "pin_id", ["a", "d"])
    catalog = load_catalog(empty, profile)
    clip = catalog.embeddings["clip_embedding"]
    assert isinstance(clip, TableEmbedding)
    assert clip.has(np.arange(6)).tolist() == [True, False, False, True, False, False]
    assert (clip.vectors(np.array(at(catalog, "d", "b"))) == [vectors_of(["d"])[0], np.zeros(DIM)]).all()


def test_a_twotower_table_and_its_users(empty: Lake, profile: Profile) -> None:
    fill(empty)
    embed(empty, "twotower_embeddings", "pin_id", ["a", "c", "z", "e"])
    embed(empty, "twotower_users", "user_id", ["zoe", "ann"])
    tower = load_catalog(empty, profile).embeddings["twotower_embedding"]
    assert tower is not None
    assert tower.has(np.arange(6)).tolist() == [True, False, True, False, True, False]
    assert tower.has_user_vectors
    found, known = tower.user_vectors(["ann", "kim", "zoe"])
    assert known.tolist() == [True, False, True]
    assert (found[[0, 2]] == vectors_of(["ann", "zoe"])).all()
    nearest, _ = tower.search(vectors_of(["z"]), 1)
    assert nearest.tolist() == [[4]]


def test_people_are_everyone_who_owns_saves_or_is_listed(catalog: Catalog) -> None:
    people = catalog.people
    assert people is not None
    assert people.user_ids.tolist() == ["ann", "kim", "new", "zoe"]
    saved = {user: catalog.item_ids[people.history(i)].tolist() for i, user in enumerate(people.user_ids)}
    # ann saved a, c and b, which is the image of a again; zoe's e has no image; kim does not say when she saved d
    assert saved == {"ann": ["a", "c"], "kim": ["c", "d"], "new": [], "zoe": ["d", "z"]}


def test_attributes_of_people_are_columns(catalog: Catalog) -> None:
    assert catalog.people is not None
    attributes = catalog.people.attributes
    assert sorted(attributes) == ["age", "likes", "locale", "odd"]
    assert {name: attributes[name].kind for name in attributes} == {
        "age": "number", "likes": "list", "locale": "text", "odd": "object"
    }  # fmt: skip
    assert attributes["locale"].is_null.tolist() == [False, True, False, True]
    assert attributes["locale"].data[[0, 2]].tolist() == ["it", "de"]
    assert attributes["likes"].data[0] == ["oak"]
    assert attributes["odd"].data[[0, 2]].tolist() == [1, "x"]


def test_shares_are_of_images_most_first_then_by_id(catalog: Catalog) -> None:
    shares = catalog.shares
    assert shares is not None

    def row(pin: str) -> list[tuple[str, int]]:
        i = at(catalog, pin)[0]
        run = slice(shares.indptr[i], shares.indptr[i + 1])
        return [(catalog.item_ids[o], int(n)) for o, n in zip(shares.others[run], shares.counts[run], strict=True)]

    assert row("c") == [("d", 2), ("a", 1), ("z", 1)]
    assert row("a") == row("b") == [("c", 1)]
    assert row("d") == row("z") == row("ö") == []
    assert shares.n_boards.tolist() == [1, 1, 4, 0, 0, 0]


def test_semantic_ids_stand_beside_their_items(catalog: Catalog) -> None:
    assert catalog.semantic_ids is not None
    assert catalog.semantic_ids.tolist() == [[3, 4, 5], [-1] * 3, [-1] * 3, [1, 0, 2], [-1] * 3, [-1] * 3]


def test_words_are_searched_where_they_are_indexed(empty: Lake, profile: Profile) -> None:
    fill(empty)
    assert load_catalog(empty, profile).lexical is None
    write(empty, "lexical_index", [{"pin_id": "c", "text": "oak table"}, {"pin_id": "z", "text": "oak oak"}])
    index_words(empty)
    catalog = load_catalog(empty, profile)
    assert catalog.lexical is not None
    found = catalog.lexical.search(["table", "steel"], 3)
    assert [item for item in found.items[0].tolist() if item >= 0] == at(catalog, "c")
    assert (found.items[1] == -1).all()


def test_filters_are_those_of_the_profile(lake: Lake, profile: Profile) -> None:
    cheap = {"cheap": "price < 10"}
    assert load_catalog(lake, profile.model_copy(update={"filters": cheap})).filters == cheap


def test_pictures_and_encoders(empty: Lake, profile: Profile) -> None:
    fill(empty)
    encoder, sentences = clip_encoder(profile.clip), sentence_encoder(profile.content)

    def fit(folder: Path) -> dict[str, Any]:
        (folder / MODEL).mkdir()
        nothing = np.zeros((0, encoder.feature_dim), np.float32)
        encoder.fit(nothing, [], np.zeros((0, DIM), np.float32), folder / MODEL, 0)
        return {}

    assert "clip_embedding" not in load_catalog(empty, profile).encoders.text
    empty.artefacts.make("clip_model", "1", fit)
    empty.choose("artefacts", "clip_model", "1")
    catalog = load_catalog(empty, profile)
    assert catalog.images is not None
    assert catalog.images(at(catalog, "c")[0]) == decode_image(picture(40)).jpeg
    model = encoder.load(empty.artefacts.root / "clip_model" / "1" / MODEL, sentences)
    pixels = decode_pixels(decode_image(picture(40)).jpeg, ENCODED_SIDE)
    assert (catalog.encoders.image["clip_embedding"]([picture(40)]) == model.project(encoder.features([pixels]))).all()
    assert (catalog.encoders.text["clip_embedding"](["red"]) == model.encode_text(["red"])).all()
    assert (catalog.encoders.text["content_embedding"](["oak"]) == sentences.encode(["oak"])).all()


def test_readers_of_a_snapshot_see_that_snapshot(empty: Lake, profile: Profile) -> None:
    fill(empty)
    with_indexes(empty)
    snapshot, _ = empty.snapshots.publish(empty.candidate(date(2026, 5, 31), "test"))
    before = load_catalog(empty.at(snapshot), profile)
    write(empty, "raw_pins", [{"pin_id": "a", "title": "changed"}])
    embed(empty, "clip_embeddings", "pin_id", ["a"])
    with_indexes(empty)
    again = load_catalog(empty.at(snapshot), profile)
    assert before.as_of == again.as_of == datetime(2026, 5, 31, tzinfo=UTC)
    assert column(again, "title")["a"] == column(before, "title")["a"] == "A", "columns are read late, at that version"
    assert again.embeddings["clip_embedding"].has(np.arange(6)).all()  # type: ignore[union-attr]
    assert column(load_catalog(empty, profile), "title")["a"] == "changed"


def test_an_empty_home_is_an_empty_catalog(empty: Lake, profile: Profile) -> None:
    catalog = load_catalog(empty, profile, as_of=date(2026, 6, 1))
    assert len(catalog) == 0
    assert all(embedding is None for embedding in catalog.embeddings.values())
    assert all(len(catalog.columns[name].data) == 0 for name in catalog.columns)
    assert catalog.people is not None
    assert len(catalog.people.user_ids) == 0
    assert catalog.shares is not None
    assert catalog.shares.indptr.tolist() == [0]
