"""The chat client against a real server that misbehaves: what is retried, what is not, what it costs, what is told."""

from __future__ import annotations

import json
import socket
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from chat_server import Answer, Asked, ChatServer, chat_server, refuses, says

from relpins_resources.chat import ChatClient, ChatConfig, Failed, Question, each_of
from relpins_resources.chat.client import FORMATS, UNANSWERED_IN_A_ROW
from relpins_resources.chat.post import MAX_RESPONSE_BYTES
from relpins_resources.chat.replies import retry_after_s
from relpins_resources.errors import RelpinsError

SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}}


def client_of(server: ChatServer, **options: Any) -> ChatClient:
    given = {"timeout_s": 5, "backoff_s": 0.001, "retries": 2, "max_output_tokens": 100, **options}
    return ChatClient(ChatConfig(base_url=server.base_url, model="tiny", **given))


def question(text: str = "hello") -> Question:
    return Question([{"role": "user", "content": text}], SCHEMA, "answer")


def first_then(*answers: Answer) -> Any:
    """The nth time a question comes, the nth answer; the last from then on."""
    return lambda asked: answers[min(asked.nth, len(answers) - 1)]


def failure(client: ChatClient, text: str = "hello") -> Failed:
    with pytest.raises(Failed) as failed:
        client.ask(question(text))
    return failed.value


def test_a_request_says_what_the_interface_wants() -> None:
    with chat_server(lambda _: says({"a": 1})) as server:
        client = client_of(server, extra={"seed": 7, "user": None})
        reply = client.ask(question())
    assert (reply.text, reply.usage) == ('{"a": 1}', (100, 20))
    body = server.asked[0].body
    assert (body["model"], body["temperature"], body["max_tokens"], body["seed"]) == ("tiny", 0, 100, 7)
    assert body["response_format"]["json_schema"] == {"name": "answer", "strict": True, "schema": SCHEMA}
    assert "user" not in body
    assert "authorization" not in server.asked[0].headers
    assert (client.budget.input_tokens, client.budget.output_tokens, client.budget.n_answers) == (100, 20, 1)


@pytest.mark.parametrize(
    "bad",
    [
        refuses(500, "boom"),
        refuses(429, "slow down", {"Retry-After": "0"}),
        refuses(503, "loading"),
        Answer(is_reset=True),
        Answer(body=says({"a": 1}).body, cut=20),
        Answer(body=says({"a": 1}).body, cut=20, is_chunked=True),
        Answer(body=b"<html>ok</html>"),
        Answer(body=b'{"choices": []}'),
        Answer(body=b"[" * 100_000),
        Answer(body=b"\xff\xfe\x00"),
    ],
    ids=["500", "429", "503", "reset", "half", "half-chunked", "html", "no-choice", "nested", "bytes"],
)
def test_what_passes_is_asked_again_and_what_does_not_pass_is_left_for_later(bad: Answer) -> None:
    with chat_server(first_then(bad, bad, says({"a": 1}))) as server:
        assert client_of(server).ask(question()).text == '{"a": 1}'
        assert len(server.asked) == 3
    with chat_server(lambda _: bad) as server:
        failed = failure(client_of(server))
        assert failed.kind == "later"
        assert "asked 3 times" in failed.reason
        assert len(server.asked) == 3


def test_a_dripping_answer_ends_at_the_timeout() -> None:
    with chat_server(lambda _: Answer(body=says({"a": 1}).body, drip_s=0.02)) as server:
        started = time.monotonic()
        failed = failure(client_of(server, timeout_s=0.3, retries=0))
        assert time.monotonic() - started < 1.5
    assert failed.kind == "later"
    assert "within 0.3 s" in failed.reason


def test_a_silent_server_ends_at_the_timeout() -> None:
    with chat_server(lambda _: Answer(body=b"{}", wait_s=0.6)) as server:
        failed = failure(client_of(server, timeout_s=0.2, retries=0))
    assert (failed.kind, failed.reason) == ("later", "no answer within 0.2 s (asked 1 times)")


def test_a_huge_answer_is_not_read() -> None:
    with chat_server(lambda _: Answer(body=b"x" * (3 * MAX_RESPONSE_BYTES))) as server:
        reply = client_of(server).ask(question())
    assert reply.text == ""
    assert "longer than" in reply.finish_reason


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x16\x03\x01\x02\x00",
        b"HTTP/1.1 twohundred OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: \xb2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5_000 + b"\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500 + b"\r\n{}",
        b"HTTP/1.1 204 No Content\r\n\r\n",
    ],
)
def test_what_is_no_http_is_a_failure_like_another(raw: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(raw)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
        client = ChatClient(ChatConfig(base_url=url, model="m", retries=0, timeout_s=2))
        with pytest.raises(Failed) as failed:
            client.ask(question())
        thread.join()
    assert failed.value.kind in ("later", "for_good")


def test_nothing_listens() -> None:
    with chat_server(lambda _: says({})) as server:
        pass
    client = client_of(server, retries=0)
    failed = failure(client)
    assert failed.kind == "later"
    assert failed.reason.startswith("no connection to 127.0.0.1")
    assert client.budget.n_answers == 0


@pytest.mark.parametrize(("status", "kind"), [(400, "for_good"), (413, "for_good"), (422, "for_good")])
def test_a_refusal_of_one_question_is_for_good(status: int, kind: str) -> None:
    with chat_server(lambda asked: refuses(status, "too big") if "big" in asked.text else says({"a": 1})) as server:
        client = client_of(server)
        client.ask(question())
        failed = failure(client, "big")
        assert (failed.kind, client.stopped) == (kind, None)
        assert f"status {status}: too big" in failed.reason
        assert len(server.asked) == 2


def test_a_server_that_refuses_everything_is_set_up_wrongly() -> None:
    with chat_server(lambda _: refuses(400, "this model sees no images")) as server:
        client = client_of(server)
        kinds = [failure(client, f"q{i}").kind for i in range(UNANSWERED_IN_A_ROW + 1)]
    assert kinds == ["later"] * UNANSWERED_IN_A_ROW + ["stop"]
    assert client.stopped is not None
    assert "this model sees no images" in client.stopped


@pytest.mark.parametrize("status", [401, 403, 404, 302])
def test_what_every_question_would_meet_stops_the_run(status: int) -> None:
    with chat_server(lambda _: refuses(status, "nope", {"Location": "http://127.0.0.1:9/"})) as server:
        client = client_of(server)
        assert failure(client).kind == "stop"
        assert failure(client, "another").kind == "stop"
        assert len(server.asked) == 1
    assert client.stopped is not None
    assert f"status {status}" in client.stopped


def test_a_server_that_fails_everything_is_left_alone() -> None:
    with chat_server(lambda _: refuses(500)) as server:
        client = client_of(server, retries=0)
        kinds = [failure(client, f"q{i}").kind for i in range(UNANSWERED_IN_A_ROW + 3)]
        assert len(server.asked) == UNANSWERED_IN_A_ROW
    assert kinds == ["later"] * UNANSWERED_IN_A_ROW + ["stop"] * 3


def test_retry_after_is_waited_for_by_all_and_bounded() -> None:
    with chat_server(first_then(refuses(429, headers={"Retry-After": "0.3"}), says({"a": 1}))) as server:
        started = time.monotonic()
        client_of(server).ask(question())
        assert 0.3 <= time.monotonic() - started < 2
    with chat_server(lambda _: refuses(429, headers={"Retry-After": "3600"})) as server:
        client = client_of(server)
        failed = failure(client)
        assert (failed.kind, len(server.asked)) == ("stop", 1)
        assert "wait 3600 s, more than max_wait_s (60)" in failed.reason


def test_retry_after_is_read_as_seconds_or_a_date() -> None:
    now = datetime(2026, 6, 1, 12, tzinfo=UTC)
    later = format_datetime(now + timedelta(seconds=90), usegmt=True)
    told = {"7": 7.0, "1.5": 1.5, "-3": 0.0, later: 90.0, "soon": None, "": None, "nan": None, "inf": None}
    assert {text: retry_after_s({"retry-after": text}, now) for text in told} == told
    assert retry_after_s({}, now) is None


def test_an_older_server_is_asked_in_the_way_it_knows() -> None:
    def behave(asked: Asked) -> Answer:
        form = asked.body.get("response_format", {}).get("type", "text")
        return says({"a": 1}) if form == "text" else refuses(400, f"response_format {form} is not supported")

    with chat_server(behave) as server:
        client = client_of(server)
        assert client.ask(question()).text == '{"a": 1}'
        assert client.ask(question("more")).text == '{"a": 1}'
    forms = [asked.body.get("response_format", {}).get("type", "text") for asked in server.asked]
    assert forms == [*FORMATS, "text"]


def test_the_key_is_sent_and_told_to_no_one(monkeypatch: pytest.MonkeyPatch) -> None:
    key = "sk-very-secret-0123456789"
    monkeypatch.setenv("TEST_CHAT_KEY", key)

    def behave(asked: Asked) -> Answer:
        return refuses(400, f"bad {asked.headers['authorization']} and {key[:8]}****{key[-4:]}")

    with chat_server(behave) as server:
        client = client_of(server, api_key_env="TEST_CHAT_KEY")
        reason = failure(client).reason
        assert server.asked[0].headers["authorization"] == f"Bearer {key}"
    assert key not in reason
    assert key[:8] not in reason
    assert "***" in reason
    assert key not in repr(client.config)


def test_an_answer_that_repeats_the_key_does_not_bring_it_in(monkeypatch: pytest.MonkeyPatch) -> None:
    key = "sk-very-secret-0123456789"
    monkeypatch.setenv("TEST_CHAT_KEY", key)
    with chat_server(lambda _: says(f"you sent {key}", finish=key, refusal=f"not with {key}")) as server:
        reply = client_of(server, api_key_env="TEST_CHAT_KEY").ask(question())
    assert (reply.text, reply.finish_reason, reply.refusal) == ("you sent ***", "***", "not with ***")


def test_a_proxy_without_an_address_is_the_callers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "user:password@[proxy")
    with pytest.raises(RelpinsError, match="http_proxy") as told:
        ChatClient(ChatConfig(base_url="http://models.example/v1", model="tiny"))
    assert "password" not in str(told.value)


@pytest.mark.parametrize("value", [float("nan"), datetime(2026, 1, 1, tzinfo=UTC), b"x", {1, 2}])
def test_what_no_json_can_say_joins_no_request(value: Any) -> None:
    with pytest.raises(ValueError, match="what JSON can say"):
        ChatConfig(base_url="http://models.example/v1", model="tiny", extra={"seed": value})


def test_a_missing_key_is_the_callers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEST_CHAT_KEY", raising=False)
    with chat_server(lambda _: says({})) as server, pytest.raises(RelpinsError, match="TEST_CHAT_KEY"):
        client_of(server, api_key_env="TEST_CHAT_KEY").ask(question())
    assert not server.asked


def test_a_spend_limit_holds_with_many_threads() -> None:
    """Each answer costs 100 x 1 + 20 x 2 = 140 millionths; at most 100 tokens out are put aside for each."""
    limit = 1_400e-6
    with chat_server(lambda _: says({"a": 1})) as server:
        client = client_of(server, input_price=1.0, output_price=2.0, spend_limit=limit, concurrency=8)
        outcomes: list[Any] = []

        def work(i: int) -> Any:
            try:
                return client.ask(question(f"q{i}"))
            except Failed as failed:
                return failed

        each_of(40, work, lambda _, outcome: outcomes.append(outcome), 8)
    n_answered = sum(not isinstance(one, Failed) for one in outcomes)
    assert n_answered == server.n_answered
    assert client.budget.spent == pytest.approx(140e-6 * n_answered)
    assert client.budget.spent <= limit
    assert n_answered >= 8  # the last may be kept back: it could have cost 300
    assert {one.kind for one in outcomes if isinstance(one, Failed)} == {"stop"}
    assert client.stopped == "the spend limit 0.0014 of a run is reached"


def test_a_server_that_writes_more_than_it_may_passes_the_limit_once() -> None:
    """100 tokens are asked for and 5,000 counted: after the first, so many are put aside for each."""
    usage = {"prompt_tokens": 10, "completion_tokens": 5_000}
    with chat_server(lambda _: says({"a": 1}, usage=usage)) as server:
        client = client_of(server, token_limit=12_000)
        for i in range(5):
            with suppress(Failed):
                client.ask(question(f"q{i}"))
    assert len(server.asked) == 2
    assert client.budget.input_tokens + client.budget.output_tokens == 10_020


def test_a_limit_of_tokens_holds_without_prices_and_without_counts() -> None:
    """A server that counts nothing is taken to have used all that was put aside."""
    with chat_server(lambda _: says({"a": 1}, usage={"prompt_tokens": "many", "completion_tokens": -3})) as server:
        client = client_of(server, token_limit=1_000)
        while client.stopped is None:
            with suppress(Failed):
                client.ask(question(f"q{len(server.asked)}"))
    budget = client.budget
    assert 500 < budget.input_tokens + budget.output_tokens <= 1_000
    assert budget.n_answers == server.n_answered > 0


def test_an_answer_that_was_lost_is_counted_as_paid() -> None:
    with chat_server(first_then(Answer(is_reset=True), says({"a": 1}))) as server:
        client = client_of(server)
        client.ask(question())
    assert (client.budget.n_answers, len(server.asked)) == (2, 2)
    assert client.budget.output_tokens == 100 + 20


def test_several_at_once_and_no_more_than_asked_for() -> None:
    with chat_server(lambda _: Answer(body=says({"a": 1}).body, wait_s=0.05)) as server:
        client = client_of(server, concurrency=4)
        each_of(12, lambda i: client.ask(question(f"q{i}")), lambda *_: None, 4)
    assert 2 <= server.n_at_once <= 4


def test_requests_are_paced() -> None:
    with chat_server(lambda _: says({"a": 1})) as server:
        client = client_of(server, requests_per_minute=600, concurrency=4)
        started = time.monotonic()
        each_of(5, lambda i: client.ask(question(f"q{i}")), lambda *_: None, 4)
    assert time.monotonic() - started >= 4 * 0.1 - 0.01


def test_what_goes_wrong_in_one_thread_is_raised_and_ends_the_rest() -> None:
    n_begun = []

    def work(i: int) -> int:
        n_begun.append(i)
        if i == 3:
            raise RelpinsError("three")
        threading.Event().wait(0.005)
        return i

    with pytest.raises(RelpinsError, match="three"):
        each_of(1_000, work, lambda *_: None, 2)
    assert len(n_begun) < 1_000


def test_the_client_is_json_all_the_way(tmp_path: Any) -> None:
    """Text that no encoding has goes out as it can, and never ends a run."""
    with chat_server(lambda asked: says({"said": asked.text})) as server:
        assert "a" in json.loads(client_of(server).ask(question("a\ud800b\x00")).text)["said"]
