"""The queries of the article, letter for letter: four whole, and three that replace the ORDER BY of the first."""

BLEND = """
                SELECT *
                FROM similarity(
                    embedding_ref='clip_embedding',
                    encoder='item_attribute_pooling',
                    input_item_id=$item_id,
                    limit=500
                )
                WHERE item_id != $item_id
                ORDER BY score(
                    expression='
                        0.5 / (1.0 + rank(embedding="clip_embedding"))
                        + 0.3 / (1.0 + rank(embedding="twotower_embedding"))
                        + 0.2 / (1.0 + rank(embedding="content_embedding"))
                    ',
                    input_user_id=$user_id
                )
                REORDER BY diversity(diversity_lookback_window=50)
                LIMIT $limit
            """

COLD_START = """
                SELECT *
                FROM similarity(
                    embedding_ref='clip_embedding',
                    encoder='item_attribute_pooling',
                    input_item_id=$item_id,
                    limit=500
                )
                WHERE item_id != $item_id
                ORDER BY score(
                    expression='
                        0.6 / (1.0 + rank(embedding="clip_embedding"))
                        + 0.4 / (1.0 + rank(embedding="content_embedding"))
                    '
                )
                REORDER BY diversity(diversity_lookback_window=50)
                LIMIT $limit
            """

ADAPTIVE_BY_AGE = """-- adaptive_by_age.sql
ORDER BY score(
    expression='
        CASE
            WHEN days_since_release < 3 THEN
                0.55 / (1.0 + rank(embedding="clip_embedding"))
                + 0.45 / (1.0 + rank(embedding="content_embedding"))
            WHEN days_since_release < 14 THEN
                0.4 / (1.0 + rank(embedding="clip_embedding"))
                + 0.3 / (1.0 + rank(embedding="twotower_embedding"))
                + 0.3 / (1.0 + rank(embedding="content_embedding"))
            ELSE
                0.3 / (1.0 + rank(embedding="clip_embedding"))
                + 0.5 / (1.0 + rank(embedding="twotower_embedding"))
                + 0.2 / (1.0 + rank(embedding="content_embedding"))
        END
    '
)
"""

TRENDING_VISUAL = """-- trending_visual.sql
ORDER BY score(
    expression='
        0.4 / (1.0 + rank(embedding="clip_embedding"))
        + 0.25 / (1.0 + rank(embedding="twotower_embedding"))
        + 0.15 / (1.0 + rank(embedding="content_embedding"))
        + 0.2 / (1.0 + item._derived_popular_rank)
    '
)
"""

SIX_SIGNALS = """ORDER BY score(
    expression='
        0.35 / (1.0 + rank(embedding="clip_embedding"))
        + 0.25 / (1.0 + rank(embedding="twotower_embedding"))
        + 0.15 / (1.0 + rank(embedding="content_embedding"))
        + 0.1 / (1.0 + item._derived_popular_rank)
        + 0.1 / (1.0 + days_since_release)
        + 0.05 * user_category_affinity
    '
)
"""

SAME_CATEGORY = """-- same_category.sql
SELECT *
FROM similarity(
    embedding_ref='clip_embedding',
    encoder='item_attribute_pooling',
    input_item_id=$item_id,
    limit=500
)
WHERE board_category = $source_category
  AND item_id != $item_id
ORDER BY score(
    expression='
        0.5 / (1.0 + rank(embedding="clip_embedding"))
        + 0.3 / (1.0 + rank(embedding="twotower_embedding"))
        + 0.2 / (1.0 + rank(embedding="content_embedding"))
    '
)
REORDER BY diversity(diversity_lookback_window=50)
LIMIT 20
"""

VISUAL_HOME_FEED = """-- visual_home_feed.sql
SELECT *
FROM similarity(
    embedding_ref='clip_embedding',
    encoder='interaction_round_robin',
    input_user_id=$user_id,
    limit=500
)
ORDER BY score(
    expression='
        0.4 / (1.0 + rank(embedding="clip_embedding"))
        + 0.4 / (1.0 + rank(embedding="twotower_embedding"))
        + 0.2 / (1.0 + rank(embedding="content_embedding"))
    ',
    input_user_id=$user_id
)
REORDER BY exploration(diversity_lookback_window=50)
LIMIT 20
"""

WHOLE = {
    "blend": BLEND,
    "cold_start": COLD_START,
    "same_category": SAME_CATEGORY,
    "visual_home_feed": VISUAL_HOME_FEED,
}
ORDERS = {"adaptive_by_age": ADAPTIVE_BY_AGE, "trending_visual": TRENDING_VISUAL, "six_signals": SIX_SIGNALS}


def with_order(order: str) -> str:
    """The blend with another ORDER BY in the place of its own."""
    start, end = BLEND.index("ORDER BY"), BLEND.index("REORDER BY")
    return BLEND[:start] + order + BLEND[end:]


QUERIES = {**WHOLE, **{name: with_order(order) for name, order in ORDERS.items()}}
