---
description: >
  related_pins without any handling of cold start: candidates that no walk can reach get nothing for it, whoever they
  are. Its weight of walks is tuned on the same worlds towards the same goals as ours (NDCG@10 while new targets keep 80 %
  of warm ones' recall), so it is the best that one sum for all does; what the handling is worth is the difference to it.
parameters:
  item_id: {type: string, required: true}
  user_id: {type: string, default: null}
  candidates: {type: integer, default: 100}
  min_boards: {type: integer, default: 2}
  limit: {type: integer, default: 20}
---
SELECT *
FROM retrieve(
    similarity(embedding_ref='twotower_embedding', encoder=precomputed_item(input_item_id=$item_id), limit=$candidates),
    similarity(embedding_ref='clip_embedding', encoder=precomputed_item(input_item_id=$item_id), limit=$candidates),
    similarity(embedding_ref='content_embedding', encoder=precomputed_item(input_item_id=$item_id), limit=$candidates),
    similarity(embedding_ref='pinclip_embedding', encoder=precomputed_item(input_item_id=$item_id), limit=$candidates),
    random_walk($item_id, limit=$candidates),
    cooccurrence($item_id, min_boards=$min_boards, limit=$candidates),
    memorised($item_id, limit=$candidates)
)
WHERE join_id != query_item.join_id
ORDER BY score(
    expression='
        CASE
            WHEN rank(embedding="twotower_embedding") IS NOT NULL THEN
                similarity(embedding="twotower_embedding")
                + (CASE WHEN query_item.is_object_dominant THEN 0.25 ELSE 0.05 END)
                    * similarity(embedding="clip_embedding")
                + 0.05 / (1.0 + retrieval.random_walk_rank / 10.0)
                + 0.01 * pair.memboost
            ELSE
                0.3 / (1.0 + rank(embedding="clip_embedding"))
                + 0.5 / (1.0 + retrieval.cooccurrence_rank)
                + 0.2 / (1.0 + rank(embedding="content_embedding"))
        END
    ',
    input_user_id=$user_id
)
REORDER BY diversity(strength=0.1, lookback=10, signals='pinclip_embedding:1.0')
LIMIT $limit
