"""Precision of collections against an answer key, and the baseline of the search log."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from relpins_assets.evaluation.attribute_truth import attribute_truth
from relpins_assets.evaluation.collection_quality import MEAN, PRECISION, WHOLE, Collection, collection_rows, precisions
from relpins_assets.evaluation.search_log_baseline import TextIndex, search_log_baseline, telling_words
from relpins_assets.profile import Evaluation, Profile
from relpins_assets.vocabulary.vocabulary import Attribute
from relpins_assets.workspace import Workspace
from relpins_resources.errors import RelpinsError
from relpins_resources.sources import FolderSource

TRUE = [
    ("p1", "color", "forest green"),
    ("p1", "style", "bohemian"),
    ("p1", "price_band", "under $50"),
    ("p2", "color", "light grey"),
    ("p2", "style", "minimalist"),
    ("p2", "price_band", "under $200"),
    ("p3", "color", "sage"),
    ("p3", "room", "living room"),
]


def attribute(key: str, value: str) -> Attribute:
    return Attribute(f"{key}/{value}", key, value, (value,), 1, 1.0)


def workspace(folder: Path, rows=TRUE, named: str | None = None) -> Workspace:
    path = folder / "source" / (named or "_truth/pin_attributes.parquet")
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(
        pa.table({name: [row[i] for row in rows] for i, name in enumerate(("pin_id", "key", "value"))}), path
    )
    profile = Profile(evaluation=Evaluation(attribute_labels=named))
    return Workspace(folder / "home", profile, lambda: FolderSource(folder / "source"))


@pytest.mark.parametrize(
    ("pin", "key", "value", "is_true"),
    [
        ("p1", "style", "boho chic", True),  # another spelling
        ("p1", "color", "green", True),  # forest green is
        ("p2", "color", "gray", True),
        ("p1", "color", "light green", False),
        ("p3", "color", "sage green", True),
        ("p2", "style", "bohemian", False),
        ("p3", "category", "lounge", True),  # filed under room, in another spelling
        ("p1", "price_band", "under $100", True),
        ("p2", "price_band", "under $100", False),
        ("p1", "price_band", "under €50", True),  # its own currency
        ("p1", "price_band", "over $50", False),
        ("p3", "price_band", "under $100", False),
        ("nobody", "color", "green", False),
    ],
)
def test_what_is_true_of_a_pin(tmp_path: Path, pin: str, key: str, value: str, is_true: bool):
    truth = attribute_truth(workspace(tmp_path))
    assert truth is not None
    assert truth.holds(pin, attribute(key, value)) is is_true


def test_a_colour_it_never_names_is_wrong_and_a_thing_it_has_no_word_for_is_not_judged(tmp_path: Path):
    truth = attribute_truth(workspace(tmp_path))
    assert truth is not None
    assert truth.can_judge(attribute("color", "mauve"))
    assert not truth.can_judge(attribute("object", "santorini"))
    assert not truth.can_judge(attribute("brand", "lumen"))  # this key says nothing of brands


def test_precision_is_of_the_first_ten_and_whole_only_if_every_attribute_holds(tmp_path: Path):
    truth = attribute_truth(workspace(tmp_path))
    assert truth is not None
    pins = ("p1", "p2", *["p1"] * 8, "p2", "p2")
    found = {
        (metric, family): (value, n)
        for metric, family, value, n in precisions(
            [
                Collection((attribute("style", "boho"), attribute("price_band", "under $200")), pins),
                Collection((attribute("color", "grey"),), ("p2", "p1")),
                Collection((attribute("object", "santorini"),), ("p2",)),
            ],
            truth,
        )
    }
    assert found[PRECISION, "style"] == (0.9, 1)
    assert found[PRECISION, "price_band"] == (1.0, 1)
    assert found[PRECISION, "color"] == (0.5, 1)
    assert found[WHOLE, "all"] == (pytest.approx((0.9 + 0.5) / 2), 2)
    assert found[PRECISION, MEAN] == (pytest.approx((0.9 + 0.5) / 2), 2)  # of color and style: prices are no family


def test_pins_that_the_answer_key_does_not_name_count_neither_way(tmp_path: Path):
    truth = attribute_truth(workspace(tmp_path))
    assert truth is not None
    pins = ("p1", "put there since", "p2", "another")
    found = {row[:2]: row[2:] for row in precisions([Collection((attribute("style", "boho"),), pins)], truth)}
    assert found[PRECISION, "style"] == (0.5, 1)
    assert not list(precisions([Collection((attribute("style", "boho"),), pins[1::2])], truth))


def test_a_named_answer_key(tmp_path: Path):
    assert attribute_truth(workspace(tmp_path, named="labels.parquet")) is not None
    missing = workspace(tmp_path / "other", named="labels.parquet")
    (tmp_path / "other" / "source" / "labels.parquet").unlink()
    with pytest.raises(RelpinsError, match=r"attribute_labels names 'labels\.parquet'"):
        attribute_truth(missing)


def test_no_answer_key_no_topics_no_searches_still_give_counts(tmp_path: Path):
    bare = Workspace(tmp_path / "home", Profile())
    assert attribute_truth(bare) is None
    rows = collection_rows(bare.lake, None, 6, 60)
    assert rows.num_rows == 4
    assert rows["value"].to_pylist() == [0.0] * 4


def texts(**of_pin: str) -> pa.Table:
    return pa.table({"pin_id": list(of_pin), "text": list(of_pin.values())})


def test_search_wants_every_telling_word_best_first():
    index = TextIndex(texts(a="Red sofa. Red, red!", b="sofas in red and blue and more words", c="blue sofa", d="red"))
    assert telling_words("what red sofas under $200 [color: red]") == ["red", "sofa"]
    assert index.search(["red", "sofa"], 10) == ["a", "b"]
    assert index.search(["red", "sofa"], 1) == ["a"]
    assert index.search(["red", "velvet"], 10) == []
    assert TextIndex(texts()).search(["red"], 10) == []


def test_queries_that_ask_the_same_are_one_topic(tmp_path: Path):
    lake = Workspace(tmp_path, Profile()).lake
    lake.table("lexical_index").overwrite(
        texts(a="red couch", b="red sofa", c="red sofa").append_column("fingerprint", pa.array(["x"] * 3))
    )
    asked = [("red sofas", 5, ["color/red"]), ("red couch", 3, ["color/red"]), ("sofa", 2, []), ("a sofa", 1, [])]
    schema = lake.table("search_intents").schema.arrow()
    rows = [
        {
            **{field.name: None for field in schema},
            "query": query,
            "n_searches": n,
            "n_clicks": 0,
            "segment": "head",
            "attribute_ids": ids,
            "unread": [],
            "fingerprint": "x",
        }
        for query, n, ids in asked
    ]
    lake.table("search_intents").overwrite(pa.Table.from_pylist(rows, schema=schema))
    found = search_log_baseline(lake, min_pins=2, limit=10)
    assert [(topic.query, topic.pin_ids) for topic in found] == [("red sofas", ("b", "c")), ("sofa", ("b", "c"))]
    assert search_log_baseline(lake, min_pins=2, limit=10, queries=["sofa"]) == found[1:]
