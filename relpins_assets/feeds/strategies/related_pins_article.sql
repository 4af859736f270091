---
description: >
  The published blend: 500 nearest by look, scored half by look, three tenths two-tower, two tenths description.
  Its candidates come from look alone, so what only people connect cannot enter.
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
        0.5 / (1.0 + rank(embedding="clip_embedding"))
        + 0.3 / (1.0 + rank(embedding="twotower_embedding"))
        + 0.2 / (1.0 + rank(embedding="content_embedding"))
    ',
    input_user_id=$user_id
)
REORDER BY diversity(diversity_lookback_window=50)
LIMIT $limit
