"""Rows of landing pages: who is kept out, who stands for whom, what lies near; and that rows stay local."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from page_homes import Shop, page_rows_of, run_pages, workspace
from scipy import sparse

from relpins_assets.collections.gate import kept_out, kinds_of
from relpins_assets.collections.looks import Usual, alikeness, usual_alikeness
from relpins_assets.collections.pages import wanted_pages
from relpins_assets.collections.related import canonical_of, related_of
from relpins_assets.profile import Collections
from relpins_assets.refreshing import plan_asset
from relpins_assets.schemas import TABLES
from relpins_resources.lake import Lake


def test_pages_of_a_shop(tmp_path: Path) -> None:
    Shop.of().write(tmp_path)
    told = run_pages(tmp_path)
    rows = page_rows_of(tmp_path)
    assert rows["topic_sofa"]["title"] == "Red Sofa"
    assert rows["topic_sofa"]["slug"] == "red-sofa"
    # pins 0 to 7 cost 10 to 17; a third of them each is red, blue and green in words, and red is the topic's own
    assert rows["topic_sofa"]["intro"] == "8 picks for red sofa. Prices from $10 to $17. Colours: blue (3), green (2)."
    assert rows["topic_sofa"]["related_topic_ids"] == ["topic_sofas", "topic_dress"][:1]
    assert rows["topic_same"]["canonical_topic_id"] == "topic_dress"  # 9 of 10 pins
    assert rows["topic_dress"]["canonical_topic_id"] == "topic_dress"
    assert rows["topic_thin"]["reason"] == "it has 3 pins, a page needs 6"
    assert rows["topic_thin"]["related_topic_ids"] == []
    assert {name for name, row in rows.items() if row["is_published"]} == set(rows) - {"topic_thin"}
    assert (told["pages"], told["kept out"], told["near-duplicates that point to another"]) == (4, 1, 1)


def test_a_change_reaches_the_pages_it_changes_and_ends_as_a_rebuild(tmp_path: Path) -> None:
    shop = Shop.of()
    shop.write(tmp_path / "grown")
    run_pages(tmp_path / "grown")
    shop.pins["p39"]["price"] = 4.0  # on no page
    shop.pins["p00"]["price"] = 5.0  # on two
    shop.write(tmp_path / "grown")
    assert plan_of(tmp_path / "grown") == (0, 2)
    run_pages(tmp_path / "grown")
    shop.topic("topic_new", "green dress", ["category/dress", "color/green", "style/boho"], range(30, 39))
    del shop.topics["topic_sofa"]
    shop.write(tmp_path / "grown")
    told = run_pages(tmp_path / "grown")
    assert (told["new"], told["removed"]) == (1, 1)
    shop.write(tmp_path / "fresh")
    run_pages(tmp_path / "fresh")
    assert page_rows_of(tmp_path / "grown") == page_rows_of(tmp_path / "fresh")


def test_a_second_run_computes_nothing(tmp_path: Path) -> None:
    Shop.of().write(tmp_path)
    run_pages(tmp_path)
    version = Lake(tmp_path, TABLES).table("landing_pages").version()
    told = run_pages(tmp_path)
    assert (told["new"], told["stale"], told["removed"]) == (0, 0, 0)
    assert Lake(tmp_path, TABLES).table("landing_pages").version() == version


def test_no_collection_no_page(tmp_path: Path) -> None:
    assert run_pages(tmp_path)["pages"] == 0
    Shop().write(tmp_path)
    assert run_pages(tmp_path)["pages"] == 0


def test_one_pin_without_price_words_or_look(tmp_path: Path) -> None:
    shop = Shop({"p00": {"title": None, "price": None}})
    shop.topic("topic_one", "", [], [0])
    lake = shop.write(tmp_path)
    lake.table("clip_embeddings").drop()
    run_pages(tmp_path)
    assert page_rows_of(tmp_path)["topic_one"]["reason"].startswith("it has no title")


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        # six pictures are 15 pairs: 0.1 + 3 * 0.2 / 15 ** 0.5 is .255
        (("Sofa", 6, 0.9, 0.26, Usual(0.1, 0.2)), None),
        (("Sofa", 6, 0.9, 0.25, Usual(0.1, 0.2)), "its pictures are hardly more alike (0.250)"),
        (("Sofa", 6, 0.9, None, Usual(0.1, 0.2)), None),
        (("Sofa", 6, 0.9, 0.1, None), None),
        (("", 6, 0.9, 0.5, None), "it has no title"),
        (("Sofa", 5, 0.9, 0.5, None), "it has 5 pins, a page needs 6"),
        (("Sofa", 6, 0.89, 0.5, None), "its pins carry 0.890 of the topic on average, a page needs 0.900"),
    ],
)
def test_gate_says_why(facts, reason):
    found = kept_out(*facts, least_pins=6, least_score=0.9)
    assert found is None if reason is None else found is not None and found.startswith(reason)


def test_reasons_that_differ_in_figures_are_counted_together():
    reasons = ["it has 3 pins, a page needs 6", "it has 12 pins, a page needs 6", "it has no title"]
    assert kinds_of(reasons) == {"it has 12 pins, a page needs 6": 2, "it has no title": 1}


def test_pictures_that_have_nothing_in_common_keep_a_page_out(tmp_path: Path) -> None:
    shop = Shop.of()
    shop.topic("topic_mixed", "under $50", ["price_band/under-50"], [0, 20, 1, 21, 2, 22])
    shop.write(tmp_path)
    reasons = {name: reason for name, reason in _reasons(Lake(tmp_path, TABLES)).items() if reason}
    assert reasons.pop("topic_mixed").startswith("its pictures are hardly more alike")
    assert set(reasons) == {"topic_thin"}


def test_alikeness_is_the_mean_cosine_of_all_pairs(tmp_path: Path) -> None:
    lake = Shop.of().write(tmp_path)
    rows = lake.table("clip_embeddings").read().sort_by("pin_id")
    held = np.array(rows["vector"].to_pylist())
    groups = [[0, 1, 25], [3], [5, 6, 7, 30]]
    members = sparse.csr_matrix(np.array([[place in group for place in range(40)] for group in groups], float))
    expected = [
        np.mean([held[a] @ held[b] for a, b in combinations(group, 2)]) if len(group) > 1 else None for group in groups
    ]
    assert alikeness(lake, members, rows["pin_id"].to_pylist()) == pytest.approx(expected, abs=2e-6)


def test_what_is_usual_is_of_all_pairs_of_the_catalog(tmp_path: Path) -> None:
    lake = Shop.of().write(tmp_path)
    held = np.array(lake.table("clip_embeddings").read().sort_by("pin_id")["vector"].to_pylist())
    cosines = [held[a] @ held[b] for a, b in combinations(range(40), 2)]
    usual = usual_alikeness(lake)
    assert usual is not None
    assert (usual.mean, usual.deviation) == pytest.approx((np.mean(cosines), np.std(cosines)), abs=2e-6)


def test_neighbours_against_a_slow_oracle() -> None:
    random = np.random.default_rng(3)
    pins = (random.random((60, 25)) < 0.3).astype(float)
    pins[10:20] = pins[:10]
    pins[15:20, 0] = 1 - pins[15:20, 0]
    pins[:, 24] = 1
    kinds = (random.random((60, 9)) < 0.3).astype(float)
    idf, offered = random.random(9) + 0.1, random.random(60) < 0.8
    near = related_of(sparse.csr_matrix(pins), sparse.csr_matrix(kinds), idf, offered)
    canonical = canonical_of(sparse.csr_matrix(pins), list(range(60)))
    for page in range(60):
        shares = [(jaccard(pins, np.ones(25), page, other), jaccard(kinds, idf, page, other)) for other in range(60)]
        ranked = sorted((-round((a + b) / 2, 6), other) for other, (a, b) in enumerate(shares) if a < 0.8 and a + b)
        assert near[page] == [other for _, other in ranked if offered[other] and other != page][:8]
        first = [other for other in range(page) if shares[other][0] >= 0.8 and canonical[other] == other]
        assert canonical[page] == (first[0] if first else page)


def test_what_is_kept_out_stands_for_no_one() -> None:
    members = sparse.csr_matrix(np.ones((3, 4)))
    assert canonical_of(members, [2, 1]) == [0, 2, 2]


def jaccard(rows: np.ndarray, weights: np.ndarray, one: int, other: int) -> float:
    union = (np.maximum(rows[one], rows[other]) * weights).sum()
    return round(float((rows[one] * rows[other] * weights).sum() / union), 6) if union else 0.0


def plan_of(home: Path) -> tuple[int, int]:
    plan = plan_asset(workspace(home), "landing_pages")
    assert plan is not None
    return plan.n_new, plan.n_stale


def _reasons(lake: Lake) -> dict[str, str | None]:
    rows = wanted_pages(lake, Collections(min_pins=6))
    return dict(zip(rows["topic_id"].to_pylist(), rows["reason"].to_pylist(), strict=True))
