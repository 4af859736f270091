"""The pinclip encoder of a catalog: what it is fitted on, when again, and that boards do not move a pin."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from relpins_assets.feeds.pinclip_encoders import with_pinclip
from relpins_assets.graph_embeddings.pinclip_inputs import wanted_pinclip, words_of
from relpins_assets.graph_embeddings.pinclip_model import (
    enough_to_learn,
    fit_pinclip,
    held_out_recall,
    is_usable,
    load_encoder,
    pinclip_version,
    placing,
    shown,
    taught,
)
from relpins_assets.profile import load_profile
from relpins_assets.schemas import TABLES
from relpins_assets.workspace import Workspace
from relpins_resources.errors import RelpinsError
from relpins_resources.lake import Lake
from relpins_resources.lake.artefacts import Artefact
from relpins_resources.lake.table import vector_array, vectors
from relpins_resources.query.catalog import Encoders

WORDS = ("oak", "linen", "velvet", "rattan", "brass", "marble")


def fill(lake: Lake, name: str, columns: dict[str, list[object]]) -> None:
    """Overwrite a table with these columns, the others NULL."""
    n = len(next(iter(columns.values())))
    given = {
        column.name: pa.array(columns[column.name], column.type)
        if column.name in columns
        else pa.array(["f"] * n if column.name == "fingerprint" else [None] * n, column.type)
        for column in TABLES[name].columns
        if column.name != "vector"
    }
    lake.table(name).overwrite(pa.table(given))


def small_home(home: Path, n_pins: int = 80, n_boards: int = 30) -> Workspace:
    """Pins of six materials that boards keep apart; every second one says its own."""
    rng = np.random.default_rng(0)
    workspace = Workspace(home, load_profile("test"))
    lake = workspace.lake
    kinds = rng.integers(0, len(WORDS), n_pins)
    looks = 0.5 * np.eye(12)[kinds] + rng.normal(0, 0.3, (n_pins, 12))
    looks = (looks / np.linalg.norm(looks, axis=1, keepdims=True)).astype(np.float32)
    ids = [f"p{at:03}" for at in range(n_pins)]
    texts = [f"{WORDS[kind]} table" if at % 2 else "" for at, kind in enumerate(kinds)]
    lake.choose("spaces", "clip_embeddings", "looks")
    prints = [row.tobytes().hex()[:16] for row in looks]
    lake.table("clip_embeddings").overwrite(
        pa.table({"pin_id": ids, "vector": vector_array(looks), "fingerprint": prints})
    )
    tags = [["shop"] if at % 7 == 0 else None for at in range(n_pins)]
    fill(lake, "raw_pins", {"pin_id": ids, "merchant_tags": tags})
    described = {"pin_id": ids, "own_text": texts, "statement": ["Beige 60%."] * n_pins}
    fill(lake, "enriched_descriptions", {**described, "description": texts, "describer": ["none"] * n_pins})
    joins = {"join_id": [f"j{pin}" for pin in ids], "pin_ids": [[pin] for pin in ids], "representative_pin_id": ids}
    fill(lake, "pin_joins", {**joins, "n_pins": [1] * n_pins})
    boards = [[f"j{ids[at]}" for at in np.flatnonzero(kinds == b % 6) if rng.random() < 0.5] for b in range(n_boards)]
    write_boards(lake, boards)
    return workspace


def write_boards(lake: Lake, boards: list[list[str]]) -> None:
    names = [f"b{at}" for at in range(len(boards))]
    fill(lake, "board_joins", {"board_id": names, "join_ids": boards, "n_pins": [len(one) for one in boards]})


def fitted(workspace: Workspace) -> Artefact:
    made = workspace.lake.artefacts.make("pinclip_model", pinclip_version(workspace), fit_pinclip(workspace))
    workspace.lake.choose("artefacts", "pinclip_model", made.version)
    return made


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return small_home(tmp_path / "home")


def test_boards_teach_and_never_move_a_pin(workspace: Workspace) -> None:
    artefact = fitted(workspace)
    assert artefact.manifest["trained"]
    pins = wanted_pinclip(workspace.lake)
    before = vectors(placing(workspace)(pins))
    write_boards(workspace.lake, [["jp000", "jp001", "jp002"]])
    assert wanted_pinclip(workspace.lake).equals(pins), "what a vector is made from names no board"
    assert vectors(placing(workspace)(pins)).tobytes() == before.tobytes()
    assert vectors(placing(workspace)(pins.slice(7, 1))).tobytes() == before[7:8].tobytes(), "the same alone"


def test_a_fit_is_named_by_what_it_learns_from(tmp_path: Path) -> None:
    one, other = small_home(tmp_path / "one"), small_home(tmp_path / "other")
    other.lake.table("board_joins").overwrite(other.lake.table("board_joins").read().slice(0))  # another version
    assert pinclip_version(one) == pinclip_version(other)
    write_boards(other.lake, [["jp000", "jp001"]])
    assert pinclip_version(one) != pinclip_version(other)


def test_too_little_to_learn_from_and_enough_later(tmp_path: Path) -> None:
    workspace = small_home(tmp_path / "home", n_pins=12, n_boards=0)
    assert not enough_to_learn(workspace.lake)
    made = fitted(workspace)
    assert not made.manifest["trained"]
    assert "held-out board mates found" not in made.manifest
    assert is_usable(workspace)(made)
    placed = vectors(placing(workspace)(wanted_pinclip(workspace.lake)))
    assert placed.shape == (12, 8)
    grown = small_home(tmp_path / "home", n_pins=80)
    assert not is_usable(grown)(made), "what learnt nothing is fitted again once there is enough"


def test_many_pins_of_one_image_teach_no_more_than_one(tmp_path: Path) -> None:
    workspace = small_home(tmp_path, n_boards=1)
    ids = [f"p{at:03}" for at in range(80)]
    one = {"join_id": ["jp001"], "pin_ids": [ids], "representative_pin_id": ["p001"], "n_pins": [80]}
    fill(workspace.lake, "pin_joins", one)
    write_boards(workspace.lake, [["jp001"]])
    made = fitted(workspace)
    assert not enough_to_learn(workspace.lake)
    assert not made.manifest["trained"]
    assert "fewer than 20 images" in made.manifest["why"]


def test_components_of_a_much_smaller_catalog_are_taken_anew(tmp_path: Path) -> None:
    made = fitted(small_home(tmp_path / "home", n_pins=1, n_boards=0))
    grown = small_home(tmp_path / "home", n_pins=12, n_boards=0)
    assert not enough_to_learn(grown.lake)
    assert not is_usable(grown)(made), "one image has no component: all pins would stand in one place"
    assert is_usable(grown)(fitted(grown))


def test_another_space_of_looks_needs_another_encoder(workspace: Workspace) -> None:
    made = fitted(workspace)
    assert is_usable(workspace)(made)
    workspace.lake.choose("spaces", "clip_embeddings", "others")
    assert not is_usable(workspace)(made)


def test_one_pin_that_says_nothing(tmp_path: Path) -> None:
    workspace = small_home(tmp_path / "home", n_pins=1, n_boards=0)
    assert not fitted(workspace).manifest["trained"]
    assert np.linalg.norm(vectors(placing(workspace)(wanted_pinclip(workspace.lake)))) == pytest.approx(1.0)


def test_words_of_a_pin(workspace: Workspace) -> None:
    tags, views = [["oak", "sale"], [], []], ["a bench", "a bench", ""]
    pins = pa.table({"own_text": ["Oak table.", "", ""], "view": views, "tags": tags})
    assert words_of(pins) == ["Oak table. oak, sale a bench", "a bench", ""]
    assert set(wanted_pinclip(workspace.lake)["view"].to_pylist()) == {""}, "what repeats the look is left out"
    described = workspace.lake.table("enriched_descriptions").read()
    seen = {"objects": '["bench", "rug"]', "attributes": '[{"key": "material", "value": "oak"}]'}
    for name, said in seen.items():
        at = described.column_names.index(name)
        described = described.set_column(at, name, pa.array([said] * 80))
    workspace.lake.table("enriched_descriptions").overwrite(described)
    assert set(wanted_pinclip(workspace.lake)["view"].to_pylist()) == {"bench, rug, oak"}


def test_held_out_images_find_their_board_mates(tmp_path: Path) -> None:
    workspace = small_home(tmp_path / "home", n_pins=260, n_boards=60)
    artefact = fitted(workspace)
    given = taught(workspace.lake)
    assert 10 <= given.is_held_out.sum() <= 45
    encoder = load_encoder(artefact)
    found = held_out_recall(encoder, shown(workspace, given.images, encoder.word_weights), given)
    assert found == artefact.manifest["held-out board mates found"]
    assert set(found) == {"image and words", "image alone", "words alone", "first 4 dimensions", "look, not fitted"}


def test_queries_are_placed_as_pins_are(workspace: Workspace) -> None:
    artefact, lake = fitted(workspace), workspace.lake
    looks = vectors(lake.table("clip_embeddings").read(["vector"]))
    clip = Encoders(image={"clip_embedding": lambda images: looks[[int(one) for one in images]]})
    found = with_pinclip(lake, clip, workspace.sentence_encoder)
    encoder = load_encoder(artefact)
    name, texts = "pinclip_embedding", ["oak table", "velvet"]
    rows = encoder.text_rows(texts, workspace.sentence_encoder.encode(texts))
    assert (found.text[name](texts) == encoder.of_texts(rows)).all()
    assert (found.image[name]([b"3", b"5"]) == encoder.of_images(looks[[3, 5]])).all()
    both = found.both[name]([b"3", b"5"], texts)
    assert not np.allclose(both, found.image[name]([b"3", b"5"]))
    workspace.lake.choose("spaces", "clip_embeddings", "others")
    assert name not in with_pinclip(lake, clip, workspace.sentence_encoder).text


def test_sentences_of_another_encoder_are_refused(workspace: Workspace) -> None:
    artefact = fitted(workspace)
    artefact.manifest["sentences"] = "another"
    from relpins_assets.feeds.pinclip_encoders import PinClip

    placed = PinClip(artefact, workspace.sentence_encoder, lambda images: np.zeros((len(images), 12), np.float32))
    with pytest.raises(RelpinsError, match="run `relpins build`"):
        placed.of_texts(["oak"])
