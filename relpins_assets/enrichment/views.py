"""Views of pins by the model that a profile puts beside the embedded describer: asked once, kept, failures told."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from relpins_resources.describers import NoView, View, Viewer, ViewInput
from relpins_resources.lake import Lake
from relpins_resources.lake.answers import Answers
from relpins_resources.lake.fingerprints import digest

AGAIN = "to be tried again: "
"""How a failure begins that the next run makes up for; any other is settled until the pin or the prompt changes."""
_READ_AT_ONCE = 64

Seen = View | NoView | None
"""A view, why there is none, or None where none is asked for."""


@dataclass(frozen=True)
class Viewing:
    """Everything that viewing pins takes.

    Args:
        viewer: the model.
        answers: what it said before, by what it was shown.
        is_chosen: says of a batch of pins which are to be viewed.
        may_ask: whether what is not known yet may be asked for; an evaluation pays nothing.
    """

    viewer: Viewer
    answers: Answers
    is_chosen: Callable[[pa.Table], Sequence[bool]]
    may_ask: bool = True


def views_of(pins: pa.Table, lake: Lake, viewing: Viewing) -> list[Seen]:
    """What is known of each pin after asking for what was not; each answer is on disk before the next is waited for.

    Args:
        pins: rows of `wanted_descriptions` (pin_id, jpeg_hash and the sources' columns).
    """
    rows = pins.to_pylist()
    words = [words_of(row) for row in rows]
    names = [_shown_hash(row, told, viewing.viewer) for row, told in zip(rows, words, strict=True)]
    is_chosen = viewing.is_chosen(pins)
    known: dict[str, Seen] = {key: _parsed(text) for key, text in viewing.answers.get(names).items()}
    if not viewing.may_ask:
        return [known.get(name) for name in names]
    first = {name: i for i, name in reversed(list(enumerate(names))) if is_chosen[i] and name not in known}
    missing = sorted(first.values())
    for start in range(0, len(missing), _READ_AT_ONCE):
        stopped = viewing.viewer.stopped()
        if stopped is not None:
            known |= {names[i]: NoView(stopped, is_final=False) for i in missing[start:]}
            break
        _ask(
            [(names[i], str(rows[i]["pin_id"]), words[i]) for i in missing[start : start + _READ_AT_ONCE]],
            lake,
            viewing,
            known,
        )
    viewing.answers.fold()
    return [known[name] if chosen else None for name, chosen in zip(names, is_chosen, strict=True)]


def words_of(pin: Mapping[str, Any]) -> dict[str, str]:
    """What a pin's sources say, as a model is shown it."""
    price = pin.get("price")
    return {
        "title": pin["title"],
        "description": pin["description"],
        "merchant_tags": ", ".join(tag for tag in pin.get("merchant_tags") or [] if tag),
        "price": "" if price is None else f"{price:g} {pin.get('currency') or ''}".strip(),
    }


def failure_of(seen: Seen) -> str | None:
    """Why there is no view, as the table says it."""
    if not isinstance(seen, NoView):
        return None
    return seen.reason if seen.is_final else f"{AGAIN}{seen.reason}"


def waiting_pins(lake: Lake) -> pa.Table | None:
    """Pins whose view the next run asks for again (pin_id); None where none can be."""
    table = lake.table("enriched_descriptions")
    if not table.exists() or table.is_outdated():
        return None
    return table.read(["pin_id"], where=f"starts_with(failure, '{AGAIN}')")


def failures_told(lake: Lake, limit: int = 10) -> list[dict[str, Any]]:
    """The most frequent reasons why pins have no view, with how many pins each (reason, pins)."""
    found: list[dict[str, Any]] = lake.query(f"""
        SELECT failure AS reason, count(*) AS pins FROM enriched_descriptions WHERE failure IS NOT NULL
        GROUP BY failure ORDER BY pins DESC, reason LIMIT {limit}""").to_pylist()
    return found


def _ask(
    asked: Sequence[tuple[str, str, dict[str, str]]], lake: Lake, viewing: Viewing, known: dict[str, Seen]
) -> None:
    """View these (name, pin, words), keeping each final answer at once."""
    images = lake.table("pin_images").read_keys([pin_id for _, pin_id, _ in asked], ["pin_id", "jpeg"])
    jpegs = dict(zip(images["pin_id"].to_pylist(), images["jpeg"].to_pylist(), strict=True))

    def keep(position: int, seen: View | NoView) -> None:
        name = asked[position][0]
        known[name] = seen
        if isinstance(seen, View) or seen.is_final:
            viewing.answers.keep(name, _text(seen))

    viewing.viewer.view([ViewInput(jpegs[pin_id], words) for _, pin_id, words in asked], keep)


def _shown_hash(pin: Mapping[str, Any], words: Mapping[str, str], viewer: Viewer) -> str:
    """Names what the model is shown of a pin: two pins that look and say the same are viewed once."""
    picture = pin["jpeg_hash"] if "image" in viewer.sources else ""
    return digest(picture, sorted((name, text) for name, text in words.items() if name in viewer.sources))


def _text(seen: View | NoView) -> str:
    if isinstance(seen, NoView):
        return json.dumps({"failure": seen.reason})
    pairs = [list(pair) for pair in seen.attributes]
    told = {"description": seen.description, "attributes": pairs, "objects": seen.objects, "dropped": seen.n_dropped}
    return json.dumps(told)


def _parsed(text: str) -> View | NoView:
    said = json.loads(text)
    if "failure" in said:
        return NoView(said["failure"], is_final=True)
    pairs = tuple((key, value) for key, value in said["attributes"])
    return View(said["description"], pairs, tuple(said["objects"]), said["dropped"])
