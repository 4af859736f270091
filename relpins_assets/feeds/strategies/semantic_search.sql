---
description: What a search means rather than says - nearest to the encoded text among the enriched descriptions.
parameters:
  query: {type: string, required: true}
  limit: {type: integer, default: 20}
---
SELECT *
FROM text_search($query, mode='vector', text_embedding_ref='content_embedding', limit=200)
LIMIT $limit
