"""Diversity one pair and one pick at a time, over a catalog that has every signal: slow, and plain."""

import numpy as np
from reranked import Space, column, shares_of, small_catalog

from relpins_resources.query.catalog import Catalog


def rooms_of(n: int, seed: int, missing: float = 0.0) -> Catalog:
    """n items in clusters, with every signal; `missing` of them lack each one."""
    rng = np.random.default_rng(seed)
    cluster = rng.integers(6, size=n)

    def rows(dim: int) -> np.ndarray:
        found = rng.standard_normal((6, dim))[cluster] + 0.6 * rng.standard_normal((n, dim))
        found[rng.random(n) < missing] = 0
        return found

    boards = [rng.choice(n, size=rng.integers(2, 8), replace=False).tolist() for _ in range(n)]
    ids = np.stack([cluster, rng.integers(3, size=n), rng.integers(4, size=n)], axis=1)
    ids[rng.random(n) < missing] = -1
    values = [None if rng.random() < missing else "abc"[rng.integers(3)] for _ in range(n)]
    return small_catalog(
        n,
        {"style": column([*values[:-1], "a"])},
        embeddings={
            "clip_embedding": Space("clip_embedding", rows(9)),
            "content_embedding": Space("content_embedding", rows(12)),
            "pinclip_embedding": None,
        },
        shares=shares_of(boards, n),
        semantic_ids=ids,
    )


def slow_gram(catalog: Catalog, items: list[int], weights: dict[str, float]) -> np.ndarray:
    """The blended similarities of items, one pair and one signal at a time."""
    gram = np.eye(len(items))
    for i, a in enumerate(items):
        for j, b in enumerate(items[:i]):
            known = {name: slow_similarity(catalog, name, a, b) for name in weights}
            total = sum(weights[name] for name, alike in known.items() if alike is not None)
            blend = sum(weights[name] * alike for name, alike in known.items() if alike is not None)
            gram[i, j] = gram[j, i] = blend / total if total else 0.0
    return gram


def slow_similarity(catalog: Catalog, name: str, a: int, b: int) -> float | None:
    if name == "cooccurrence":
        shares = catalog.shares
        row = slice(shares.indptr[a], shares.indptr[a + 1])
        shared = dict(zip(shares.others[row].tolist(), shares.counts[row].tolist(), strict=True)).get(b, 0)
        boards = shares.n_boards[a] * shares.n_boards[b]
        return shared / np.sqrt(boards) if boards else None
    if name == "semantic_id":
        left, right = catalog.semantic_ids[a].tolist(), catalog.semantic_ids[b].tolist()
        if left[0] < 0 or right[0] < 0:
            return None
        return next((level for level in range(3) if left[level] != right[level]), 3) / 3
    if name == "style":
        values = catalog.columns["style"]
        return None if values.is_null[[a, b]].any() else float(values.data[a] == values.data[b])
    rows = catalog.embeddings[name].rows.astype(float)
    return float(rows[a] @ rows[b]) if rows[a].any() and rows[b].any() else None


def slow_picks(
    gram: np.ndarray, scores: np.ndarray, method: str, s: float, w: int, reach: int, limit: int
) -> list[int]:
    """One pick at a time, each from whole matrices."""
    spread = scores.std()
    z = (scores - scores.mean()) / spread if spread > 1e-12 else np.zeros(len(scores))
    left, picks = list(range(len(scores))), []
    while left and len(picks) < limit:
        last = picks[-w:]
        gains = []
        for i in left[:reach]:
            bias = 1.0 if method == "ssd" else 0.0
            inner, cross = gram[np.ix_(last, last)] + bias, gram[i, last] + bias
            outside = gram[i, i] + bias
            if last and method != "mmr":
                outside -= cross @ np.linalg.lstsq(inner, cross, rcond=1e-9)[0]
            if method == "mmr":
                gains.append(-max(gram[i, last], default=0.0))
            elif method == "dpp":
                gains.append(np.log(max(outside, 1e-6)))
            else:
                gains.append(np.sqrt(outside) if outside > 1e-6 else 0.0)
        objective = np.round((1 - s) * z[left[:reach]] + s * np.array(gains), 9)
        picks.append(left.pop(int(np.argmax(objective))))
    return picks + left
