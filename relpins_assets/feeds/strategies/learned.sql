---
description: The candidates of related_pins in the order of the trained ranker; in that of the blend until there is one.
parameters:
  item_id: {type: string, required: true}
  user_id: {type: string, default: null}
  candidates: {type: integer, default: 200}
  limit: {type: integer, default: 20}
---
SELECT *
FROM retrieve(
    similarity(embedding_ref='clip_embedding', encoder=precomputed_item(input_item_id=$item_id), limit=$candidates),
    similarity(embedding_ref='content_embedding', encoder=precomputed_item(input_item_id=$item_id), limit=$candidates),
    similarity(embedding_ref='twotower_embedding', encoder=precomputed_item(input_item_id=$item_id), limit=$candidates),
    cooccurrence($item_id, limit=$candidates),
    memorised($item_id, limit=$candidates)
)
WHERE join_id != query_item.join_id
ORDER BY score(
    expression='
        coalesce(
            ranker,
            coalesce(0.5 / (1.0 + rank(embedding="clip_embedding")), 0.0)
            + coalesce(0.3 / (1.0 + retrieval.cooccurrence_rank), 0.0)
            + coalesce(0.2 / (1.0 + rank(embedding="content_embedding")), 0.0)
        )
    ',
    input_user_id=$user_id
)
REORDER BY diversity(strength=0.2, lookback=10, signals='clip_embedding:0.5,content_embedding:0.5')
LIMIT $limit
