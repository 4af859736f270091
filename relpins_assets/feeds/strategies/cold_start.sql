---
description: For a pin uploaded a moment ago, which nobody has saved - six tenths by look, four tenths by description.
parameters:
  item_id: {type: string, required: true}
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
        0.6 / (1.0 + rank(embedding="clip_embedding"))
        + 0.4 / (1.0 + rank(embedding="content_embedding"))
    '
)
REORDER BY diversity(diversity_lookback_window=50)
LIMIT $limit
