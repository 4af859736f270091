---
description: >
  A person's home feed: what the two-tower model places near them, what walks over boards from their saves reach, what is
  near to their recent saves by look and description; weighed also by freshness, and a pin that stands on no board yet
  gets what such a pin is worth on average, as no walk can reach it. Until there is a two-tower model, look, description
  and the categories they save decide. Nothing they saved already; spread out, with a little from outside. People without
  saves get what is popular, category by category.
parameters:
  user_id: {type: string, default: null}
  candidates: {type: integer, default: 100}
  limit: {type: integer, default: 20}
---
SELECT *
FROM retrieve(
    similarity(embedding_ref='twotower_embedding', encoder=precomputed_user(input_user_id=$user_id), limit=$candidates),
    similarity(embedding_ref='clip_embedding', encoder=interaction_round_robin(input_user_id=$user_id),
               limit=$candidates),
    similarity(embedding_ref='content_embedding', encoder=interaction_round_robin(input_user_id=$user_id),
               limit=$candidates),
    random_walk(input_user_id=$user_id, limit=$candidates)
)
WHERE prebuilt('exclude_saved', input_user_id=$user_id)
ORDER BY score(
    expression='
        CASE
            WHEN rank(embedding="twotower_embedding") IS NOT NULL THEN
                similarity(embedding="twotower_embedding")
                + (CASE WHEN coalesce(item.n_boards, 0) = 0 THEN 0.06
                        ELSE 0.1 / (1.0 + retrieval.random_walk_rank / 10.0) END)
                + 0.05 * exp(-days_since_release / 30.0)
            ELSE
                0.3 / (1.0 + rank(embedding="clip_embedding"))
                + 0.2 / (1.0 + rank(embedding="content_embedding"))
                + 0.1 * user_category_affinity
                + 0.03 * exp(-days_since_release / 14.0)
        END
    ',
    input_user_id=$user_id
)
REORDER BY diversity(strength=0.2, lookback=10), exploration(strength=0.2)
LIMIT $limit
