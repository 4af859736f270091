"""What a server's answer says: its text, its count of tokens, how long to wait, why it refuses."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from relpins_resources.chat.failures import redacted, shown

_TOLD_CHARS = 200


@dataclass(frozen=True)
class Reply:
    """One answer. `text` is empty where the model said nothing; `refusal` is what it says instead of answering."""

    text: str
    finish_reason: str
    refusal: str | None
    usage: tuple[int, int] | None  # input, output tokens

    def without(self, key: str | None) -> Reply:
        """The same without the key, should a server repeat what it was sent."""
        refusal = None if self.refusal is None else redacted(self.refusal, key)
        return replace(
            self, text=redacted(self.text, key), finish_reason=redacted(self.finish_reason, key), refusal=refusal
        )


def parsed_reply(body: bytes) -> Reply | None:
    """The reply in a chat completion; None if it is no chat completion."""
    said = parsed_json(body)
    try:
        choice = said["choices"][0]
        message = choice["message"]
        content, refusal = message.get("content"), message.get("refusal")
    except (TypeError, KeyError, IndexError, AttributeError):
        return None
    if isinstance(content, list):  # some servers give parts
        content = "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    finish = str(choice.get("finish_reason") or "")
    if finish == "content_filter" and not refusal:
        refusal = "stopped by the server's content filter"
    return Reply(
        content if isinstance(content, str) else "",
        finish,
        str(refusal) if refusal else None,
        _usage(said.get("usage")),
    )


def parsed_json(body: bytes) -> Any:
    """The JSON in `body`; None if there is none, or one nested beyond reading."""
    try:
        return json.loads(body.decode("utf-8", errors="replace"))
    except (ValueError, RecursionError):
        return None


def told_error(body: bytes, key: str | None) -> str:
    """What an error answer says, in one safe line."""
    said = parsed_json(body)
    error = said.get("error", said) if isinstance(said, dict) else None
    message = error.get("message") or error.get("detail") if isinstance(error, dict) else error
    text = message if isinstance(message, str) else body[:2_000].decode("utf-8", errors="replace")
    return shown(text, key, most=_TOLD_CHARS)


def error_code(body: bytes) -> str:
    """The code or type of an error answer, empty where there is none."""
    said = parsed_json(body)
    error = said.get("error") if isinstance(said, dict) else None
    return f"{error.get('code') or ''} {error.get('type') or ''}" if isinstance(error, dict) else ""


def retry_after_s(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Seconds that a server asks to wait (a number or a date); None where it does not say, or says nonsense."""
    value = headers.get("retry-after", "").strip()
    try:
        seconds = float(value)
    except ValueError:
        try:
            at = parsedate_to_datetime(value)
        except (ValueError, TypeError, IndexError):
            return None
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        seconds = (at - (now or datetime.now(UTC))).total_seconds()
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _usage(said: Any) -> tuple[int, int] | None:
    if not isinstance(said, dict):
        return None
    counts = [said.get(name) for name in ("prompt_tokens", "completion_tokens")]
    if not all(isinstance(n, int) and not isinstance(n, bool) and 0 <= n < 2**31 for n in counts):
        return None
    return int(counts[0] or 0), int(counts[1] or 0)
