"""Answers that have to be JSON of a shape: found in what a model says, read, and asked for once more if unreadable."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from relpins_resources.chat.client import ChatClient, Question
from relpins_resources.chat.failures import Failed, Malformed, shown

T = TypeVar("T")

_THOUGHT = ("<think>", "</think>")
_QUOTED_CHARS = 4_000


def ask_for(client: ChatClient, question: Question, read: Callable[[str], T]) -> T:
    """What `read` makes of the server's answer; an answer that it cannot read is asked for again once.

    Args:
        read: raises `Malformed` where the text is not what was asked for.

    Raises:
        Failed: there is no answer, a refusal, or none that can be read (for good: temperature 0 would say it again).
    """
    said, asked = "", question
    for is_last in (False, True):
        reply = client.ask(asked)
        if reply.refusal is not None:
            raise Failed("for_good", shown(f"the model refuses: {reply.refusal}"))
        try:
            return read(reply.text)
        except Malformed as error:
            ending = f" (it ended by: {reply.finish_reason})" if reply.finish_reason not in ("", "stop") else ""
            reason, said = shown(f"{error}{ending}"), reply.text
        if is_last:
            break
        asked = _repairing(question, said, reason)
    raise Failed("for_good", f"unreadable twice: {reason}")


def parsed_as(shape: type[BaseModel], text: str) -> Any:
    """`text` as a `shape`: the first JSON object in it, whatever stands around.

    Raises:
        Malformed: there is none, or it is of another shape.
    """
    found = first_object(text)
    try:
        return shape.model_validate(found)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Malformed(f"{where or 'the answer'}: {first['msg']}") from None
    except RecursionError:
        raise Malformed("the answer is nested too deep") from None


def first_object(text: str) -> dict[str, Any]:
    """The first JSON object in a text that may think aloud before it or fence it.

    Raises:
        Malformed: there is none.
    """
    text = _without_thoughts(text)
    start = text.find("{")
    if start < 0:
        raise Malformed("there is no JSON object in the answer" if text.strip() else "the answer is empty")
    try:
        found, _ = json.JSONDecoder().raw_decode(text, start)
    except json.JSONDecodeError as error:
        raise Malformed(f"the JSON breaks at character {error.pos - start}: {error.msg}") from None
    except (RecursionError, ValueError):
        raise Malformed("the JSON is nested too deep, or holds a number beyond reading") from None
    assert isinstance(found, dict)  # it starts with a brace
    return found


def _without_thoughts(text: str) -> str:
    """`text` without what stands between the marks of thinking aloud; a thought that never ends is no thought."""
    kept, at = [], 0
    while (start := text.find(_THOUGHT[0], at)) >= 0 and (end := text.find(_THOUGHT[1], start)) >= 0:
        kept.append(text[at:start])
        at = end + len(_THOUGHT[1])
    return "".join([*kept, text[at:]])


def strict_schema(shape: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema of a shape without references or titles, nothing further allowed: what servers understand."""
    schema = shape.model_json_schema()
    definitions = schema.pop("$defs", {})

    def plain(node: Any) -> Any:
        if isinstance(node, list):
            return [plain(one) for one in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            return plain(definitions[node["$ref"].rsplit("/", 1)[1]])
        kept = {name: plain(value) for name, value in node.items() if name not in ("title", "default")}
        if kept.get("type") == "object":
            kept |= {"additionalProperties": False, "required": list(kept.get("properties", {}))}
        return kept

    result: dict[str, Any] = plain(schema)
    return result


def _repairing(question: Question, said: str, reason: str) -> Question:
    again = (
        f"That answer could not be read: {reason}. Answer again, with nothing but one JSON object of the shape asked "
        "for, and briefly."
    )
    turns = [{"role": "assistant", "content": said[:_QUOTED_CHARS]}] if said.strip() else []
    return replace(question, messages=[*question.messages, *turns, {"role": "user", "content": again}])
