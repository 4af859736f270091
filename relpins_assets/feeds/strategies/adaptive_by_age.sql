---
description: Three bands by the candidate's age - the older a pin, the more counts what people do with it.
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
    ',
    input_user_id=$user_id
)
REORDER BY diversity(diversity_lookback_window=50)
LIMIT $limit
