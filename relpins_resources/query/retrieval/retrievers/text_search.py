"""Items by text: by BM25 over their words, or nearest to the text's own vector."""

from __future__ import annotations

from relpins_resources.query.catalog import Hits
from relpins_resources.query.retrieval.encoders import Anchors, encode_texts
from relpins_resources.query.retrieval.retrievers.base import Request
from relpins_resources.query.retrieval.retrievers.similarity import nearest_to


def text_search(request: Request) -> Hits:
    """The `limit` best candidates for each text; none for an empty text, and while nothing has built the index."""
    texts = [None if text is None or not str(text).strip() else str(text) for text in request.values("query")]
    if request.constant("mode") == "vector":
        embedding = request.embedding("text_embedding_ref")
        if embedding is None:
            return request.empty()
        vectors, known = encode_texts(request, embedding, texts)
        return nearest_to(request, embedding, Anchors(vectors[:, None], known[:, None]))
    if request.catalog.lexical is None:
        return request.empty()
    fuzziness = request.constant("fuzziness_edit_distance")
    return request.catalog.lexical.search(texts, request.limit, fuzziness, request.allowed)
