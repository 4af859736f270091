"""Why there is no answer, and what follows from it; and words of servers made fit for tables and logs."""

from __future__ import annotations

import re
from typing import Literal

Kind = Literal["later", "for_good", "stop"]
_SHOWN_CHARS = 300
_LEAST_KEY = 8


class Failed(Exception):
    """A question without an answer.

    `kind` says what follows: "later", the next run may ask again; "for_good", asking again would give the same;
    "stop", nothing more can be asked in this run.
    """

    def __init__(self, kind: Kind, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason


class Malformed(Exception):
    """An answer that cannot be read; the message says why, for the model as for people."""


def shown(text: str, key: str | None = None, most: int = _SHOWN_CHARS) -> str:
    """One printable line of at most `most` characters, without the key, or what of it a server repeats."""
    line = "".join(sign if sign.isprintable() else " " for sign in redacted(text[: 20 * _SHOWN_CHARS], key))
    line = " ".join(line.split())
    return line if len(line) <= most else line[: most - 1] + "…"


def redacted(text: str, key: str | None) -> str:
    """`text` with the key, and any word that begins like it, as ***."""
    if not key:
        return text
    text = text.replace(key, "***")
    return re.sub(re.escape(key[:_LEAST_KEY]) + r"[^\s\"'<>]*", "***", text) if len(key) > _LEAST_KEY else text
