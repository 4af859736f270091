"""What must hold of a candidate snapshot before readers see it."""

from __future__ import annotations

from relpins_assets.indexes.layers import RECALL_FLOOR, RECALL_K, RECALL_QUERIES, open_index
from relpins_assets.indexes.words import indexed_words
from relpins_assets.refreshing import problems_now
from relpins_resources.lake import Lake

INDEXES = {
    "clip_index": "clip_embeddings",
    "content_index": "content_embeddings",
    "twotower_index": "twotower_embeddings",
    "pinclip_index": "pinclip_embeddings",
}

BROKEN_FEEDS = """
SELECT
    (SELECT count(*) FROM clip_embeddings c ANTI JOIN content_embeddings t USING (pin_id)) AS without_content,
    (SELECT count(*) FROM clip_embeddings c ANTI JOIN related_pins_pools f USING (pin_id)) AS without_feed,
    (SELECT count(*) FROM (SELECT candidate_pin_id FROM related_pins_feeds UNION ALL
                           SELECT candidate_pin_id FROM home_feeds) f
     ANTI JOIN pin_images i ON i.pin_id = f.candidate_pin_id) AS vanished,
    (SELECT count(*) FROM related_pins_feeds WHERE pin_id = candidate_pin_id) AS themselves,
    (SELECT count(*) FROM (SELECT strategy, pin_id FROM related_pins_feeds GROUP BY ALL
                           HAVING max(rank) <> count(*) OR min(rank) <> 1
                               OR count(DISTINCT candidate_pin_id) <> count(*))) AS misnumbered
"""
BROKEN_RANKING = """
SELECT
    (SELECT count(*) FROM engagement_coec e ANTI JOIN pin_joins USING (join_id))
    + (SELECT count(*) FROM engagement_coec e ANTI JOIN pin_joins j ON j.join_id = e.query_join_id) AS vanished_engaged,
    (SELECT count(*) FROM (SELECT unnest([query_pin_id, better_pin_id, worse_pin_id]) AS pin_id FROM ranking_triplets)
     ANTI JOIN pin_images i USING (pin_id)) AS vanished_taught
"""
BROKEN_WALKS = """
SELECT (SELECT count(*) FROM (SELECT unnest(candidate_join_ids) AS join_id FROM random_walk_candidates)
        ANTI JOIN pin_joins USING (join_id))
     + (SELECT count(*) FROM random_walk_candidates ANTI JOIN pin_joins USING (join_id)) AS vanished_walked
"""
BROKEN_OBJECTS = """
SELECT
    (SELECT count(*) FROM dominant_object_pins d ANTI JOIN pin_images i USING (pin_id))
    + (SELECT count(*) FROM dominant_objects o ANTI JOIN dominant_object_pins d USING (pin_id)) AS vanished_seen,
    (SELECT count(*) FROM dominant_objects o ANTI JOIN object_embeddings e USING (pin_id, object_number))
    + (SELECT count(*) FROM object_embeddings e ANTI JOIN dominant_objects o USING (pin_id, object_number))
        AS unembedded
"""
MEANING = {
    "vanished_seen": "objects are of a pin that is gone, or that no detector looked at",
    "unembedded": "objects have no vector, or vectors no object",
    "vanished_walked": "places in random walks name an image that is gone",
    "vanished_engaged": "rows of engagement name an image that is gone",
    "vanished_taught": "places in ranking triplets name a pin that is gone",
    "without_content": "pins have a clip vector but no content vector",
    "without_feed": "pins have vectors but no feed",
    "vanished": "feed entries or assignments name a pin that is gone",
    "themselves": "feeds recommend their own pin",
    "misnumbered": "feeds have gaps or repeats",
    "unknown": "assignments name an attribute that is not in the vocabulary",
    "vanished_shown": "places in collections name a pin that is gone",
    "refused": "collections or pages are of topics that were not accepted",
    "misnumbered_shown": "collections have gaps or repeats",
    "empty_pages": "published pages have no pin",
}

BROKEN_COLLECTIONS = """
SELECT
    (SELECT count(*) FROM attribute_assignments a ANTI JOIN attribute_vocabulary v USING (attribute_id)) AS unknown,
    (SELECT count(*) FROM attribute_assignments a ANTI JOIN pin_images i USING (pin_id)) AS vanished,
    (SELECT count(*) FROM shopping_collections c ANTI JOIN pin_images i USING (pin_id)) AS vanished_shown,
    (SELECT count(*) FROM (SELECT topic_id FROM collection_pools UNION SELECT topic_id FROM landing_pages) c
     ANTI JOIN (SELECT topic_id FROM judged_topics WHERE verdict = 'accepted') t USING (topic_id)) AS refused,
    (SELECT count(*) FROM (SELECT topic_id FROM shopping_collections GROUP BY 1
                           HAVING max(rank) <> count(*) OR count(DISTINCT pin_id) <> count(*))) AS misnumbered_shown,
    (SELECT count(*) FROM landing_pages p ANTI JOIN shopping_collections c USING (topic_id) WHERE p.is_published)
        AS empty_pages
"""


def feed_problems(lake: Lake) -> list[str]:
    """What is wrong with the feeds and what they are ranked by, a line each; empty if nothing is."""
    broken = (BROKEN_FEEDS, BROKEN_RANKING, BROKEN_WALKS, BROKEN_OBJECTS)
    return [problem for statement in broken for problem in _counted(lake, statement)]


def collection_problems(lake: Lake) -> list[str]:
    """What is wrong with attributes, collections and pages, a line each; empty if nothing is."""
    return _counted(lake, BROKEN_COLLECTIONS)


def _counted(lake: Lake, statement: str) -> list[str]:
    counts = lake.query(statement).to_pylist()[0]
    return [f"{n} {MEANING[name]}" for name, n in counts.items() if n]


def space_problems(lake: Lake) -> list[str]:
    """Where an index, or the semantic ids, and the table of vectors are not of one vector space."""
    problems = []
    for index, embeddings in INDEXES.items():
        artefact, table = lake.index(index), lake.table(embeddings)
        if artefact is None:
            problems.append(f"{index} was never built")
        elif artefact.manifest["origin"]["space"] != table.path.name:
            problems.append(f"{index} holds {artefact.manifest['origin']['space']}, {embeddings} is {table.path.name}")
        elif artefact.manifest["n_vectors"] != table.count():
            problems.append(f"{index} holds {artefact.manifest['n_vectors']} vectors, {embeddings} {table.count()}")
    further = (
        _id_problems,
        _topic_problems,
        _product_problems,
        _tower_problems,
        _pinclip_problems,
        _object_problems,
    )
    return problems + [problem for problems_of in further for problem in problems_of(lake)]


def _id_problems(lake: Lake) -> list[str]:
    codebooks, vectors, ids = lake.artefact("semantic_ids"), lake.table("clip_embeddings"), lake.table("semantic_ids")
    if codebooks is not None and codebooks.manifest["space"] != vectors.path.name:
        return [f"semantic_ids are of {codebooks.manifest['space']}, clip_embeddings is {vectors.path.name}"]
    if ids.count() != vectors.count():
        return [f"semantic_ids holds {ids.count()} pins, clip_embeddings {vectors.count()}"]
    return []


def _object_problems(lake: Lake) -> list[str]:
    spaces = [lake.chosen("spaces", name) for name in ("object_embeddings", "clip_embeddings")]
    return [] if spaces[0] == spaces[1] else [f"object_embeddings are of {spaces[0]}, clip_embeddings of {spaces[1]}"]


def _topic_problems(lake: Lake) -> list[str]:
    centres, vectors, topics = lake.artefact("pin_topics"), lake.table("content_embeddings"), lake.table("pin_topics")
    if centres is not None and centres.manifest["space"] != vectors.path.name:
        return [f"pin_topics are of {centres.manifest['space']}, content_embeddings is {vectors.path.name}"]
    if topics.count() != vectors.count():
        return [f"pin_topics holds {topics.count()} pins, content_embeddings {vectors.count()}"]
    return []


def _product_problems(lake: Lake) -> list[str]:
    encoder, products = lake.artefact("dual_encoder"), lake.table("product_embeddings")
    if encoder is None:
        return []
    spaces = {lake.chosen("spaces", name) for name in ("product_embeddings", "attribute_assignments")}
    if spaces != {encoder.version}:
        return [f"dual_encoder is {encoder.version}, its tables are of {', '.join(sorted(map(str, spaces)))}"]
    n_pins = lake.table("clip_embeddings").count()
    return [] if products.count() == n_pins else [f"product_embeddings holds {products.count()} pins of {n_pins}"]


def _tower_problems(lake: Lake) -> list[str]:
    """Where vectors of pins or users are not of the towers as they are, or not of every pin."""
    towers = lake.artefact("twotower_model")
    if towers is None:
        return []
    spaces = {lake.chosen("spaces", name) for name in ("twotower_embeddings", "twotower_users")}
    if spaces != {towers.version}:
        return [f"twotower_model is {towers.version}, its tables are of {', '.join(sorted(map(str, spaces)))}"]
    for name in ("clip_embeddings", "content_embeddings"):
        made_for, now = towers.manifest[f"space of {name}"], lake.table(name).path.name
        if made_for != now:
            return [f"twotower_model reads {made_for}, {name} is {now}"]
    n_placed = lake.table("twotower_embeddings").count()
    n_pins = lake.table("clip_embeddings").count() if towers.manifest["trained"] else 0
    return [] if n_placed == n_pins else [f"twotower_embeddings holds {n_placed} pins of {n_pins}"]


def _pinclip_problems(lake: Lake) -> list[str]:
    """Where vectors of pins are not of the encoder as it is, or not of every pin."""
    encoder = lake.artefact("pinclip_model")
    if encoder is None:
        return []
    space, looks = lake.chosen("spaces", "pinclip_embeddings"), lake.table("clip_embeddings")
    if space != encoder.version:
        return [f"pinclip_model is {encoder.version}, pinclip_embeddings are of {space}"]
    if encoder.manifest["space of looks"] != looks.path.name:
        return [f"pinclip_model reads {encoder.manifest['space of looks']}, clip_embeddings is {looks.path.name}"]
    n_placed, n_pins = lake.table("pinclip_embeddings").count(), looks.count()
    return [] if n_placed == n_pins else [f"pinclip_embeddings holds {n_placed} pins of {n_pins}"]


def word_problems(lake: Lake) -> list[str]:
    """Which images could not be found by their words."""
    state, n_images = indexed_words(lake), lake.table("pin_joins").count()
    problems = [f"lexical_index has not indexed {state.n_unindexed} of its texts"] if state.n_unindexed else []
    if state.n_texts != n_images:
        problems.append(f"lexical_index holds {state.n_texts} images, pin_joins {n_images}")
    return problems


def recall_problems(lake: Lake) -> list[str]:
    """Which index misses too many of the true neighbours."""
    problems = []
    for name in INDEXES:
        index = open_index(lake, name)
        recall = index.recall_at(RECALL_K, RECALL_QUERIES) if index is not None else 1.0
        if recall < RECALL_FLOOR:
            problems.append(f"{name}: recall@{RECALL_K} is {recall:.3f}, at least {RECALL_FLOOR} is asked for")
    return problems


def table_problems(lake: Lake) -> list[str]:
    """Which derived table is not as declared."""
    derived = [table for table in lake.tables().values() if table.schema.kind in ("derived", "ledger")]
    return [f"{table.name}: {problem}" for table in derived for problem in problems_now(lake, table)]
