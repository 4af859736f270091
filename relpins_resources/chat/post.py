"""One POST of JSON to a server that may misbehave: bounded in time and size, no redirect followed."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import urllib3

from relpins_resources.chat.config import LOOPBACK
from relpins_resources.errors import RelpinsError

MAX_RESPONSE_BYTES = 2_000_000
_CONNECT_S = 15.0
_NOT_SENT = (
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.SSLError,
    urllib3.exceptions.ProxyError,
)
_LENGTH = re.compile(r"[0-9]{1,18}")
_PROXIES = {"http": ("http_proxy", "HTTP_PROXY"), "https": ("https_proxy", "HTTPS_PROXY")}


@dataclass(frozen=True)
class Response:
    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes


class NotSent(Exception):
    """The server could not be reached; it has seen no request."""


class Lost(Exception):
    """The request went out and no whole answer came back: whether the server did the work is unknown."""


class TooLong(Exception):
    """The server sent more than any answer needs."""


class Poster:
    """Posts JSON to one address, from any number of threads.

    Args:
        url: where to.
        timeout_s: within which the whole answer has to be there.
        concurrency: connections kept open.
    """

    def __init__(self, url: str, timeout_s: float, concurrency: int) -> None:
        self._url, self._timeout_s = url, timeout_s
        self._pool = _pool(url, concurrency)

    def post(self, body: Mapping[str, Any], headers: Mapping[str, str]) -> Response:
        """Send `body`, and read the whole answer whatever its status.

        Raises:
            NotSent, Lost, TooLong: there is no answer; the message says why.
        """
        until = time.monotonic() + self._timeout_s
        connect_s = min(_CONNECT_S, self._timeout_s)
        try:
            response = self._pool.request(
                "POST",
                self._url,
                body=json.dumps(body).encode(),
                headers={"Content-Type": "application/json", "Accept": "application/json", **headers},
                timeout=urllib3.Timeout(connect=connect_s, read=self._timeout_s),
                retries=False,
                redirect=False,
                preload_content=False,
                decode_content=False,
            )
        except _NOT_SENT as error:
            raise NotSent(f"no connection to {_host(self._url)} ({type(error).__name__})") from None
        except urllib3.exceptions.HTTPError as error:
            raise Lost(self._why(error)) from None
        return self._read(response, until)

    def _read(self, response: urllib3.BaseHTTPResponse, until: float) -> Response:
        headers = {name.lower(): value for name, value in response.headers.items()}
        parts: list[bytes] = []
        is_whole = False
        try:
            while chunk := response.read1(65_536):
                parts.append(chunk)
                if sum(map(len, parts)) > MAX_RESPONSE_BYTES:
                    raise TooLong(f"the answer is longer than {MAX_RESPONSE_BYTES:,} bytes")
                if time.monotonic() > until:
                    raise Lost(f"no whole answer within {self._timeout_s:g} s")
            is_whole = True
        except urllib3.exceptions.HTTPError as error:
            raise Lost(self._why(error)) from None
        finally:
            if is_whole:
                response.release_conn()
            else:
                response.close()
        body = b"".join(parts)
        length = headers.get("content-length", "").strip()
        if _LENGTH.fullmatch(length) and len(body) < int(length):
            raise Lost(f"the answer broke off after {len(body)} of {length} bytes")
        return Response(response.status, headers, body)

    def _why(self, error: urllib3.exceptions.HTTPError) -> str:
        if isinstance(error, urllib3.exceptions.TimeoutError):
            return f"no answer within {self._timeout_s:g} s"
        return f"the connection broke ({type(error).__name__})"


def _pool(url: str, concurrency: int) -> urllib3.PoolManager:
    """Through the proxy that the environment names, but never to this machine's own servers."""
    parts = urlsplit(url)
    proxy = next((os.environ[name] for name in _PROXIES[parts.scheme] if os.environ.get(name)), None)
    spared = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    host = parts.hostname or ""
    is_spared = host in LOOPBACK or any(
        name == "*" or (name and (host == name or host.endswith("." + name)))
        for name in (part.strip().lstrip(".") for part in spared.split(","))
    )
    if proxy is None or is_spared:
        return urllib3.PoolManager(maxsize=concurrency, block=False)
    try:
        return urllib3.ProxyManager(proxy, maxsize=concurrency, block=False)
    except urllib3.exceptions.HTTPError:  # its address is not repeated: it may hold a password
        named = " or ".join(_PROXIES[parts.scheme])
        raise RelpinsError(
            f"the proxy in the environment variable {named} has no address such as http://proxy.example:3128; correct "
            f"it, or name {host} in no_proxy"
        ) from None


def _host(url: str) -> str:
    return urlsplit(url).netloc
