---
description: Look-alikes, with a fifth of the score for what is popular now.
parameters:
  item_id: {type: string, required: true}
  user_id: {type: string, default: null}
  limit: {type: integer, default: 20}
---
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
        0.4 / (1.0 + rank(embedding="clip_embedding"))
        + 0.25 / (1.0 + rank(embedding="twotower_embedding"))
        + 0.15 / (1.0 + rank(embedding="content_embedding"))
        + 0.2 / (1.0 + item._derived_popular_rank)
    ',
    input_user_id=$user_id
)
REORDER BY diversity(diversity_lookback_window=50)
LIMIT $limit
