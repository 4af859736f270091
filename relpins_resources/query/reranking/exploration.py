"""exploration(strength, retriever, lookback, seed): items from outside the candidate set are woven in.

Without a retriever they are drawn from the whole catalog. All candidates stand on a ring in the order of a hash of
their ids; a query reads on from a point that the seed and its entity's id give. So the draw is the same each time,
differs between entities, and costs what it reads, not what the catalog holds. First come those worth showing: what
people engage with (a `popularity` in the better half of what has any) or what is new (`NEW_DAYS`).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from relpins_resources.query.catalog import Booleans, Catalog, Ints
from relpins_resources.query.plan import Stage
from relpins_resources.query.reranking.base import Ranking, RerankRequest
from relpins_resources.query.reranking.fetched import fetched, sources_of, suitable
from relpins_resources.query.reranking.weave import columns_of, weave, woven_places

SHARE = 0.2
"""Of a window's places, at strength 1."""
NEW_DAYS = 30.0
MOST_DRAWN = 2_048
"""Of the ring, per query: where a WHERE lets hardly anything pass, fewer items than places may be found."""
Hashes = npt.NDArray[np.uint64]


def exploration(request: RerankRequest) -> Ranking:
    """Of each window of `diversity_lookback_window` rows, round(strength * window * 0.2) come from outside.

    They come from the retriever, best first, or from the catalog. A retriever given as a call gives what is not among
    the candidates; one of FROM, named, gives its own, which are pulled up. Never woven in: the query item, what WHERE
    refuses and, if drawn from the catalog, what the user has saved.
    """
    window = request.integer("diversity_lookback_window")
    places = woven_places(request.number("strength"), window, SHARE, request.wanted)
    if not places.size:
        return request.ranking
    given = fetched(request)
    if given is None:
        others = _drawn(request, len(places))
    else:
        is_outside = columns_of(given, request.retrieved) < 0
        may = is_outside | (not isinstance(request.stage.get("retriever"), Stage))
        others = np.where(may & suitable(request, given), given, -1)
    return weave(request.ranking, others, sources_of(request, others), places)


def _drawn(request: RerankRequest, n_wanted: int) -> Ints:
    """(b, n_wanted) items of the ring that are neither retrieved nor saved, -1 where too few were found."""
    ring: Ints
    n_worth: int
    ring, n_worth = request.catalog.once(("exploration",), lambda: _ring(request.catalog))
    starts = _starts(request)
    n_read = min(2 * n_wanted + 32, len(ring))
    while True:
        items = ring[_read(starts, n_read, n_worth, len(ring))]
        usable = suitable(request, items) & (columns_of(items, request.retrieved) < 0) & ~_saved(request, items)
        if n_read >= min(len(ring), MOST_DRAWN) or bool((usable.sum(axis=1) >= n_wanted).all()):
            break
        n_read = min(8 * n_read, len(ring), MOST_DRAWN)
    order = np.argsort(~usable, axis=1, kind="stable")[:, :n_wanted]
    return np.where(np.take_along_axis(usable, order, axis=1), np.take_along_axis(items, order, axis=1), -1)


def _read(starts: Hashes, n_read: int, n_worth: int, n: int) -> Ints:
    """(b, n_read) places on the ring: around those worth showing, then around the rest."""
    step = np.arange(n_read, dtype=np.uint64)
    sizes = np.array([max(n_worth, 1), max(n - n_worth, 1)], np.uint64)
    worth = (starts[:, None] % sizes[0] + step) % sizes[0]
    rest = np.uint64(n_worth) + (starts[:, None] % sizes[1] + step) % sizes[1]
    places: Ints = np.where(step < n_worth, worth, rest).astype(np.int64)
    return places


def _ring(catalog: Catalog) -> tuple[Ints, int]:
    """All candidates in the order of their hashes, those worth showing first, and how many these are."""
    items = catalog.candidates
    worth = worth_showing(catalog)[items]
    order = np.lexsort((items, text_hashes(catalog.item_ids[items]), ~worth))
    return items[order], int(worth.sum())


def worth_showing(catalog: Catalog) -> Booleans:
    """(n,) items that people engage with, or that are new; all where neither is known."""
    popularity, created = catalog.columns.get("popularity"), catalog.columns.get("created_at")
    if popularity is None and created is None:
        return np.ones(len(catalog), bool)
    worth = np.zeros(len(catalog), bool)
    if popularity is not None:
        values = np.where(popularity.is_null, 0.0, popularity.data)
        some = values[values > 0]
        worth |= (values > 0) & (values >= (np.median(some) if some.size else 0.0))
    if created is not None:
        age = catalog.as_of.timestamp() - np.where(created.is_null, -np.inf, created.data)
        worth |= age <= NEW_DAYS * 86_400
    return worth


def _starts(request: RerankRequest) -> Hashes:
    """(b,) where each query's entity enters the ring: by its item, else its user, and the seed."""
    catalog, names = request.catalog, np.full(len(request.query_items), "", object)
    if catalog.people is not None and len(catalog.people.user_ids):
        names = np.where(request.users >= 0, catalog.people.user_ids[request.users], names)
    if len(catalog):
        names = np.where(request.query_items >= 0, catalog.item_ids[request.query_items], names)
    return _mixed(text_hashes(names) + _mixed(np.array([request.integer("seed") % 2**64], np.uint64)))


def _saved(request: RerankRequest, items: Ints) -> Booleans:
    """(b, m) what the query's user has saved."""
    people = request.catalog.people
    if people is None or not (request.users >= 0).any():
        return np.zeros(items.shape, bool)
    histories = [people.history(int(user)) for user in request.users]
    rows = np.repeat(np.arange(len(histories)), [len(one) for one in histories])
    stride = len(request.catalog)
    keys = rows * stride + np.concatenate(histories)
    return np.isin(np.arange(len(items))[:, None] * stride + items, keys)


def text_hashes(texts: npt.NDArray[np.object_]) -> Hashes:
    """(n,) FNV-1a over the code points of each text, mixed; of the text alone."""
    width = max(1, int(max(map(len, texts), default=1)))
    codes = texts.astype(f"<U{width}").view(np.uint32).reshape(len(texts), width)
    hashes = np.full(len(texts), 0xCBF29CE484222325, np.uint64)
    for column in range(width):
        code = codes[:, column].astype(np.uint64)
        hashes = np.where(code > 0, (hashes ^ code) * np.uint64(0x100000001B3), hashes)
    return _mixed(hashes)


def _mixed(hashes: Hashes) -> Hashes:
    """The finaliser of splitmix64: each bit of the answer hangs on each that goes in."""
    mixed = (hashes ^ (hashes >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
