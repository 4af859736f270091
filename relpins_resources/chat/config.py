"""What a profile says of a server that speaks /v1/chat/completions, and of what may be spent on it."""

from __future__ import annotations

import json
import os
import re
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from relpins_resources.errors import RelpinsError

LOOPBACK = ("localhost", "127.0.0.1", "::1")
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]{0,63}")
_OWN_FIELDS = ("messages", "model", "stream", "n")


class ChatConfig(BaseModel):
    """A server, how hard it may be asked, and what may be spent in one run.

    `base_url` is what stands before /chat/completions. `api_key_env` names the environment variable with the key; the
    key itself is never written down. Prices are per million tokens, in whatever currency `spend_limit` is in;
    `token_limit` bounds a run without prices. `extra` joins the body of each request; what is null there is left
    out of it. `backoff_s` is the first wait before a retry and doubles; no wait is longer than `max_wait_s`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_url: str
    model: str = Field(min_length=1)
    api_key_env: str | None = None
    timeout_s: float = Field(120.0, gt=0, le=3600)
    retries: int = Field(4, ge=0, le=20)
    backoff_s: float = Field(0.5, ge=0)
    max_wait_s: float = Field(60.0, gt=0, le=86_400)
    concurrency: int = Field(4, ge=1, le=64)
    requests_per_minute: float | None = Field(None, ge=0.01)
    tokens_per_minute: float | None = Field(None, ge=1)
    max_output_tokens: int = Field(800, ge=16, le=1_000_000)
    input_price: float | None = Field(None, ge=0)
    output_price: float | None = Field(None, ge=0)
    spend_limit: float | None = Field(None, gt=0)
    token_limit: int | None = Field(None, gt=0)
    extra: dict[str, Any] = {}

    @field_validator("base_url")
    @classmethod
    def _plain_address(cls, value: str) -> str:
        try:
            parts = urlsplit(value)
            host, _ = parts.hostname, parts.port
        except ValueError:
            raise ValueError("is no address; give one such as http://localhost:8000/v1") from None
        if parts.scheme not in ("http", "https") or not host:
            raise ValueError("must start with http:// or https:// and name a host, such as http://localhost:8000/v1")
        if parts.username is not None or parts.query or parts.fragment:
            raise ValueError("must hold no user, password, query or fragment; a key goes into api_key_env's variable")
        return value.rstrip("/")

    @field_validator("api_key_env")
    @classmethod
    def _a_name(cls, value: str | None) -> str | None:
        if value is not None and not _VARIABLE.fullmatch(value):
            # what was given may be the key itself: it is not repeated
            raise ValueError(
                "must be the name of an environment variable in capitals, such as VLM_API_KEY, not the key"
            )
        return value

    @field_validator("extra")
    @classmethod
    def _not_ours(cls, value: dict[str, Any]) -> dict[str, Any]:
        taken = sorted(set(value) & set(_OWN_FIELDS))
        if taken:
            raise ValueError(f"must not set {', '.join(taken)}")
        try:
            json.dumps(value, allow_nan=False)
        except (TypeError, ValueError, RecursionError):
            raise ValueError("must hold what JSON can say: texts, finite numbers, true, false, null, lists") from None
        return value

    @model_validator(mode="after")
    def _priced(self) -> ChatConfig:
        if self.spend_limit is not None and (self.input_price is None or self.output_price is None):
            raise ValueError("spend_limit needs input_price and output_price, per million tokens; or give token_limit")
        return self

    def api_key(self) -> str | None:
        """The key, read now; None where the profile names no variable.

        Raises:
            RelpinsError: the variable is not set, or holds what no header can.
        """
        if self.api_key_env is None:
            return None
        key = os.environ.get(self.api_key_env, "").strip()
        if not key:
            raise RelpinsError(
                f"the environment variable {self.api_key_env}, which the profile names as api_key_env, is not set; "
                "set it to the server's key"
            )
        if not key.isascii() or not key.isprintable():
            raise RelpinsError(f"the environment variable {self.api_key_env} holds characters that no key has")
        return key


def explained(error: ValidationError, what: str, known: dict[str, Any]) -> RelpinsError:
    """A configuration that was refused, in one line; values are not repeated, since one might be a key."""
    first = error.errors(include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return RelpinsError(f"{what} has no option {where}; known: {', '.join(sorted(known))}")
    message = first["msg"].removeprefix("Value error, ")
    return RelpinsError(f"{what}: {where + ' ' if where else ''}{message[0].lower()}{message[1:]}")
