"""What queries run over, from the tables and indexes of a lake: a published snapshot, or the candidate of a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cache, cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from relpins_assets.embeddings.vectors import ENCODED_SIDE, MODEL
from relpins_assets.feeds.item_columns import item_columns
from relpins_assets.feeds.objects import load_objects
from relpins_assets.feeds.people import load_people
from relpins_assets.feeds.pinclip_encoders import with_pinclip
from relpins_assets.feeds.shares import load_shares
from relpins_assets.feeds.spaces import SPACES, Space
from relpins_assets.feeds.walks import walks_of
from relpins_assets.indexes.layers import is_of
from relpins_assets.indexes.words import open_lexical_index
from relpins_assets.profile import Profile
from relpins_assets.ranking.loading import with_ranking
from relpins_resources.ann import LayeredIndex
from relpins_resources.encoders import ClipEncoder, ClipModel, SentenceEncoder, clip_encoder, sentence_encoder
from relpins_resources.errors import RelpinsError
from relpins_resources.images import ImageLimits, decode_image, decode_pixels
from relpins_resources.lake import Lake
from relpins_resources.lake.artefacts import Artefact
from relpins_resources.lake.table import Table, vectors
from relpins_resources.query.catalog import Booleans, Catalog, Embedding, Encoders, Floats, Ints
from relpins_resources.query.retrieval.spaces import IndexedEmbedding, TableEmbedding, aligned

Ids = npt.NDArray[np.object_]


def load_catalog(lake: Lake, profile: Profile, *, as_of: date | None = None) -> Catalog:
    """Everything that a query may ask of a lake; columns are read when a query first needs them.

    Items are the pins with an image, candidates those that stand for their image. Up to `feeds.exact_up_to` items
    searches are exact, beyond that they go through the indexes.

    Args:
        as_of: the day that counts as now; the snapshot's own if None.
    """
    items = Items.of(lake)
    is_exact = len(items.ids) <= profile.feeds.exact_up_to
    day = as_of or (lake.snapshot.as_of if lake.snapshot is not None else datetime.now(UTC).date())
    catalog = Catalog(
        item_ids=items.ids,
        is_candidate=items.is_candidate,
        as_of=datetime.combine(day, time(), UTC),
        columns=item_columns(lake, items.ids, items.join_ids.take(pa.array(items.join_of))),
        embeddings={name: _embedding(lake, name, space, items, is_exact) for name, space in SPACES.items()},
        people=load_people(lake, items.ids),
        shares=load_shares(lake, items.join_ids, items.join_of, items.representatives),
        walks=walks_of(lake, items.join_ids, items.join_of, items.representatives),
        lexical=open_lexical_index(lake, items.ids),
        semantic_ids=_semantic_ids(lake.table("semantic_ids"), items),
        encoders=_encoders(lake, profile),
        images=lambda item: _jpeg(lake.table("pin_images"), str(items.ids[item])),
        objects=cache(lambda: load_objects(lake, items.ids)),
        filters=profile.filters,
    )
    return with_ranking(catalog, lake, profile, (items.join_ids, items.join_of, items.representatives))


@dataclass(frozen=True)
class Items:
    """The pins of a lake that have an image, in order of id."""

    ids: Ids  # (n,)
    join_ids: pa.Array  # (j,) the distinct images
    join_of: Ints  # (n,) place of each pin's image
    representatives: Ints  # (j,) position of the pin that stands for each image

    @classmethod
    def of(cls, lake: Lake) -> Items:
        joins = lake.table("pin_joins").read(["join_id", "pin_ids", "representative_pin_id"]).combine_chunks()
        pin_ids = joins["pin_ids"].combine_chunks()
        names = pin_ids.flatten()
        sizes = pc.list_value_length(pin_ids).to_numpy(zero_copy_only=False)
        order = pc.sort_indices(names)  # Arrow orders texts by their bytes, which is by code point, as Python does
        ids = names.take(order).to_numpy(zero_copy_only=False).astype(object)
        join_of = np.repeat(np.arange(joins.num_rows), sizes)[order.to_numpy()]
        representatives = aligned(joins["representative_pin_id"].to_numpy(), ids)
        return cls(ids, joins["join_id"].combine_chunks(), join_of, representatives)

    @cached_property
    def is_candidate(self) -> Booleans:
        chosen = np.zeros(len(self.ids), bool)
        chosen[self.representatives] = True
        return chosen


def _embedding(lake: Lake, name: str, space: Space, items: Items, is_exact: bool) -> Embedding | None:
    """The embedding of that name, where its index maps it if that is of the same vectors; None while it is empty."""
    table = lake.table(space.table)
    n_vectors = table.count()
    if n_vectors == 0:
        return None
    users = _user_vectors(lake.table(space.users)) if space.users is not None else None
    artefact = lake.index(space.index)
    if artefact is not None and is_of(artefact, table):
        index = LayeredIndex.open(artefact.folder / "layers")
        return IndexedEmbedding(name, index, items.ids, items.is_candidate, is_exact, users)
    rows = table.read(["pin_id", "vector"])
    at = aligned(rows["pin_id"].to_numpy(), items.ids)
    given = vectors(rows)
    matrix = np.zeros((len(items.ids), given.shape[1]), np.float32)
    matrix[at[at >= 0]] = given[at >= 0]
    has = np.zeros(len(items.ids), bool)
    has[at[at >= 0]] = True
    return TableEmbedding(name, matrix, items.is_candidate, has, users)


def _user_vectors(table: Table) -> tuple[Ids, Floats] | None:
    rows = table.read(["user_id", "vector"]).sort_by("user_id")
    if rows.num_rows == 0:
        return None
    return rows["user_id"].to_numpy().astype(object), vectors(rows)


def _semantic_ids(table: Table, items: Items) -> Ints | None:
    """(n, levels) codes, -1 for items without; None before there are any."""
    rows = table.read(["pin_id", "codes"])
    if rows.num_rows == 0:
        return None
    at = aligned(rows["pin_id"].to_numpy(), items.ids)
    codes = rows["codes"].combine_chunks().flatten().to_numpy().reshape(rows.num_rows, -1).astype(np.int64)
    found = np.full((len(items.ids), codes.shape[1]), -1, np.int64)
    found[at[at >= 0]] = codes[at >= 0]
    return found


def _encoders(lake: Lake, profile: Profile) -> Encoders:
    """What encodes as the embeddings were encoded; models are loaded when a query first needs them."""
    sentences = sentence_encoder(profile.content)
    encode = _checked(sentences, lake.chosen("spaces", "content_embeddings"))
    artefact = lake.artefact("clip_model")
    if artefact is None:
        return Encoders(text={"content_embedding": encode})
    clip = Clip(clip_encoder(profile.clip), artefact, sentences, ImageLimits(**profile.images.model_dump()))
    found = Encoders(
        text={"content_embedding": encode, "clip_embedding": clip.of_texts},
        image={"clip_embedding": clip.of_images},
    )
    return with_pinclip(lake, found, sentences)


def _checked(sentences: SentenceEncoder, space: str | None) -> Callable[[Sequence[str]], Floats]:
    """The encoder of texts, which refuses if the vectors that are there were made by another one."""

    def encode(texts: Sequence[str]) -> Floats:
        if space is not None and space != sentences.version:
            raise RelpinsError(
                f"the content vectors here are of encoder {space}, the profile now names {sentences.name}"
                f" ({sentences.version}); run `relpins build`, or query with the profile that they were built with"
            )
        return sentences.encode(texts)

    return encode


class Clip:
    """The clip model of a lake, loaded on first use."""

    def __init__(
        self, encoder: ClipEncoder, artefact: Artefact, sentences: SentenceEncoder, limits: ImageLimits
    ) -> None:
        self._encoder = encoder
        self._artefact = artefact
        self._sentences = sentences
        self._limits = limits

    @cached_property
    def _model(self) -> ClipModel:
        return self._encoder.load(self._artefact.folder / MODEL, self._sentences)

    def of_texts(self, texts: Sequence[str]) -> Floats:
        """(n, d) vectors of texts. Raises TextQueriesRefused where the model has no place for them."""
        return self._model.encode_text(texts)

    def of_images(self, images: Sequence[bytes]) -> Floats:
        """(n, d) vectors of image files: what the same pictures get when they are indexed."""
        pixels = [decode_pixels(decode_image(data, self._limits).jpeg, ENCODED_SIDE) for data in images]
        return self._model.project(self._encoder.features(pixels))


def _jpeg(table: Table, pin_id: str) -> bytes:
    found = table.read_keys([pin_id], ["jpeg"])["jpeg"].to_pylist()
    return found[0] if found else b""
