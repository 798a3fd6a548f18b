"""What every transport does with an answer that may be handed on while it arrives."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import Any

import pytest

from optimove_sdk import DeadlineExceeded, Outcome, Request, Response, ResponseLost, Timeouts
from optimove_sdk.http.base import AsyncStreamedResponse, StreamedResponse
from support.carriers import Carrier
from support.servers import Conversation, Received, Server

BODY = bytes(range(256)) * 2_000
HEAD = f"HTTP/1.1 200 OK\r\nContent-Length: {len(BODY)}\r\n\r\n".encode()


def whole(*_: object) -> Any:
    return (200, BODY)


def half_and_hang(talk: Conversation, _: Received) -> None:
    talk.send(HEAD + BODY[: len(BODY) // 2])
    talk.hang()


def half_and_gone(talk: Conversation, _: Received) -> None:
    talk.send(HEAD + BODY[: len(BODY) // 2])
    talk.close()


def streamed(carrier: Carrier, url: str, **timeouts: Any) -> Streamed:
    return Streamed(carrier, carrier.send(Request("GET", url, timeouts=Timeouts(**timeouts), stream=True)))


class Streamed:
    """An answer that is arriving, through whichever of the transports."""

    def __init__(self, carrier: Carrier, response: Response) -> None:
        assert isinstance(response, StreamedResponse | AsyncStreamedResponse)
        assert response.body == b""
        self.response, self.carrier = response, carrier

    def __iter__(self) -> Iterator[bytes]:
        if isinstance(self.response, StreamedResponse):
            yield from self.response.pieces
            return
        while (piece := self.carrier.run(anext(self.response.pieces, None))) is not None:
            yield piece

    def close(self) -> None:
        if isinstance(self.response, StreamedResponse):
            self.response.pieces.close()
        else:
            self.carrier.run(self.response.pieces.aclose())


def test_pieces_can_be_had_before_the_answer_is_whole(carrier: Carrier) -> None:
    go = threading.Event()

    def in_two_parts(talk: Conversation, _: Received) -> None:
        talk.send(HEAD + BODY[:200_000])
        go.wait(10)
        talk.send(BODY[200_000:])

    with Server(in_two_parts) as server:
        pieces = iter(streamed(carrier, server.url))
        first = next(pieces)
        go.set()
        assert first + b"".join(pieces) == BODY


def test_compression_is_undone(carrier: Carrier) -> None:
    packed = gzip.compress(BODY)
    with Server(lambda *_: (200, packed, {"Content-Encoding": "gzip"})) as server:
        assert b"".join(streamed(carrier, server.url)) == BODY


def test_a_connection_is_used_again_after_the_last_piece(connect: Any) -> None:
    carrier = connect(max_connections=1)
    with Server(whole) as server:
        for _ in range(3):
            assert b"".join(streamed(carrier, server.url)) == BODY
        assert carrier.send(Request("GET", server.url)).body == BODY
    assert server.connections == 1


@pytest.mark.parametrize("status", [204, 404, 429, 500])
def test_what_is_no_success_or_empty_comes_as_ever(carrier: Carrier, status: int) -> None:
    body = b"" if status == 204 else b"no"
    with Server(lambda *_: (status, body)) as server:
        answer = carrier.send(Request("GET", server.url, stream=True))
        content = b"".join(Streamed(carrier, answer)) if answer.is_success else answer.body
    assert (answer.status, content) == (status, body)


@pytest.mark.parametrize("pieces", [0, 1, 2])
def test_stopping_early_closes_the_connection(carrier: Carrier, pieces: int) -> None:
    closed = threading.Event()

    def half(talk: Conversation, request: Received) -> Any:
        if request.target != "/slow":
            return (200, "ok")
        talk.send(HEAD + BODY[: len(BODY) // 2])
        with suppress(OSError):  # reset, if it closes before it has read everything
            talk.sock.recv(1)
        closed.set()
        return talk.close()

    with Server(half) as server:
        answer = streamed(carrier, f"{server.url}/slow")
        list(islice(answer, pieces))
        answer.close()
        answer.close()
        assert closed.wait(10)
        assert carrier.send(Request("GET", server.url)).body == b"ok"
    assert server.connections == 2


def test_a_loop_over_pieces_can_make_requests_whatever_the_limit(connect: Any) -> None:
    carrier = connect(max_connections=1)
    with Server(whole) as server:
        for _ in zip(range(3), streamed(carrier, server.url), strict=False):
            inner = streamed(carrier, server.url, pool=0.5)
            assert b"".join(inner) == carrier.send(Request("GET", server.url)).body


def test_no_more_connections_are_kept_than_may_be_in_use(connect: Any) -> None:
    carrier = connect(max_connections=2)
    with Server(whole) as server:
        answers = [streamed(carrier, server.url) for _ in range(5)]
        for answer in answers:
            assert b"".join(answer) == BODY
        assert server.connections == 5
        for answer in [streamed(carrier, server.url) for _ in range(3)]:
            assert b"".join(answer) == BODY
    assert server.connections == 6


def test_a_body_that_breaks_off_is_partial_and_frees_its_place(connect: Any) -> None:
    carrier = connect(max_connections=1)
    with Server(half_and_gone) as server:
        for _ in range(2):
            got: list[bytes] = []
            with pytest.raises(ResponseLost) as lost:
                got.extend(streamed(carrier, server.url, pool=0.5))
            assert lost.value.outcome is Outcome.PARTIAL
            assert got
            assert BODY.startswith(b"".join(got))
    assert server.connections == 2


def test_each_piece_has_the_read_timeout_to_come(carrier: Carrier) -> None:
    with Server(half_and_hang) as server, pytest.raises(ResponseLost) as lost:
        list(streamed(carrier, server.url, read=0.3))
    assert lost.value.outcome is Outcome.PARTIAL


def test_the_deadline_counts_the_time_spent_waiting_for_pieces(carrier: Carrier) -> None:
    def trickle(talk: Conversation, _: Received) -> None:
        talk.send(HEAD)
        with suppress(OSError):
            for _ in range(200):
                talk.send(BODY[:100])
                time.sleep(0.05)

    with Server(trickle) as server, pytest.raises(DeadlineExceeded) as late:
        list(streamed(carrier, server.url, deadline=0.5))
    assert late.value.outcome is Outcome.PARTIAL


def test_the_deadline_stands_still_between_pieces(carrier: Carrier) -> None:
    with Server(whole) as server:
        pieces = iter(streamed(carrier, server.url, deadline=1.0))
        first = next(pieces)
        time.sleep(1.2)
        assert first + b"".join(pieces) == BODY
