"""Names of the pair features, whether anything has built them yet or not."""

from __future__ import annotations

MOST_CROSSED = 32
SIMILARITIES = {
    "clip_similarity": "clip_embedding",
    "content_similarity": "content_embedding",
    "twotower_similarity": "twotower_embedding",
    "pinclip_similarity": "pinclip_embedding",
}
"""Features that are the cosine of two items in an embedding."""
CROSSED = tuple(f"category_x_visual_{number:02d}" for number in range(1, MOST_CROSSED + 1))
"""The look where the query pin is of one category; which category each is of the fitted ranker says."""
ALONE = ("coec_elsewhere", "saves", "aspect", "text_length")
"""What is known of the candidate without the query pin. Its age is no part of what is learnt: what a log shows is older
than what there is, so a ranker would learn that new pins are bad (`pair.age` is there for queries)."""
GROWN = (
    "category_similarity",
    "category_x_visual",
    "has_categories",
    "shared_boards",
    "walk_visits",
    "has_boards",
    "coec_elsewhere",
    "saves",
)
"""What a pin has only once it was saved or shown: a new one has none of it."""
LEARNT = (
    "hamming",
    *SIMILARITIES,
    "annotation_match",
    "topic_similarity",
    "category_similarity",
    "attribute_similarity",
    "category_x_visual",
    "shared_boards",
    "walk_visits",
    "has_annotations",
    "has_topics",
    "has_categories",
    "has_attributes",
    "has_boards",
    *ALONE,
    *CROSSED,
)
"""What rankers learn weights of, in order. Memboost is no part of it: it is made of the clicks that they learn from."""
PAIR_FEATURES = (*LEARNT, "age", "memboost")
