"""What every transport does with a request and its answer, over real sockets."""

from __future__ import annotations

import gzip
import socket
import threading
import time
import zlib
from typing import Any

import pytest

from optimove_sdk import ConnectionFailed, DeadlineExceeded, Outcome, Request, ResponseLost, Secret, Timeouts
from support.carriers import Carrier
from support.servers import Conversation, Received, Server, refused_port

FAST = Timeouts(connect=5, read=0.2, write=5, pool=5, deadline=20)


def echo(_: Conversation, request: Received) -> Any:
    return (200, {"method": request.method, "target": request.target, "body": request.body.decode()})


def drop(talk: Conversation, _: Received) -> None:
    talk.close()


def hang(talk: Conversation, _: Received) -> None:
    talk.hang()


@pytest.mark.parametrize(
    ("method", "body"), [("GET", None), ("POST", b'{"a": "\xc3\xa9"}'), ("DELETE", None)]
)
def test_carries_method_url_and_body_there(carrier: Carrier, method: str, body: bytes | None) -> None:
    with Server(echo) as server:
        carrier.send(Request(method, f"{server.url}/a/b?Date=2024-01-01&x=%20%2B", content=body))
    (seen,) = server.received
    assert (seen.method, seen.target, seen.body) == (method, "/a/b?Date=2024-01-01&x=%20%2B", body or b"")


@pytest.mark.parametrize("status", [200, 204, 206, 302, 403, 404, 429, 500, 503, 599])
def test_brings_back_any_status_with_headers_and_body(carrier: Carrier, status: int) -> None:
    body = b"" if status == 204 else b"\x00 any bytes \xff"
    with Server(lambda *_: (status, body, {"Retry-After": "7", "X-Two": "a"})) as server:
        got = carrier.send(Request("GET", server.url))
    assert (got.status, got.body) == (status, body)
    assert got.headers["retry-after"] == "7"
    assert got.headers["x-two"] == "a"


def test_reveals_a_secret_header_on_the_wire_only(carrier: Carrier) -> None:
    request = Request("GET", "", {"X-API-KEY": Secret("hush"), "User-Agent": "me/1"})
    with Server(echo) as server:
        carrier.send(Request(request.method, server.url, request.headers))
    assert server.received[0].headers["x-api-key"] == "hush"
    assert server.received[0].headers["user-agent"] == "me/1"
    assert "hush" not in repr(request)


@pytest.mark.parametrize(("name", "squeeze"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_asks_for_and_undoes_compression(carrier: Carrier, name: str, squeeze: Any) -> None:
    with Server(lambda *_: (200, squeeze(b"[1]" * 9000), {"Content-Encoding": name})) as server:
        assert carrier.send(Request("GET", server.url)).body == b"[1]" * 9000
    assert name in server.received[0].headers["accept-encoding"]


def test_follows_no_redirect(carrier: Carrier) -> None:
    with Server(lambda *_: (302, b"", {"Location": "/elsewhere"})) as server:
        assert carrier.send(Request("GET", server.url)).status == 302
    assert len(server.received) == 1


def test_keeps_no_cookie(carrier: Carrier) -> None:
    with Server(lambda *_: (200, b"", {"Set-Cookie": "a=b"})) as server:
        carrier.send(Request("GET", server.url))
        carrier.send(Request("GET", server.url))
    assert "cookie" not in server.received[1].headers


def test_uses_a_connection_again(carrier: Carrier) -> None:
    with Server(echo) as server:
        for _ in range(5):
            carrier.send(Request("GET", server.url))
    assert server.connections == 1


@pytest.mark.parametrize("status", [200, 500])
def test_a_server_that_closes_politely_costs_only_a_new_connection(carrier: Carrier, status: int) -> None:
    with Server(lambda *_: (status, b"x", {"Connection": "close"})) as server:
        for _ in range(3):
            assert carrier.send(Request("GET", server.url)).status == status
    assert server.connections == 3


def test_an_idle_connection_the_server_closed_is_not_used(carrier: Carrier) -> None:
    talks: list[Conversation] = []

    def remember(talk: Conversation, _: Received) -> Any:
        talks.append(talk)
        return (200, b"ok")

    with Server(remember) as server:
        carrier.send(Request("POST", server.url, content=b"1"))
        talks[0].sock.shutdown(socket.SHUT_RDWR)
        time.sleep(0.05)
        assert carrier.send(Request("POST", server.url, content=b"2")).body == b"ok"
    assert [seen.body for seen in server.received] == [b"1", b"2"]


def test_a_refused_connection_was_not_sent(carrier: Carrier) -> None:
    with pytest.raises(ConnectionFailed) as caught:
        carrier.send(Request("POST", f"http://127.0.0.1:{refused_port()}/", content=b"x"))
    assert caught.value.outcome is Outcome.UNSENT


def test_a_name_that_does_not_resolve_was_not_sent(carrier: Carrier) -> None:
    with pytest.raises(ConnectionFailed):
        carrier.send(Request("GET", "http://no-such-host.invalid/"))


def test_a_connection_that_takes_too_long_was_not_sent(carrier: Carrier) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # the handshake gets no answer
        url = f"https://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(ConnectionFailed) as caught:
            carrier.send(Request("GET", url, timeouts=Timeouts(connect=0.2, deadline=20)))
    assert caught.value.outcome is Outcome.UNSENT
    assert "ConnectTimeout" in str(caught.value)


def test_a_server_that_says_nothing_may_have_acted(carrier: Carrier) -> None:
    with Server(hang) as server, pytest.raises(ResponseLost) as caught:
        carrier.send(Request("POST", server.url, content=b"x", timeouts=FAST))
    assert caught.value.outcome is Outcome.SENT


def test_a_connection_closed_at_the_first_byte_may_have_acted(carrier: Carrier) -> None:
    with Server(drop) as server, pytest.raises(ResponseLost) as caught:
        carrier.send(Request("POST", server.url, content=b"x"))
    assert caught.value.outcome is Outcome.SENT


def test_a_connection_reset_at_the_first_byte_may_have_acted(carrier: Carrier) -> None:
    with Server(lambda talk, _: talk.reset()) as server, pytest.raises(ResponseLost) as caught:
        carrier.send(Request("POST", server.url, content=b"x"))
    assert caught.value.outcome is Outcome.SENT


def test_an_answer_that_is_no_http_may_have_acted(carrier: Carrier) -> None:
    with Server(lambda *_: b"220 smtp.example ESMTP\r\n\r\n") as server, pytest.raises(ResponseLost):
        carrier.send(Request("POST", server.url, content=b"x"))


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[1, 2",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[1, 2\r\n",
    ],
)
def test_an_answer_that_breaks_off_is_partial(carrier: Carrier, answer: bytes) -> None:
    def half(talk: Conversation, _: Received) -> None:
        talk.send(answer)
        talk.close()

    with Server(half) as server, pytest.raises(ResponseLost) as caught:
        carrier.send(Request("GET", server.url))
    assert caught.value.outcome is Outcome.PARTIAL


def test_a_body_that_stops_arriving_is_partial(carrier: Carrier) -> None:
    def stall(talk: Conversation, _: Received) -> None:
        talk.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[1")
        talk.sock.recv(1)

    with Server(stall) as server, pytest.raises(ResponseLost) as caught:
        carrier.send(Request("GET", server.url, timeouts=FAST))
    assert caught.value.outcome is Outcome.PARTIAL


def test_a_body_that_cannot_be_unpacked_is_partial(carrier: Carrier) -> None:
    with (
        Server(lambda *_: (200, b"no gzip at all", {"Content-Encoding": "gzip"})) as server,
        pytest.raises(ResponseLost) as caught,
    ):
        carrier.send(Request("GET", server.url))
    assert caught.value.outcome is Outcome.PARTIAL


def test_a_trickle_ends_at_the_deadline(carrier: Carrier) -> None:
    def trickle(talk: Conversation, _: Received) -> None:
        talk.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(1000):
            talk.send(b" ")
            time.sleep(0.01)

    started = time.monotonic()
    with Server(trickle) as server, pytest.raises(DeadlineExceeded) as caught:
        carrier.send(Request("GET", server.url, timeouts=Timeouts(read=5, deadline=0.4)))
    assert time.monotonic() - started < 5
    assert caught.value.outcome is Outcome.PARTIAL


def test_silence_ends_at_the_deadline(carrier: Carrier) -> None:
    with Server(hang) as server, pytest.raises(DeadlineExceeded) as caught:
        carrier.send(Request("GET", server.url, timeouts=Timeouts(deadline=0.3)))
    assert caught.value.outcome is Outcome.SENT


def test_after_a_failure_the_transport_goes_on(carrier: Carrier) -> None:
    answers: list[Any] = [drop, echo, drop, echo, echo]
    with Server(lambda talk, request: answers.pop(0)(talk, request)) as server:
        for expected in (ResponseLost, None, ResponseLost, None, None):
            if expected is None:
                assert carrier.send(Request("GET", server.url)).status == 200
            else:
                with pytest.raises(expected):
                    carrier.send(Request("GET", server.url))


def test_a_transport_that_was_closed_can_be_used_again(carrier: Carrier) -> None:
    with Server(echo) as server:
        carrier.send(Request("GET", server.url))
        carrier.close()
        assert carrier.send(Request("GET", server.url)).status == 200
    assert server.connections == 2


def test_closing_leaves_a_request_in_flight_alone_and_then_keeps_nothing_open(carrier: Carrier) -> None:
    arrived, go = threading.Event(), threading.Event()

    def wait(*_: Any) -> Any:
        arrived.set()
        go.wait(10)
        return (200, b"whole")

    with Server(wait) as server:
        assert carrier.send_and_close(Request("GET", server.url), arrived, go).body == b"whole"
        time.sleep(0.05)
        assert server.open_connections == 0


def test_never_more_requests_in_flight_than_allowed(connect: Any) -> None:
    def slow(*_: Any) -> Any:
        time.sleep(0.02)
        return (200, b"")

    carrier = connect(max_connections=3)
    with Server(slow) as server:
        carrier.send_all([Request("GET", server.url)] * 20)
    assert len(server.received) == 20
    assert server.most_at_once == 3
    assert server.connections == 3


def test_waiting_in_vain_for_a_free_connection_names_the_limit(connect: Any) -> None:
    carrier = connect(max_connections=1)
    patient, hasty = Timeouts(read=0.25), Timeouts(pool=0.1)
    with Server(hang) as server:
        requests = [Request("GET", server.url, timeouts=patient), Request("GET", server.url, timeouts=hasty)]
        errors = carrier.results(requests)
    assert {type(error) for error in errors} == {ResponseLost, ConnectionFailed}
    (refused,) = (error for error in errors if isinstance(error, ConnectionFailed))
    assert "all 1 connections were busy" in str(refused)
    assert "max_connections" in str(refused)


def test_waiting_for_a_free_connection_ends_at_the_deadline(connect: Any) -> None:
    carrier = connect(max_connections=1)
    with Server(hang) as server:
        slow = Request("GET", server.url, timeouts=Timeouts(read=0.25))
        late = Request("GET", server.url, timeouts=Timeouts(deadline=0.1))
        errors = carrier.results([slow, late])
    assert {type(error) for error in errors} == {ResponseLost, DeadlineExceeded}


def test_hosts_do_not_share_connections(carrier: Carrier) -> None:
    with Server(lambda *_: (200, b"one")) as one, Server(lambda *_: (200, b"two")) as two:
        got = [carrier.send(Request("GET", server.url)).body for server in (one, two, one, two)]
    assert got == [b"one", b"two"] * 2
    assert (one.connections, two.connections) == (1, 1)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/\x00", "ftp://127.0.0.1/", "http://a..b/"])
def test_an_address_that_cannot_be_used_is_an_error_of_ours(carrier: Carrier, url: str) -> None:
    with pytest.raises(ConnectionFailed):
        carrier.send(Request("GET", url))


def test_a_header_that_cannot_be_sent_is_not_quoted(carrier: Carrier) -> None:
    with Server(echo) as server:
        for value in ("hush\nhush", "h\u00fcsh \u2013"):
            with pytest.raises(ConnectionFailed) as caught:
                carrier.send(Request("GET", server.url, {"X-API-KEY": Secret(value)}))
            assert "sh" not in str(caught.value).replace("UnicodeEncodeError", "")
    assert server.received == []
