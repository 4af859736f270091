"""What the queries of these tests may name: the article's embeddings, a few columns of every kind."""

from __future__ import annotations

from relpins_resources.query.checking.names import Declared

DECLARED = Declared(
    embeddings=("clip_embedding", "content_embedding", "twotower_embedding", "pinclip_embedding"),
    text_embeddings=("clip_embedding", "content_embedding"),
    item_columns={
        "item_id": "text",
        "title": "text",
        "board_category": "text",
        "price": "number",
        "is_object_dominant": "bool",
        "created_at": "time",
        "merchant_tags": "list",
        "note": "object",
        "_derived_popular_rank": "number",
        "n_boards": "number",
    },
    pair_features=("hamming", "memboost"),
    filters=("exclude_saved",),
)
