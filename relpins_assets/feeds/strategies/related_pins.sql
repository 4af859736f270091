---
description: >
  The related feed of a pin, over the union of what is near by look, by description, by the two-tower model, and what
  shares boards. Half by look, three tenths two-tower, two tenths description; until that model is built, half by shared
  boards. A pin that stands on no board yet, and candidates on fewer than `thin`, of whom boards say little, are judged
  by look and description alone.
parameters:
  item_id: {type: string, required: true}
  user_id: {type: string, default: null}
  candidates: {type: integer, default: 100}
  min_boards: {type: integer, default: 2}
  thin: {type: integer, default: 3}
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
            WHEN coalesce(query_item.n_boards, 0) = 0 OR coalesce(item.n_boards, 0) < $thin THEN
                0.6 / (1.0 + rank(embedding="clip_embedding"))
                + 0.4 / (1.0 + rank(embedding="content_embedding"))
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
