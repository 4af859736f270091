---
description: >
  The related feed of a pin: half by look, three tenths by what people save together, two tenths by description, over
  the union of all that any of them finds. A pin that stands on no board yet is judged by look and description alone.
  Until a two-tower model is built, its share goes to the pins that share boards.
parameters:
  item_id: {type: string, required: true}
  user_id: {type: string, default: null}
  candidates: {type: integer, default: 100}
  limit: {type: integer, default: 20}
---
SELECT *
FROM retrieve(
    similarity(embedding_ref='clip_embedding', encoder=precomputed_item(input_item_id=$item_id), limit=$candidates),
    similarity(embedding_ref='content_embedding', encoder=precomputed_item(input_item_id=$item_id), limit=$candidates),
    similarity(embedding_ref='twotower_embedding', encoder=precomputed_item(input_item_id=$item_id), limit=$candidates),
    cooccurrence($item_id, limit=$candidates)
)
WHERE join_id != query_item.join_id
ORDER BY score(
    expression='
        CASE WHEN coalesce(query_item.n_boards, 0) = 0 THEN
            0.6 / (1.0 + rank(embedding="clip_embedding"))
            + 0.4 / (1.0 + rank(embedding="content_embedding"))
        ELSE
            0.5 / (1.0 + rank(embedding="clip_embedding"))
            + 0.3 / (1.0 + coalesce(rank(embedding="twotower_embedding"), retrieval.cooccurrence_rank))
            + 0.2 / (1.0 + rank(embedding="content_embedding"))
        END
    ',
    input_user_id=$user_id
)
REORDER BY diversity(strength=0.2, lookback=10, signals='clip_embedding:0.5,content_embedding:0.5')
LIMIT $limit
