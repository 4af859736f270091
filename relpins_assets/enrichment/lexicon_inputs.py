"""What a lexicon is fitted on: the catalog's texts as documents, facts of them, and what was said of phrases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from relpins_assets.enrichment.attribute_keys import attribute_keys, viewed_keys
from relpins_assets.enrichment.phrase_lexicon import Encode, Lexicon, fit_lexicon
from relpins_assets.enrichment.phrase_slots import Floats
from relpins_assets.enrichment.phrases import BOARD, DESCRIPTION, TITLE, Document, segments, tag_segments
from relpins_assets.enrichment.raw_attributes import said_of, wanted_attributes
from relpins_assets.enrichment.source_trust import fit_trust
from relpins_assets.enrichment.typed_evidence import brand_phrases, example_types, logged_types, shop_names
from relpins_assets.fitting import Fitted, chosen_or_fitted
from relpins_assets.workspace import Workspace
from relpins_resources.lake import Lake
from relpins_resources.lake.artefacts import Artefact
from relpins_resources.lake.fingerprints import digest

MAX_JUDGED = 4_000
"""Images on which sources are compared."""
MAX_CATEGORIES = 24
"""Board categories told apart, the most frequent ones."""

PINS = """
SELECT any_value(p.title ORDER BY pin_id) AS title, any_value(p.description ORDER BY pin_id) AS description,
       any_value(p.merchant_tags ORDER BY pin_id) AS merchant_tags, min(p.link) AS link,
       max(p.price) IS NOT NULL AS is_priced, min(p.board_category) AS board_category
FROM (SELECT join_id, unnest(pin_ids) AS pin_id FROM pin_joins) j JOIN raw_pins p USING (pin_id)
GROUP BY join_id, p.title, p.description, p.merchant_tags ORDER BY min(pin_id)
"""
BOARDS = "SELECT DISTINCT title FROM raw_boards WHERE trim(coalesce(title, '')) <> '' ORDER BY title"
SEARCHES = """
SELECT query, filters, sum(coalesce("count", 1))::BIGINT AS n FROM raw_searches
WHERE filters IS NOT NULL OR kind = 'browse' GROUP BY ALL ORDER BY ALL
"""


LEXICON = "phrase_lexicon"
RULES = "1"
"""Changes when another release would fit another lexicon on the same catalog."""
INPUTS = ("raw_pins", "raw_boards", "raw_board_pins", "raw_searches", "pin_joins", "enriched_descriptions")


def lexicon_for(workspace: Workspace, *, refit: bool) -> Fitted:
    """The frozen lexicon, fitted if there is none, if it was made for other keys or another encoder, or on a refit."""
    lake = workspace.lake
    viewed = viewed_keys(workspace.profile)
    made_for = {"rules": RULES, "keys": digest(viewed), "encoder": workspace.sentence_encoder.version}
    inputs = _inputs(lake)

    def is_usable(old: Artefact) -> bool:
        is_outgrown = old.manifest["phrases"] == 0 and old.manifest["fitted on"] != inputs
        return made_for.items() <= old.manifest.items() and not is_outgrown

    def write(folder: Path) -> dict[str, Any]:
        found, facts, shops = documents(lake)
        lexicon = fit(workspace, found, facts, shops)
        lexicon.save(folder)
        trust = fit_trust(said_of(judged_pins(lake), lexicon, viewed), list(viewed), lexicon.key_of)
        trust.save(folder)
        per_key = Counter(one.key for one in lexicon.typed)
        told = {
            "documents": len(found),
            "phrases": len(lexicon.typed),
            "phrases per key": dict(sorted(per_key.items())),
        }
        return {**made_for, **told, "departments": trust.departments, "fitted on": inputs}

    version = digest(made_for, inputs)
    return chosen_or_fitted(workspace, LEXICON, version, write, refit=refit, is_usable=is_usable)


def _inputs(lake: Lake) -> dict[str, list[Any]]:
    """What a fit depends on: of each table how many rows, and a hash of their contents in any order."""
    hashed = "count(*) AS n, coalesce(bit_xor(md5_number_lower(fingerprint)), 0)::VARCHAR AS content"
    return {name: list(lake.query(f"SELECT {hashed} FROM {name}").to_pylist()[0].values()) for name in INPUTS}


def judged_pins(lake: Lake) -> pa.Table:
    """The pins on which sources are compared: one per image, those with the smallest hashes of a large catalog."""
    ids = lake.query(f"""
        SELECT representative_pin_id AS pin_id FROM pin_joins ORDER BY md5(join_id), join_id LIMIT {MAX_JUDGED}""")
    wanted = wanted_attributes(lake)
    return wanted.filter(pc.is_in(wanted["pin_id"], value_set=ids["pin_id"].combine_chunks()))


def fit(workspace: Workspace, found: Sequence[Document], facts: Floats, shops: Mapping[str, int]) -> Lexicon:
    """The lexicon of a catalog's documents; see `documents`."""
    lake = workspace.lake
    keys = viewed_keys(workspace.profile)
    examples = example_types(attribute_keys(workspace.profile))
    searches = lake.query(SEARCHES)
    logged = logged_types(zip(*(searches[name].to_pylist() for name in ("query", "filters", "n")), strict=True), keys)

    def known(phrases: Sequence[str]) -> Mapping[str, str]:
        brands = dict.fromkeys(brand_phrases(phrases, shops), "brand") if "brand" in keys else {}
        return {**brands, **logged, **examples}

    return fit_lexicon(found, facts, known, examples, list(keys), _encoder(workspace))


def documents(lake: Lake) -> tuple[list[Document], Floats, dict[str, int]]:
    """Each image's distinct texts and each distinct board title; what is known of each; the shops linked to."""
    pins = lake.query(PINS)
    rows = pins.to_pylist()
    own = [
        Document(
            (
                *segments(TITLE, row["title"]),
                *segments(DESCRIPTION, row["description"]),
                *tag_segments(row["merchant_tags"] or []),
            )
        )
        for row in rows
    ]
    boards = [Document(tuple(segments(BOARD, title))) for title in lake.query(BOARDS)["title"].to_pylist()]
    shops = shop_names(row["link"] for row in rows if row["is_priced"])
    facts = np.vstack([_facts(pins), np.zeros((len(boards), _facts(pins).shape[1]))])
    return [*own, *boards], facts, shops


def _facts(pins: pa.Table) -> Floats:
    """(n, 1 + c): whether it has a price, and which of the frequent board categories it is in."""
    categories = np.array([category or "" for category in pins["board_category"].to_pylist()], dtype=object)
    names, counts = np.unique(categories[categories != ""].astype(str), return_counts=True)
    frequent = names[np.lexsort((names, -counts))][:MAX_CATEGORIES]
    is_priced = np.array(pins["is_priced"].to_pylist(), bool).reshape(-1, 1)
    return np.hstack([is_priced, categories[:, None] == frequent[None, :].astype(object)]).astype(np.float64)


def _encoder(workspace: Workspace) -> Encode:
    encoder = workspace.sentence_encoder
    cache = workspace.cache(f"sentences@{encoder.version}")

    def encode(phrases: Sequence[str]) -> Floats:
        hashes = [digest(phrase) for phrase in phrases]
        return cache.vectors(hashes, lambda at: encoder.encode([phrases[i] for i in at])).astype(np.float64)

    return encode
