---
description: Look-alikes of the pin's own category only, so that no bathroom stands beside a kitchen.
parameters:
  item_id: {type: string, required: true}
  source_category: {type: string, required: true}
---
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
