"""A pin's enriched description: its own words, the boards it was saved to, and what its picture shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from relpins_resources.describers.words import telling_words, usable_text

__all__ = ["enriched_description", "usable_text"]

_MAX_CHARS = 1000
_MAX_TITLE_CHARS = 200
_MAX_STATEMENT_CHARS = 500
_MAX_BOARDS = 5
_MAX_BOARD_CHARS = 60
_SENTENCE_ENDS = (".", "!", "?", "…", "。", "！", "？")


def enriched_description(statement_text: str, title: str, description: str, board_titles: Sequence[str]) -> str:
    """Return at most 1,000 characters: title, description, board titles, statement about the picture.

    Text that says nothing (see `usable_text`) adds nothing. Of the board titles at most 5 stay, the most telling
    first: written on most boards, then with most words of their own, then by alphabet, so that the order in which
    boards are given does not matter. The description is cut first where room is short, at a word.

    Example:
        "Walnut credenza. Saved to: Mid-century living; Warm wood. Walnut brown 41%, off-white 30%; warm, ..."
    """
    statement = _cut(" ".join(statement_text.split()), _MAX_STATEMENT_CHARS)
    boards = "; ".join(_telling_boards(board_titles))
    saved = _sentence(f"Saved to: {boards}") if boards else ""
    own_title = _cut(usable_text(title), _MAX_TITLE_CHARS)
    own_description = usable_text(description)
    heading = "" if _opens_with(own_description, own_title) else _sentence(own_title)
    room = _MAX_CHARS - sum(len(part) + 1 for part in (heading, saved, statement) if part) - 1
    return " ".join(part for part in (heading, _sentence(_cut(own_description, room)), saved, statement) if part)


def _opens_with(text: str, words: str) -> bool:
    rest = text[len(words) :]
    return text[: len(words)].casefold() == words.casefold() and not rest[:1].isalnum()


def _telling_boards(titles: Sequence[str]) -> list[str]:
    """Up to 5 distinct board titles, the most telling first."""
    spellings: dict[str, Counter[str]] = {}
    for title in titles:
        words = _cut(usable_text(title), _MAX_BOARD_CHARS).rstrip(" .;,")
        if words:
            spellings.setdefault(words.casefold(), Counter())[words] += 1
    ranked = sorted(spellings, key=lambda key: (-spellings[key].total(), -telling_words(key), key))
    return [_most_common(spellings[key]) for key in ranked[:_MAX_BOARDS]]


def _most_common(spellings: Counter[str]) -> str:
    return min(spellings, key=lambda spelling: (-spellings[spelling], spelling))


def _sentence(text: str) -> str:
    return text if not text or text.endswith(_SENTENCE_ENDS) else f"{text}."


def _cut(text: str, n_chars: int) -> str:
    """`text` in at most `n_chars` characters, cut between words where it has any."""
    if len(text) <= n_chars:
        return text
    head = text[: max(0, n_chars - 1)]
    whole_words = head.rsplit(" ", 1)[0] if " " in head else head
    return f"{whole_words.rstrip(' ,;:-')}…" if whole_words else ""
