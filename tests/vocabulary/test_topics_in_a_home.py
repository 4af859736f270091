from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from topic_catalog import SmallCatalog, make, rows_by

from relpins_assets.vocabulary.assets import judged_topics, search_intents, wanted_search_intents
from relpins_assets.workspace import Workspace


def _catalog() -> SmallCatalog:
    catalog = SmallCatalog(forms={("category", "sofa"): ("couch",), ("style", "bohemian"): ("boho",)})
    for color in ("red", "blue"):
        catalog.say(4, ("category", "couch"), ("color", color), ("price_band", "under $200"))
    catalog.say(5, ("category", "sofa"), ("style", "boho"), ("color", "beige"))
    catalog.say(4, ("category", "dress"), ("color", "red"), ("season", "summer"))
    for query, count in (("red couch", 6), ("red summer dress", 2), ("blue sofas under $200", 1), ("boho couch", 2)):
        catalog.search(query, count)
    catalog.search("  RED   couch ", clicked_pin_id="p0001", day=3)
    catalog.search("sofa", filters='{"color": "red"}', kind="filter")
    catalog.search("quirky thing from the moon")
    return catalog


def _stable(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "fingerprint"}


def _judgement(row: dict[str, Any]) -> dict[str, Any]:
    """A row without what follows from other topics."""
    return {name: value for name, value in row.items() if name not in ("verdict", "merged_into", "reason")}


def test_search_intents_count_read_and_place(tmp_path: Path) -> None:
    workspace = _catalog().write(tmp_path)
    told = make(workspace, only=[search_intents])["search_intents"]
    rows = rows_by(workspace, "search_intents", "query")
    couch = rows["red couch"]
    assert (couch["n_searches"], couch["n_clicks"], couch["segment"], couch["category"]) == (7, 1, "head", "sofa")
    assert couch["attribute_ids"] == ["color/red", "category/sofa"]
    assert (couch["last_at"] - couch["first_at"]).days == 3
    assert rows["sofa [color: red]"]["attribute_ids"] == ["category/sofa", "color/red"]
    assert rows["blue sofas under $200"]["price_max"] == 200
    assert rows["quirky thing from the moon"]["unread"] == ["quirky", "moon"]
    assert told["share of searches read"] == 13 / 14
    again = make(workspace, only=[search_intents])["search_intents"]
    assert (again["new"], again["stale"], again["removed"]) == (0, 0, 0)


def test_a_changed_vocabulary_reads_only_what_it_touches_anew(tmp_path: Path) -> None:
    catalog = _catalog()
    workspace = catalog.write(tmp_path)
    make(workspace, only=[search_intents])
    before = rows_by(workspace, "search_intents", "query")
    catalog.forms[("object", "moon")] = ()
    catalog.write_vocabulary(workspace)
    assert wanted_search_intents(workspace).affected is not None
    told = make(workspace, only=[search_intents])["search_intents"]
    after = rows_by(workspace, "search_intents", "query")
    assert told["stale"] == 1
    assert {query for query in after if after[query] != before[query]} == {"quirky thing from the moon"}
    rebuilt = _catalog()
    rebuilt.forms[("object", "moon")] = ()
    other = rebuilt.write(tmp_path / "rebuilt")
    make(other, only=[search_intents])
    assert rows_by(other, "search_intents", "query") == after


def test_topics_are_mined_judged_and_kept(tmp_path: Path) -> None:
    workspace = _catalog().write(tmp_path)
    make(workspace)
    rows = {row["query"]: row for row in rows_by(workspace, "judged_topics", "topic_id").values()}
    assert rows["red sofa"]["verdict"] == "accepted"
    assert rows["red sofa"]["intent"] == 5.0
    assert "8 searches ask for all of it" in rows["red sofa"]["reason"]
    merged = [row for row in rows.values() if row["verdict"] == "merged"]
    assert merged
    accepted = {row["topic_id"] for row in rows.values() if row["verdict"] == "accepted"}
    assert {row["merged_into"] for row in merged} <= accepted
    versions = [workspace.lake.table(name).version() for name in ("topic_candidates", "judged_topics")]
    told = make(workspace)
    assert [workspace.lake.table(name).version() for name in ("topic_candidates", "judged_topics")] == versions
    assert not told["judged_topics"]["fitted in this run"]


def test_an_edit_makes_new_topics_of_the_same_pins_and_leaves_the_others(tmp_path: Path) -> None:
    catalog = _catalog()
    workspace = catalog.write(tmp_path)
    make(workspace)
    names = ("topic_candidates", "judged_topics")
    before = {name: rows_by(workspace, name, "topic_id") for name in names}
    catalog.say(9, ("category", "dress"), ("color", "blue"))  # pins that came since do not change what was mined
    catalog.search("summer dress", 50)
    workspace = catalog.write(tmp_path)
    catalog.forms = {("category", "sofa"): ("couch",)}  # boho is no longer bohemian: its attribute is another
    catalog.write_vocabulary(workspace)
    make(workspace)
    for name in names:
        after = rows_by(workspace, name, "topic_id")
        touched = {one for one, row in before[name].items() if "style/bohemian" in row["attribute_ids"]}
        kept = {one: row for one, row in before[name].items() if one not in touched}
        assert {one: _judgement(after[one]) for one in kept} == {one: _judgement(row) for one, row in kept.items()}
        assert all(after[one] == row for one, row in kept.items() if row.get("merged_into") not in touched)
        assert not any("style/bohemian" in row["attribute_ids"] for row in after.values())
        assert any("style/boho" in row["attribute_ids"] for row in after.values())
        assert not any(set(row["attribute_ids"]) == {"category/dress", "color/blue"} for row in after.values())
    make(workspace, refit=True)
    ids = [set(row["attribute_ids"]) for row in rows_by(workspace, "topic_candidates", "topic_id").values()]
    assert {"category/dress", "color/blue"} in ids


def test_without_a_log_intent_and_phrasing_are_null_until_there_is_one(tmp_path: Path) -> None:
    catalog = _catalog()
    searches, catalog.searches = catalog.searches, []
    workspace = catalog.write(tmp_path)
    make(workspace)
    rows = rows_by(workspace, "judged_topics", "topic_id").values()
    assert rows
    assert all(row["intent"] is None and row["phrasing"] is None for row in rows)
    assert all(row["score"] == row["coherence"] for row in rows)
    catalog.searches = searches
    workspace = catalog.write(tmp_path)
    make(workspace)
    assert any(row["intent"] is not None for row in rows_by(workspace, "judged_topics", "topic_id").values())


@pytest.mark.parametrize("pins", [0, 1])
def test_next_to_nothing_is_no_failure(tmp_path: Path, pins: int) -> None:
    catalog = SmallCatalog()
    catalog.say(pins, ("category", "sofa"), ("color", "red"))
    workspace = catalog.write(tmp_path)
    make(workspace)
    assert workspace.lake.table("judged_topics").count() == 0
    for name in ("search_intents", "topic_candidates", "judged_topics"):
        assert workspace.lake.table(name).exists()


def test_the_first_pins_that_say_anything_are_mined_at_once(tmp_path: Path) -> None:
    make(SmallCatalog().write(tmp_path))
    workspace = _catalog().write(tmp_path)
    make(workspace)
    assert workspace.lake.table("topic_candidates").count() > 0


class _Forgetful:
    """A judge that could not answer for one topic the first time."""

    name, version = "forgetful", "1"

    def __init__(self) -> None:
        self.asked: list[int] = []

    def phrase(self, topics: Any) -> list[str]:
        return [" ".join(value for _, value in topic.attributes) for topic in topics]

    def judge(self, topics: Any) -> list[Any]:
        from relpins_resources.judges import AGAIN, Judgement

        self.asked.append(len(topics))
        fails = len(self.asked) == 1
        said = [Judgement(5.0, 4.0, 4.0, "fine") for _ in topics]
        return [Judgement(1.0, None, None, f"{AGAIN}no answer"), *said[1:]] if fails else said


def test_a_topic_that_was_not_answered_is_asked_again_alone(tmp_path: Path) -> None:
    workspace = _catalog().write(tmp_path)
    judge = _Forgetful()
    object.__setattr__(workspace, "judge", judge)
    make(workspace)
    n = workspace.lake.table("topic_candidates").count()
    make(workspace, only=[judged_topics])
    make(workspace, only=[judged_topics])
    assert judge.asked == [n, 1]
    assert not any("no answer" in row["reason"] for row in rows_by(workspace, "judged_topics", "topic_id").values())


def test_refit_of_the_same_is_the_same(tmp_path: Path) -> None:
    def made(home: Path) -> Workspace:
        workspace = _catalog().write(home)
        make(workspace)
        return workspace

    one, other = made(tmp_path / "one"), made(tmp_path / "other")
    for name in ("search_intents", "topic_candidates", "judged_topics"):
        key = "query" if name == "search_intents" else "topic_id"
        assert list(map(_stable, rows_by(one, name, key).values())) == list(
            map(_stable, rows_by(other, name, key).values())
        )


def test_topics_are_mined_from_the_pins_as_they_are_once_values_were_counted_anew(tmp_path: Path) -> None:
    catalog = _catalog()
    workspace = catalog.write(tmp_path)
    make(workspace)
    catalog.say(5, ("category", "lamp"), ("style", "boho"))
    workspace = catalog.write(tmp_path)
    workspace.lake.choose("artefacts", "frequent_attributes", "counted anew")
    make(workspace)
    found = rows_by(workspace, "topic_candidates", "query")
    assert found["bohemian lamp"]["n_pins"] == 5
