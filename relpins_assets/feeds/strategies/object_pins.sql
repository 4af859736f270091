---
description: Pins that look like one object in a pin's picture, by its number in dominant_objects; 1 is the largest.
parameters:
  item_id: {type: string, required: true}
  object: {type: integer, default: 1}
  candidates: {type: integer, default: 100}
  limit: {type: integer, default: 20}
---
SELECT *
FROM retrieve(
    similarity(
        embedding_ref='clip_embedding',
        encoder=precomputed_item(input_item_id=$item_id, object=$object),
        limit=$candidates
    )
)
WHERE join_id != query_item.join_id
ORDER BY score(expression='similarity(embedding="clip_embedding")')
REORDER BY diversity(strength=0.2, lookback=10, signals='clip_embedding:1')
LIMIT $limit
