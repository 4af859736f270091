"""The query language. `plan.py` is what a query means; `stages.py` and `signatures.py` declare what it may say;
`catalog.py` is what it runs over. `language` reads and writes text, `checking` knows names and parameters,
`expressions`, `retrieval` and `reranking` compute, `execution` runs a plan. Nothing here knows where tables lie.
"""
