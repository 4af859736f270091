---
description: >
  The related feed of a pin, over the union of what is near by the two-tower model, by look, by description and by both
  in one, what walks over boards reach, what shares boards, and what people engaged with beside it. Scored by the
  two-tower model first of all, with a little for look (five times as much where one object dominates the picture), for
  where the walks came by, and for engagement. A candidate that stands on no board yet cannot be reached by a walk: it
  gets what such a candidate is worth on average, so that a new pin is not last. Until there is a two-tower model, shared
  boards, look and description decide, and for pins on fewer than `thin` boards look and description alone.
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
                + (CASE WHEN coalesce(item.n_boards, 0) = 0 THEN 0.11
                        ELSE 0.3 / (1.0 + retrieval.random_walk_rank / 10.0) END)
                + 0.01 * pair.memboost
            WHEN coalesce(query_item.n_boards, 0) = 0 OR coalesce(item.n_boards, 0) < $thin THEN
                0.6 / (1.0 + rank(embedding="clip_embedding"))
                + 0.4 / (1.0 + rank(embedding="content_embedding"))
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
