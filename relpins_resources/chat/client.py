"""A client of any server that speaks /v1/chat/completions: paced, bounded, retried, counted. Knows no task."""

from __future__ import annotations

import math
import random
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from relpins_resources.chat.budget import Budget, Reserved
from relpins_resources.chat.config import ChatConfig
from relpins_resources.chat.failures import Failed, Kind, shown
from relpins_resources.chat.limits import Pace
from relpins_resources.chat.post import Lost, NotSent, Poster, Response, TooLong
from relpins_resources.chat.replies import Reply, error_code, parsed_reply, retry_after_s, told_error
from relpins_resources.chat.several import each_of

Message = Mapping[str, Any]
T = TypeVar("T")

UNANSWERED_IN_A_ROW = 6
"""So many questions given up one after another, and the server is left alone for the rest of the run."""
FORMATS = ("json_schema", "json_object", "text")
"""Ways to ask for JSON, best first: an older server knows only the later ones."""
IMAGE_TOKENS = 1_200
"""What an image is taken to cost until the server has said."""
_PASSING = (408, 409, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529)
_OURS = (401, 402, 403, 404, 405)
_FORMAT_WORDS = ("response_format", "json_schema", "json schema", "grammar", "guided", "structured")


@dataclass(frozen=True)
class Question:
    """What is asked: messages, the JSON schema of the answer and its name, and how many images the messages hold."""

    messages: Sequence[Message]
    schema: Mapping[str, Any]
    schema_name: str
    n_images: int = 0


class _Passing(Exception):
    """What may be otherwise the next time; `wait_s` is how long the server asks to wait."""

    def __init__(self, reason: str, wait_s: float | None = None) -> None:
        super().__init__(reason)
        self.reason, self.wait_s = reason, wait_s


class ChatClient:
    """Asks one server, from any number of threads; what it spends is counted over its life, which is one run.

    Args:
        config: the server and its limits.
    """

    def __init__(self, config: ChatConfig) -> None:
        self.config = config
        self.budget = Budget(config.input_price, config.output_price, config.spend_limit, config.token_limit)
        self.stopped: str | None = None  # why nothing more is asked in this run
        self._poster = Poster(f"{config.base_url}/chat/completions", config.timeout_s, config.concurrency)
        self._requests, self._tokens = Pace(config.requests_per_minute), Pace(config.tokens_per_minute)
        self._format, self._is_format_proven = 0, False
        self._n_unanswered = 0
        self._lock = threading.Lock()

    def ask(self, question: Question) -> Reply:
        """The server's answer.

        Raises:
            Failed: there is none; it says why, and whether asking again may help.
            RelpinsError: the key that the profile names is not there.
        """
        try:
            reply = self._tried(question, self.config.api_key())
        except Failed as failed:
            self._count_failure(failed)
            raise
        self._n_unanswered = 0
        return reply

    def each(self, n: int, work: Callable[[int], T], done: Callable[[int, T], None]) -> None:
        """`each_of` on as many threads as the profile allows; if it is broken off, nothing more is asked."""
        is_through = False
        try:
            each_of(n, work, done, self.config.concurrency)
            is_through = True
        finally:
            if not is_through:
                self.stop("the run was broken off")

    def stop(self, reason: str) -> Failed:
        """Ask nothing more in this run."""
        with self._lock:
            self.stopped = self.stopped or reason
        return Failed("stop", self.stopped or reason)

    def _tried(self, question: Question, key: str | None) -> Reply:
        reason = ""
        for attempt in range(self.config.retries + 1):
            reserved = self._reserved(question)
            try:
                reply = self._once(question, key, reserved)
            except _Passing as passing:
                reason = passing.reason
                if attempt < self.config.retries:
                    self._wait(attempt, passing.wait_s)
            else:
                return reply
            finally:
                self.budget.release(reserved)
        raise Failed("later", shown(f"{reason} (asked {self.config.retries + 1} times)", key))

    def _once(self, question: Question, key: str | None, reserved: Reserved) -> Reply:
        """One request; what it took, or may have taken, is counted."""
        try:
            response = self._sent(question, key, reserved)
        except NotSent as error:
            raise _Passing(str(error)) from None
        except Lost as error:
            self.budget.settle(reserved, None)
            raise _Passing(str(error)) from None
        except TooLong as error:
            self.budget.settle(reserved, None)
            return Reply("", str(error), None, None)
        if response.status != 200:
            self._refused(response, key)
            told = f"status {response.status}: {told_error(response.body, key)}"
            raise _Passing(told, retry_after_s(response.headers))
        reply = self._settled(response, reserved)
        if reply is None:
            raise _Passing(f"what came back is no chat completion: {told_error(response.body, key)}")
        return reply.without(key)

    def _reserved(self, question: Question) -> Reserved:
        self._check_stopped()
        estimated = _estimated_tokens(question)
        reserved = self.budget.reserve(estimated, self.config.max_output_tokens)
        if reserved is None:
            raise self.stop(f"the {self.budget.limits()} of a run is reached")
        try:
            self._check_stopped()  # by another thread, while this one waited
        except Failed:
            self.budget.release(reserved)
            raise
        return reserved

    def _check_stopped(self) -> None:
        if self.stopped:
            raise Failed("stop", self.stopped)

    def _sent(self, question: Question, key: str | None, reserved: Reserved) -> Response:
        """The server's answer in the best format that it knows."""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        for form in range(self._format, len(FORMATS)):
            self._tokens.take(reserved.input_tokens + reserved.output_tokens)
            self._requests.take()
            response = self._poster.post(self._body(question, FORMATS[form]), headers)
            if response.status == 200:
                self._format, self._is_format_proven = form, True
            is_last = form == len(FORMATS) - 1
            if is_last or not self._is_format_unknown(response):
                break
        return response

    def _is_format_unknown(self, response: Response) -> bool:
        if response.status not in (400, 422, 500, 501):
            return False
        told = response.body[:4_000].decode("utf-8", errors="replace").lower()
        is_named = any(word in told for word in _FORMAT_WORDS)
        return is_named or (response.status in (400, 422) and not self._is_format_proven)

    def _body(self, question: Question, form: str) -> dict[str, Any]:
        asked: dict[str, Any] = {}
        if form == "json_schema":
            schema = {"name": question.schema_name, "strict": True, "schema": dict(question.schema)}
            asked = {"response_format": {"type": form, "json_schema": schema}}
        elif form == "json_object":
            asked = {"response_format": {"type": form}}
        body = {
            "model": self.config.model,
            "messages": [dict(message) for message in question.messages],
            "temperature": 0,
            "max_tokens": self.config.max_output_tokens,
            **asked,
            **self.config.extra,
        }
        return {name: value for name, value in body.items() if value is not None}

    def _settled(self, response: Response, reserved: Reserved) -> Reply | None:
        reply = parsed_reply(response.body)
        usage = reply.usage if reply is not None else None
        self.budget.settle(reserved, usage)
        if usage is not None:
            self._tokens.correct(sum(usage) - reserved.input_tokens - reserved.output_tokens)
        return reply

    def _refused(self, response: Response, key: str | None) -> None:
        """Raise unless the same request may be answered if it is made again."""
        status, told = response.status, told_error(response.body, key)
        if status in _OURS:
            hint = {404: "check base_url and model", 405: "check base_url", 402: "the account"}.get(status)
            named = f"the key in {self.config.api_key_env}" if self.config.api_key_env else "api_key_env"
            raise self.stop(f"status {status}: {told}; {hint or f'check {named}'}")
        if 300 <= status < 400:
            raise self.stop(f"status {status}: the server redirects, which is not followed; correct base_url")
        if status == 429 and "insufficient_quota" in error_code(response.body):
            raise self.stop(f"status 429: {told}")
        if status not in _PASSING:
            # a server that has answered nothing yet may be set up wrongly, and it is not the question that is at fault
            kind: Kind = "for_good" if self._is_format_proven else "later"
            raise Failed(kind, f"refused by the server with status {status}: {told}")

    def _wait(self, attempt: int, asked_s: float | None) -> None:
        """Wait before trying again: as long as the server asks, else twice as long each time, by chance a little less.

        A server that asks for more than `max_wait_s` is left alone for the rest of the run.
        """
        longest = self.config.max_wait_s
        if asked_s is not None and asked_s > longest:
            raise self.stop(f"the server asks to wait {math.ceil(asked_s)} s, more than max_wait_s ({longest:g})")
        if asked_s is not None:
            self._requests.hold(asked_s)  # for all threads alike
            return
        doubled = min(longest, self.config.backoff_s * 2.0**attempt)
        threading.Event().wait(doubled * random.uniform(0.5, 1.0))

    def _count_failure(self, failed: Failed) -> None:
        with self._lock:
            self._n_unanswered = self._n_unanswered + 1 if failed.kind == "later" else 0
            n = self._n_unanswered
        if n >= UNANSWERED_IN_A_ROW:
            self.stop(f"{n} questions in a row were not answered, the last one because of this: {failed.reason}")


def _estimated_tokens(question: Question) -> int:
    """Input tokens, from above for most languages: three bytes of text a token, and the images."""
    n_bytes = len(str(question.schema).encode("utf-8", errors="replace"))
    for message in question.messages:
        content = message["content"]
        parts = [content] if isinstance(content, str) else [part.get("text", "") for part in content]
        n_bytes += sum(len(part.encode("utf-8", errors="replace")) for part in parts)
    return math.ceil(n_bytes / 3) + question.n_images * IMAGE_TOKENS + 16
