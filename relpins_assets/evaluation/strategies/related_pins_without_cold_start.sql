---
description: >
  related_pins without any handling of cold start: every pin and every candidate is judged by the same sum, whoever
  saved it. What the handling is worth is the difference to it.
parameters:
  item_id: {type: string, required: true}
  user_id: {type: string, default: null}
  candidates: {type: integer, default: 100}
  min_boards: {type: integer, default: 2}
  limit: {type: integer, default: 20}
---
SELECT *
FROM retrieve(
    similarity(embedding_ref='clip_embedding', encoder=precomputed_item(input_item_id=$item_id), limit=$candidates),
    similarity(embedding_ref='content_embedding', encoder=precomputed_item(input_item_id=$item_id), limit=$candidates),
    similarity(embedding_ref='twotower_embedding', encoder=precomputed_item(input_item_id=$item_id), limit=$candidates),
    cooccurrence($item_id, min_boards=$min_boards, limit=$candidates)
)
WHERE join_id != query_item.join_id
ORDER BY score(
    expression='
        CASE
            WHEN rank(embedding="twotower_embedding") IS NULL THEN
                0.3 / (1.0 + rank(embedding="clip_embedding"))
                + 0.5 / (1.0 + retrieval.cooccurrence_rank)
                + 0.2 / (1.0 + rank(embedding="content_embedding"))
            ELSE
                0.5 / (1.0 + rank(embedding="clip_embedding"))
                + 0.3 / (1.0 + rank(embedding="twotower_embedding"))
                + 0.2 / (1.0 + rank(embedding="content_embedding"))
        END
    ',
    input_user_id=$user_id
)
REORDER BY diversity(strength=0.2, lookback=10, signals='clip_embedding:0.5,content_embedding:0.5')
LIMIT $limit
