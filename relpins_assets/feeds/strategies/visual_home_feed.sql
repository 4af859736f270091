---
description: The published home feed - what is near to a person's recent saves, dealt in turn, with some of what is not.
parameters:
  user_id: {type: string, default: null}
---
SELECT *
FROM similarity(
    embedding_ref='clip_embedding',
    encoder='interaction_round_robin',
    input_user_id=$user_id,
    limit=500
)
ORDER BY score(
    expression='
        0.4 / (1.0 + rank(embedding="clip_embedding"))
        + 0.4 / (1.0 + rank(embedding="twotower_embedding"))
        + 0.2 / (1.0 + rank(embedding="content_embedding"))
    ',
    input_user_id=$user_id
)
REORDER BY exploration(diversity_lookback_window=50)
LIMIT 20
