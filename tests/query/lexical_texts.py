"""Texts of a few made-up words, and full-text indexes over them."""

from __future__ import annotations

from pathlib import Path

import lance
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from relpins_resources.query.retrieval.lexical import LanceLexicalIndex, keep_indexed

WORDS = [f"z{a}{b}{c}" for a in "bdk" for b in "aou" for c in "bdkm"]  # none that a stemmer changes


def random_texts(n: int, seed: int) -> dict[str, str]:
    """Texts by id; frequent and rare words, lengths from 1 to 20."""
    rng = np.random.default_rng(seed)
    chance = 1 / np.arange(1, len(WORDS) + 1)
    return {f"p{i:05d}": one_text(rng, chance / chance.sum()) for i in range(n)}


def one_text(rng: np.random.Generator, chance: npt.NDArray[np.float64]) -> str:
    return " ".join(rng.choice(WORDS, rng.integers(1, 20), p=chance))


def write(folder: Path, texts: dict[str, str]) -> str:
    table = pa.table({"pin_id": pa.array(texts, pa.string()), "text": pa.array(texts.values(), pa.string())})
    return str(lance.write_dataset(table, str(folder / "texts.lance")).uri)


def opened(uri: str, ids: list[str]) -> LanceLexicalIndex:
    return LanceLexicalIndex(lance.dataset(uri), np.array(sorted(ids), dtype=object))


def index_of(folder: Path, texts: dict[str, str]) -> LanceLexicalIndex:
    uri = write(folder, texts)
    assert keep_indexed(uri).is_exact
    return opened(uri, list(texts))


def found(index: LanceLexicalIndex, text: str, limit: int = 10, **options: object) -> list[int]:
    items = index.search([text], limit, **options).items[0]  # type: ignore[arg-type]
    return [int(item) for item in items if item >= 0]
