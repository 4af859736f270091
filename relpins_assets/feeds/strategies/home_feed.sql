---
description: >
  A person's home feed: what is near to their recent saves by look and description (by the two-tower model where there
  is one), weighed also by freshness and by the categories they save; nothing they saved already; spread out, with a
  little from outside. People without saves get what is popular, category by category.
parameters:
  user_id: {type: string, default: null}
  candidates: {type: integer, default: 100}
  limit: {type: integer, default: 20}
---
SELECT *
FROM retrieve(
    similarity(embedding_ref='clip_embedding', encoder=interaction_round_robin(input_user_id=$user_id),
               limit=$candidates),
    similarity(embedding_ref='content_embedding', encoder=interaction_round_robin(input_user_id=$user_id),
               limit=$candidates),
    similarity(embedding_ref='twotower_embedding', encoder=precomputed_user(input_user_id=$user_id), limit=$candidates)
)
WHERE prebuilt('exclude_saved', input_user_id=$user_id)
ORDER BY score(
    expression='
        0.3 / (1.0 + rank(embedding="clip_embedding"))
        + 0.2 / (1.0 + rank(embedding="content_embedding"))
        + 0.3 / (1.0 + rank(embedding="twotower_embedding"))
        + 0.1 * user_category_affinity
        + 0.03 * exp(-days_since_release / 14.0)
    ',
    input_user_id=$user_id
)
REORDER BY diversity(strength=0.3, lookback=10), exploration(strength=0.3)
LIMIT $limit
