"""Words as the traditional stack has them: TF-IDF rows (Spärck Jones 1972; scikit-learn's weighting) and cosine."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse

from relpins_assets.evaluation.cut import cut_tables
from relpins_assets.evaluation.protocol import Queries
from relpins_resources.describers.compose import usable_text


def tf_idf_rows(texts: Sequence[str]) -> sparse.csr_matrix:
    """(n, words) unit rows, so that a product of two is their cosine; a text without a word is a row of zeros.

    Terms count 1 + log(tf); English stop words are left out.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    if not any(_has_word(text) for text in texts):
        return sparse.csr_matrix((len(texts), 1))
    try:
        return TfidfVectorizer(sublinear_tf=True, stop_words="english").fit_transform(texts).tocsr()
    except ValueError:  # stop words alone
        return sparse.csr_matrix((len(texts), 1))


def own_words_and_boards(tables: Mapping[str, pa.Table], queries: Queries) -> list[str]:
    """The text of every candidate at T: its title and description, and the titles of the boards it is saved to.

    Args:
        tables: uncut raw tables whose pins are named by their images' representatives (see `systems.collapsed`).
    """
    cut = cut_tables({name: tables[name] for name in ("pins", "boards", "board_pins")}, queries.cut_at)
    said: dict[str, list[str]] = defaultdict(list)
    for row in cut["pins"].select(["pin_id", "title", "description"]).to_pylist():
        said[row["pin_id"]] += [usable_text(row["title"]), usable_text(row["description"])]
    saves = cut["board_pins"].select(["board_id", "pin_id"])
    at = pc.index_in(saves["board_id"], value_set=cut["boards"]["board_id"].combine_chunks())
    titles = cut["boards"]["title"].take(at).to_pylist()
    for pin_id, title in zip(saves["pin_id"].to_pylist(), titles, strict=True):
        said[pin_id].append(usable_text(title))
    return [". ".join(filter(None, said[pin_id])) for pin_id in queries.pin_ids.tolist()]


def _has_word(text: str) -> bool:
    return any(one.isalnum() for one in text)
