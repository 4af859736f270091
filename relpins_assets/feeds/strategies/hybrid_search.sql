---
description: Words and meaning together, by reciprocal rank fusion.
parameters:
  query: {type: string, required: true}
  limit: {type: integer, default: 20}
---
SELECT *
FROM retrieve(
    text_search($query, mode='lexical', limit=200, name='words'),
    text_search($query, mode='vector', text_embedding_ref='content_embedding', limit=200, name='meaning')
)
ORDER BY score(expression='rrf(retrieval.words_rank, retrieval.meaning_rank, k=60)')
REORDER BY diversity(strength=0.1, lookback=10)
LIMIT $limit
