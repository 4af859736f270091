"""A real server on loopback that speaks /v1/chat/completions, and misbehaves as it is told."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

USAGE = {"prompt_tokens": 100, "completion_tokens": 20}


@dataclass(frozen=True)
class Asked:
    """One request: its body, its headers, and how often the same question came before."""

    body: dict[str, Any]
    headers: dict[str, str]
    nth: int

    @property
    def text(self) -> str:
        """All text of its messages."""
        parts = []
        for message in self.body["messages"]:
            content = message["content"]
            parts += [content] if isinstance(content, str) else [part.get("text", "") for part in content]
        return "\n".join(parts)


@dataclass(frozen=True)
class Answer:
    """What goes out; `cut` bytes of the body at most, `drip_s` between its bytes, or a reset in place of it all."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    wait_s: float = 0.0
    drip_s: float = 0.0
    is_reset: bool = False
    is_chunked: bool = False


Behaviour = Callable[[Asked], Answer]


def says(content: Any, finish: str = "stop", usage: Any = USAGE, **message: Any) -> Answer:
    """A whole chat completion that says `content` (JSON, if it is no text)."""
    text = content if isinstance(content, str) or content is None else json.dumps(content)
    choice = {"index": 0, "message": {"role": "assistant", "content": text, **message}, "finish_reason": finish}
    return Answer(body=json.dumps({"id": "x", "choices": [choice], "usage": usage}).encode())


def refuses(status: int, message: str = "no", headers: dict[str, str] | None = None, code: str = "") -> Answer:
    body = json.dumps({"error": {"message": message, "code": code}}).encode()
    return Answer(status, body, headers or {})


@dataclass
class ChatServer:
    """Where it is, and what it was asked: `n_answered` counts whole answers, `n_at_once` the most in the air."""

    base_url: str
    behave: Behaviour
    asked: list[Asked] = field(default_factory=list)
    n_answered: int = 0
    n_at_once: int = 0
    _seen: Counter[str] = field(default_factory=Counter)
    _n_now: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, body: dict[str, Any], headers: dict[str, str]) -> Asked:
        with self._lock:
            name = json.dumps(body["messages"], sort_keys=True)
            one = Asked(body, headers, self._seen[name])
            self._seen[name] += 1
            self.asked.append(one)
            self._n_now += 1
            self.n_at_once = max(self.n_at_once, self._n_now)
            return one

    def end(self, is_whole: bool) -> None:
        with self._lock:
            self._n_now -= 1
            self.n_answered += is_whole


@contextmanager
def chat_server(behave: Behaviour) -> Iterator[ChatServer]:
    """A server that runs until the block ends."""
    state: list[ChatServer] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            assert self.path == "/v1/chat/completions", self.path
            asked = state[0].begin(body, {name.lower(): value for name, value in self.headers.items()})
            answer = state[0].behave(asked)
            time.sleep(answer.wait_s)
            state[0].end(answer.status == 200 and answer.cut is None and not answer.is_reset)
            try:
                self._send(answer)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def _send(self, answer: Answer) -> None:
            if answer.is_reset:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if answer.is_chunked:
                self.send_header("Transfer-Encoding", "chunked")
            else:
                self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            body = answer.body if answer.cut is None else answer.body[: answer.cut]
            if answer.drip_s:
                for byte in body:
                    self.wfile.write(bytes([byte]))
                    time.sleep(answer.drip_s)
            elif answer.is_chunked:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(body), body) + (b"" if answer.cut else b"0\r\n\r\n"))
            else:
                self.wfile.write(body)
            self.close_connection = answer.cut is not None

        def log_message(self, *_: object) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 64

        def handle_error(self, *_: object) -> None:  # what the client breaks off is no failure here
            pass

        def shutdown_request(self, request: Any) -> None:
            if request.fileno() >= 0:
                super().shutdown_request(request)

    server = Quiet(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01), daemon=True)
    thread.start()
    state.append(ChatServer(f"http://127.0.0.1:{server.server_address[1]}/v1", behave))
    try:
        yield state[0]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
