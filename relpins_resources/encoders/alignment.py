"""What the heads are worth: a split into pairs to learn from and pairs to judge by, and the head's weight.

The weight is chosen by what the vectors are for: among ten nearest images, how alike are the pins' own titles.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from relpins_resources.encoders.base import Vectors

Rows = npt.NDArray[np.int64]
MIN_TEXTED = 200  # pins with text, under which no head is trained
HELD_OUT_SHARE = 0.1
HELD_OUT_RANGE = (50, 2000)
HEAD_WEIGHTS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
NEAREST = 10
CHANCE_SPREADS = 3.0  # standard errors above chance that text-to-image recall must reach


@dataclass(frozen=True)
class HeadChoice:
    """The chosen weight in [0, 1), and what was measured on the held-out pins."""

    weight: float
    title_cosine: float  # mean sentence cosine of the ten nearest images' titles, with the weight
    title_cosine_without: float  # with weight 0
    text_to_image: float  # recall@10 of the pin's own image
    image_to_title: float  # recall@10 of the pin's own title
    chance: float  # of either recall


def split_pairs(features: Vectors, texts: Sequence[str], seed: int) -> tuple[Rows, Rows]:
    """Rows with text, as (train, held out), both in ascending order.

    Pins that share their text or their image (repins) fall on the same side, so that nothing held out was learnt.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    texted = np.flatnonzero([bool(text) for text in texts])
    n = len(texted)
    _, by_text = np.unique([texts[int(i)].casefold() for i in texted], return_inverse=True)
    _, by_image = np.unique([hash_row.tobytes() for hash_row in features[texted]], return_inverse=True)
    nodes = np.arange(n)
    ends = np.concatenate([n + by_text, 2 * n + by_image])
    edges = coo_array((np.ones(2 * n), (np.concatenate([nodes, nodes]), ends)), shape=(3 * n, 3 * n))
    _, groups = connected_components(edges, directed=False)
    groups = np.unique(groups[:n], return_inverse=True)[1]
    wanted = int(np.clip(round(n * HELD_OUT_SHARE), *HELD_OUT_RANGE))
    order = np.random.default_rng(seed).permutation(groups.max() + 1)
    sizes = np.cumsum(np.bincount(groups)[order])
    held_groups = order[: int(np.searchsorted(sizes, wanted)) + 1]
    held = np.isin(groups, held_groups)
    return texted[~held], texted[held]


def choose_weight(descriptors: Vectors, image_heads: Vectors, text_heads: Vectors, sentences: Vectors) -> HeadChoice:
    """Judge by held-out pins: descriptors (m, k), image_heads and text_heads (m, d), sentences (m, t), unit rows.

    The weight is 0 unless text finds its image more often than by chance.
    """
    by_descriptor = descriptors @ descriptors.T  # (m, m)
    by_head = image_heads @ image_heads.T
    likeness = sentences @ sentences.T
    scores = [_title_cosine((1 - w) * by_descriptor + w * by_head, likeness) for w in HEAD_WEIGHTS]
    m = len(descriptors)
    chance = min(1.0, NEAREST / m)
    crossed = text_heads @ image_heads.T  # (text, image)
    text_to_image = recall_of_own(crossed)
    bound = chance + CHANCE_SPREADS * float(np.sqrt(chance * (1 - chance) / m))
    best = int(np.argmax(np.round(scores, 6))) if text_to_image > bound else 0
    return HeadChoice(HEAD_WEIGHTS[best], scores[best], scores[0], text_to_image, recall_of_own(crossed.T), chance)


def recall_of_own(scores: npt.NDArray[np.floating]) -> float:
    """Share of queries i whose own item i is among the NEAREST of scores[i], (m, m); equals count for the query."""
    better = (scores > np.diag(scores)[:, None]).sum(axis=1)
    return float((better < NEAREST).mean())


def _title_cosine(similarity: npt.NDArray[np.floating], likeness: npt.NDArray[np.floating]) -> float:
    """Mean likeness (m, m) of each row with its NEAREST most similar others."""
    others = similarity.copy()
    np.fill_diagonal(others, -np.inf)
    k = min(NEAREST, len(others) - 1)
    nearest = np.argsort(-others, axis=1, kind="stable")[:, :k]
    return float(np.take_along_axis(likeness, nearest, axis=1).mean())
