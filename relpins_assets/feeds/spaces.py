"""The embeddings that queries may name, and where each lies. All that depends on which there are reads this table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Space:
    """Where an embedding lies: its vectors, the index over them, and the vectors of users, where there are any."""

    table: str
    index: str
    users: str | None = None


SPACES = {
    "clip_embedding": Space("clip_embeddings", "clip_index"),
    "content_embedding": Space("content_embeddings", "content_index"),
    "twotower_embedding": Space("twotower_embeddings", "twotower_index", "twotower_users"),
    "pinclip_embedding": Space("pinclip_embeddings", "pinclip_index"),
}
