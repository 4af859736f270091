"""diversity: every method against a slow form of it, the same bits alone and in a batch, and what each signal does."""

import numpy as np
import pytest
import pyversity
from hypothesis import given, settings
from hypothesis import strategies as st
from reranked import Space, column, ranking_of, request_of, reranked, shares_of, small_catalog
from slow_diversity import rooms_of, slow_gram, slow_picks

from relpins_resources.query.errors import QueryError
from relpins_resources.query.reranking import RERANKERS, Ranking
from relpins_resources.query.reranking.sliding_spectrum import sliding_spectrum_exact

FREE = {"diversity_lookforward_window": 10_000}
EVERY_SIGNAL = "clip_embedding:3,content_embedding:2,cooccurrence:1,semantic_id:1"


def scored(rows: list[list[int]], seed: int) -> Ranking:
    width = max(map(len, rows))
    return ranking_of(rows, -np.sort(-np.random.default_rng(seed).random((len(rows), width)), axis=1))


@settings(deadline=None, max_examples=60)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from(["ssd", "mmr", "dpp"]),
    st.floats(0.05, 1),
    st.integers(1, 8),
    st.integers(1, 30),
    st.integers(1, 26),
)
def test_equal_to_the_slow_form(seed: int, method: str, strength: float, window: int, reach: int, wanted: int):
    catalog = rooms_of(40, seed)
    items = np.random.default_rng(seed).permutation(40)[:24].tolist()
    ranking = scored([items], seed)
    weights = {"clip_embedding": 3, "content_embedding": 2, "cooccurrence": 1, "semantic_id": 1}
    found = reranked(
        "diversity",
        catalog,
        ranking,
        wanted,
        strength=strength,
        method=method,
        diversity_lookback_window=window,
        diversity_lookforward_window=reach,
        signals=EVERY_SIGNAL,
    )
    gram = slow_gram(catalog, items, weights)
    want = slow_picks(gram, ranking.scores[0], method, strength, window, reach, wanted)
    assert found.items[0].tolist() == [items[k] for k in want]
    assert found.source[0].tolist() == want
    assert found.scores[0].tolist() == ranking.scores[0][want].tolist()


@pytest.mark.parametrize("method", ["ssd", "mmr", "dpp"])
def test_signals_that_some_items_lack(method: str):
    for seed in range(8):
        catalog = rooms_of(30, seed, missing=0.3)
        ranking = scored([list(range(30))], seed)
        weights = {"clip_embedding": 0.4, "content_embedding": 0.2, "cooccurrence": 0.1, "semantic_id": 0.1}
        gram = slow_gram(catalog, list(range(30)), weights)
        found = reranked("diversity", catalog, ranking, 4, diversity_lookback_window=3, method=method, **FREE)
        assert found.items[0].tolist() == slow_picks(gram, ranking.scores[0], method, 0.5, 3, 99, 4)


def test_attributes_share_the_weight():
    for seed in range(8):
        catalog = rooms_of(30, seed)
        ranking = scored([list(range(30))], seed)
        arguments = {"diversity_attributes": ["style"], "signals": "clip_embedding", "diversity_lookback_window": 4}
        found = reranked("diversity", catalog, ranking, 12, **arguments, **FREE)
        gram = slow_gram(catalog, list(range(30)), {"clip_embedding": 1, "style": 1})
        assert found.items[0].tolist() == slow_picks(gram, ranking.scores[0], "ssd", 0.5, 4, 99, 12)


@settings(deadline=None, max_examples=40)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from(["ssd", "mmr", "dpp"]),
    st.floats(0.05, 1),
    st.integers(1, 6),
    st.integers(1, 40),
    st.integers(1, 20),
)
def test_a_batch_gives_what_each_gets_alone(
    seed: int, method: str, strength: float, window: int, reach: int, wanted: int
):
    rng = np.random.default_rng(seed)
    catalog = rooms_of(60, seed, missing=0.2 * (seed % 2))
    rows = [rng.permutation(60)[: rng.integers(0, 30)].tolist() for _ in range(5)]
    together = scored([*rows, list(range(30))], seed)
    settings_ = {
        "strength": strength,
        "method": method,
        "diversity_lookback_window": window,
        "diversity_lookforward_window": reach,
        "diversity_attributes": "style",
    }
    found = reranked("diversity", catalog, together, wanted, **settings_)
    for i, row in enumerate(rows):
        alone = ranking_of([row], together.scores[i : i + 1, : len(row)])
        want = reranked("diversity", catalog, alone, wanted, **settings_)
        assert found.items[i, : len(row)].tolist() == want.items[0].tolist()
        assert found.scores[i, : len(row)].tolist() == want.scores[0].tolist()
        assert sorted(want.items[0].tolist()) == sorted(row)


def test_many_pools_in_blocks_on_threads(monkeypatch: pytest.MonkeyPatch):
    import importlib

    module = importlib.import_module("relpins_resources.query.reranking.diversity")
    catalog = rooms_of(80, 3)
    rng = np.random.default_rng(3)
    ranking = scored([rng.permutation(80)[:40].tolist() for _ in range(60)], 3)
    whole = reranked("diversity", catalog, ranking, 12)
    monkeypatch.setattr(module, "BLOCK_BYTES", 1 << 15)
    assert reranked("diversity", catalog, ranking, 12).items.tolist() == whole.items.tolist()


@pytest.mark.parametrize("window", [1, 3, 9])
def test_a_long_feed_with_copies_does_not_drift(window: int):
    rng = np.random.default_rng(window)
    rows = np.repeat(rng.standard_normal((30, 11)), 4, axis=0)[rng.permutation(120)]
    catalog = small_catalog(120, embeddings={"clip_embedding": Space("clip_embedding", rows)})
    ranking = scored([list(range(120))], 5)
    found = reranked("diversity", catalog, ranking, 120, diversity_lookback_window=window, **FREE)
    vectors = catalog.embeddings["clip_embedding"].rows
    want = sliding_spectrum_exact(ranking.scores[0], vectors, strength=0.5, window=window, limit=120)
    assert found.items[0].tolist() == want.tolist()


def test_picks_of_a_peer():
    for seed in range(10):
        catalog = rooms_of(60, seed)
        ranking = scored([list(range(60))], seed)
        scores, rows = ranking.scores[0], catalog.embeddings["clip_embedding"].rows
        for s in (0.3, 0.7):
            settings_ = {"signals": "clip_embedding", "strength": s, "diversity_lookback_window": 99, **FREE}
            ssd = reranked("diversity", catalog, ranking, 8, **settings_)
            assert ssd.items[0, :8].tolist() == pyversity.ssd(rows, scores, 8, diversity=s, window=99).indices.tolist()
            # theirs weighs each vector by exp(beta z): (1 - s) / s for every unit of log volume is beta = (1 - s) / 2s
            dpp = reranked("diversity", catalog, ranking, 8, method="dpp", **settings_)
            theirs = pyversity.dpp(rows, scores.astype(np.float32), 8, diversity=s, scale=1 / (2 * s)).indices
            assert dpp.items[0, :8].tolist() == theirs.tolist()


def test_strength_0_leaves_every_order_as_it_was():
    catalog, items = rooms_of(20, 0), [[5, 2, 9, 11, 3, 0]]
    unscored, rising, falling, tied = ([0.0] * 6, [1.0, 3, 2, 9, -5, 0], [9.0, 8, 7, 3, 2, 1], [5.0, 5, 5, 4, 4, 1])
    for scores in (unscored, rising, falling, tied):
        found = reranked("diversity", catalog, ranking_of(items, np.array([scores])), 6, strength=0.0)
        assert found.items.tolist() == items
    for scores in (unscored, rising, falling):  # and hardly any strength hardly any: only equal scores are told apart
        found = reranked("diversity", catalog, ranking_of(items, np.array([scores])), 6, strength=1e-7)
        assert found.items.tolist() == items


def test_one_of_each_room_first():
    rooms = np.repeat(np.eye(4), 5, axis=0)
    everything = list(range(20))
    signals = {
        "clip_embedding": small_catalog(20, embeddings={"clip_embedding": Space("clip_embedding", rooms)}),
        "cooccurrence": small_catalog(20, shares=shares_of([everything[i : i + 5] for i in (0, 5, 10, 15)], 20)),
        "semantic_id": small_catalog(20, semantic_ids=np.repeat(np.arange(4), 5)[:, None] * [1, 1]),
    }
    for name, catalog in signals.items():
        for method in ("ssd", "mmr", "dpp"):
            settings_ = {"signals": name, "strength": 1.0, "method": method}
            found = reranked("diversity", catalog, ranking_of([everything]), 8, **settings_)
            assert [item // 5 for item in found.items[0, :4].tolist()] == [0, 1, 2, 3], (name, method)
    styled = small_catalog(20, {"style": column([*("abcd"[i // 5] for i in everything)])})
    found = reranked("diversity", styled, ranking_of([everything]), 8, strength=1.0, diversity_attributes="item.style")
    assert found.items[0, :4].tolist() == [0, 5, 10, 15]


def test_a_pick_reaches_no_further_than_the_lookforward_window():
    rooms = np.repeat(np.eye(4), 5, axis=0)
    catalog = small_catalog(20, embeddings={"clip_embedding": Space("clip_embedding", rooms)})
    everything = ranking_of([list(range(20))])
    near = reranked("diversity", catalog, everything, 20, strength=1.0, diversity_lookforward_window=4)
    for step, item in enumerate(near.items[0].tolist()):
        assert item in sorted(near.items[0, step:].tolist())[:4]
    alone = reranked("diversity", catalog, everything, 20, strength=1.0, diversity_lookforward_window=1)
    assert alone.items[0].tolist() == list(range(20))


def test_what_is_below_the_pool_stays_there():
    rooms = np.repeat(np.eye(4), 5, axis=0)
    catalog = small_catalog(20, embeddings={"clip_embedding": Space("clip_embedding", rooms)})
    found = reranked("diversity", catalog, ranking_of([list(range(20))]), 20, strength=1.0, pool=7)
    assert found.items[0, :2].tolist() == [0, 5]
    assert sorted(found.items[0, :7].tolist()) == list(range(7))
    assert found.items[0, 7:].tolist() == list(range(7, 20))


def test_a_text_embedding_stands_in_for_the_text_signal():
    rng = np.random.default_rng(0)
    rows = {name: rng.standard_normal((30, 8)) for name in ("clip_embedding", "content_embedding", "minilm")}
    embeddings = {name: Space(name, one) for name, one in rows.items()}
    catalog, ranking = small_catalog(30, embeddings=embeddings), scored([list(range(30))], 0)

    def feed(**arguments: object) -> list[int]:
        return reranked("diversity", catalog, ranking, 20, strength=0.9, **arguments, **FREE).items[0].tolist()

    assert feed(text_encoding_embedding_ref="minilm") == feed(signals="clip_embedding:0.4, minilm:0.2")
    assert feed(text_encoding_embedding_ref="content_embedding") == feed()
    replaced = feed(signals="content_embedding:2,clip_embedding:1", text_encoding_embedding_ref="minilm")
    assert replaced == feed(signals="clip_embedding,minilm:2")
    assert feed(signals="clip_embedding", text_encoding_embedding_ref="minilm") == feed(
        signals="clip_embedding,minilm:0.2"
    )
    assert len({tuple(feed(signals=name)) for name in embeddings}) == 3


def test_what_is_not_built_drops_out():
    catalog, ranking = rooms_of(30, 1), scored([list(range(30))], 1)
    request = request_of("diversity", catalog, ranking, 20, signals="clip_embedding,pinclip_embedding:9")
    only = reranked("diversity", catalog, ranking, 20, signals="clip_embedding:5")
    assert RERANKERS["diversity"](request).items.tolist() == only.items.tolist()
    assert "pinclip_embedding" in request.warnings[0]
    bare = request_of("diversity", small_catalog(30), ranking, 20)
    assert RERANKERS["diversity"](bare).items.tolist() == ranking.items.tolist()
    assert bare.warnings == []


def test_more_strength_spreads_more():
    catalog = rooms_of(200, 2)
    by_room = np.argsort(catalog.semantic_ids[:, 0], kind="stable").tolist()  # the first 20 are of one room
    ranking, rows = scored([by_room], 2), catalog.embeddings["clip_embedding"].rows
    for method in ("ssd", "mmr", "dpp"):
        alike = []
        for strength in (0.0, 0.4, 0.8):
            arguments = {"strength": strength, "method": method, "diversity_lookback_window": 5, **FREE}
            shown = reranked("diversity", catalog, ranking, 20, **arguments).items[0, :20]
            alike.append(float((rows[shown] @ rows[shown].T).sum()))
        assert alike == sorted(alike, reverse=True), method
        assert alike[2] < alike[0] / 2


def test_no_rows():
    catalog = rooms_of(9, 0)
    assert reranked("diversity", catalog, ranking_of([[], []]), 5).items.shape == (2, 0)
    assert reranked("diversity", catalog, ranking_of([[4], []]), 5).items.tolist() == [[4], [-1]]
    none = Ranking(np.empty((0, 4), np.int64), np.empty((0, 4)), np.empty((0, 4), np.int64))
    assert reranked("diversity", catalog, none, 3).items.shape == (0, 4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"signals": "clip_embeding:1"},
            r"signals of diversity names 'clip_embeding', which is no signal; did you mean clip_embedding",
        ),
        ({"signals": "clip_embedding:-1"}, "has the weight '-1' for 'clip_embedding'; give a number of at least 0"),
        ({"signals": "clip_embedding:much"}, "has the weight 'much'"),
        ({"signals": "clip_embedding:nan"}, "has the weight 'nan'"),
        ({"signals": "clip_embedding:0,semantic_id:0"}, "weighs every signal 0"),
        ({"signals": "clip_embedding,clip_embedding:2"}, "names 'clip_embedding' twice"),
        ({"signals": ""}, "names '', which is no signal"),
        ({"signals": 5}, "signals of diversity is 5; give a text"),
        ({"text_encoding_embedding_ref": "minilm"}, "names 'minilm', which is no embedding"),
        ({"diversity_attributes": ["style", "stile"]}, r"names 'stile', which is no column.*did you mean style\?"),
        ({"diversity_attributes": [4]}, "names 4, which is no column"),
        ({"method": "best"}, "method of diversity is 'best'; known: dpp, mmr, ssd"),
        ({"strength": -0.1}, "strength of diversity is -0.1; give a number from 0 to 1"),
        ({"strength": float("nan")}, "strength of diversity is nan"),
        ({"diversity_lookback_window": 0}, "give a whole number from 1 to 1000"),
        ({"diversity_lookforward_window": "9"}, "diversity_lookforward_window of diversity is '9'"),
        ({"pool": 0}, "pool of diversity is 0"),
    ],
)
def test_what_a_query_can_get_wrong(arguments: dict[str, object], message: str):
    with pytest.raises(QueryError, match=message) as caught:
        reranked("diversity", rooms_of(9, 0), ranking_of([[0, 1]]), 2, at=dict.fromkeys(arguments, 42), **arguments)
    assert caught.value.position == 42
