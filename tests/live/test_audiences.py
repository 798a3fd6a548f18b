"""Audiences over real sockets: rows before their page is whole, pages before their turn, no remains."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
import tracemalloc
from collections.abc import Callable
from contextlib import aclosing, closing, suppress
from typing import Any

import pytest

from optimove_sdk import (
    AsyncOptimove,
    DeadlineExceeded,
    DecodeError,
    Optimove,
    RateLimit,
    ResponseLost,
    RetryPolicy,
    Timeouts,
)
from optimove_sdk.core import reading
from support.carriers import ASYNC, SYNC
from support.paging import window
from support.servers import Conversation, Received, Server, response

QUICK = RetryPolicy(attempts=3, base=0.001)
PAGE = 2_000
"""Rows of 100 bytes: three cuts."""


def rows(skip: int, count: int) -> bytes:
    return b",".join(
        b'{"CustomerID": "%08d", "TemplateName": "%s"}' % (n, b"x" * 50) for n in range(skip, skip + count)
    )


class Audience:
    """A server with so many customers. ``instead`` may answer a request in another way."""

    def __init__(self, total: int, instead: Callable[[Conversation, int, bytes], Any] | None = None) -> None:
        self.total, self.instead = total, instead
        self.asked: list[int] = []

    def __call__(self, talk: Conversation, request: Received) -> Any:
        skip, top = window(request.target)
        self.asked.append(skip)
        count = max(0, min(self.total - skip, top or self.total))
        whole = response(200, b"[" + rows(skip, count) + b"]")
        done = self.instead(talk, skip, whole) if self.instead is not None else None
        return whole if done is None else done or None


def settings_for(server: Server, **options: Any) -> dict[str, Any]:
    return {
        "base_url": server.url,
        "api_key": "k",
        "retry": QUICK,
        "rate_limit": None,
        "proxy": "",
        **options,
    }


def client_of(server: Server, **options: Any) -> Optimove:
    return Optimove(**settings_for(server, **options))


def audience_of(client: Any, **options: Any) -> Any:
    return client.customers.execution_details(1, 2, **{"page_size": PAGE, **options})


def numbers(found: Any) -> list[int]:
    return [int(row.customer_id) for row in found]


def workers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "optimove-prefetch"]


def wait_for(condition: Callable[[], Any]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.01)


async def nothing_is_left() -> None:
    """Have no task but this one; the event loop closes generators in its own time, but soon."""
    for _ in range(100):
        if asyncio.all_tasks() == {asyncio.current_task()}:
            return
        await asyncio.sleep(0)
    raise AssertionError(asyncio.all_tasks())


def cut_once(at: int) -> Callable[..., Any]:
    """Break off the first answer for the second page."""
    done: list[int] = []

    def instead(talk: Conversation, skip: int, whole: bytes) -> Any:
        if skip != PAGE or done:
            return None
        done.append(1)
        talk.send(whole[:at])
        talk.close()
        return b""

    return instead


@pytest.fixture(params=["httpx", "httpx2"])
def library(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_rows_can_be_had_before_their_page_is_whole(library: str) -> None:
    go = threading.Event()

    def in_parts(talk: Conversation, skip: int, whole: bytes) -> Any:
        talk.send(whole[:100_000])
        assert go.wait(10)
        return whole[100_000:]

    with (
        Server(Audience(PAGE, in_parts)) as server,
        client_of(server, transport=SYNC[library](proxy="")) as client,
    ):
        found = iter(audience_of(client))
        first = next(found)
        go.set()
        assert numbers([first, *found]) == list(range(PAGE))


async def test_rows_can_be_had_before_their_page_is_whole_with_asyncio(library: str) -> None:
    go = threading.Event()

    def in_parts(talk: Conversation, skip: int, whole: bytes) -> Any:
        talk.send(whole[:100_000])
        assert go.wait(10)
        return whole[100_000:]

    with Server(Audience(PAGE, in_parts)) as server:
        async with AsyncOptimove(**settings_for(server, transport=ASYNC[library](proxy=""))) as client:
            seen = []
            async for row in audience_of(client):
                seen.append(row)
                go.set()
    assert numbers(seen) == list(range(PAGE))


@pytest.mark.parametrize("prefetch", [0, 2])
@pytest.mark.parametrize("at", [50, 40_000, 150_000])
def test_a_page_cut_in_the_middle_is_gone_on_with(at: int, prefetch: int) -> None:
    audience = Audience(3 * PAGE + 10, cut_once(at))
    with Server(audience) as server, client_of(server, prefetch=prefetch) as client:
        assert numbers(audience_of(client)) == list(range(3 * PAGE + 10))
    if prefetch == 0:
        again = audience.asked[2]
        assert (again > PAGE) == (at > 100_000)  # after what was handed out, if there was anything


async def test_a_page_cut_in_the_middle_is_gone_on_with_by_asyncio() -> None:
    with Server(Audience(3 * PAGE + 10, cut_once(150_000))) as server:
        async with AsyncOptimove(**settings_for(server)) as client:
            assert numbers([row async for row in audience_of(client)]) == list(range(3 * PAGE + 10))


def cut_always(talk: Conversation, skip: int, whole: bytes) -> Any:
    talk.send(whole[:150_000])
    talk.close()
    return b""


def test_what_does_not_page_cannot_be_gone_on_with_and_says_so() -> None:
    with Server(Audience(PAGE, cut_always)) as server, client_of(server) as client:
        seen = []
        with pytest.raises(ResponseLost, match=r"\d+ rows had come, and as this function does not page"):
            seen.extend(audience_of(client, page_size=None))
    assert numbers(seen) == list(range(len(seen)))
    assert 0 < len(seen) < PAGE
    assert len(server.received) == 1


def test_cut_again_and_again_without_getting_on_it_gives_up_and_can_be_resumed() -> None:
    def cut_early(talk: Conversation, skip: int, whole: bytes) -> Any:
        return None if skip == 0 else cut_always(talk, skip, whole[:1000])

    audience = Audience(2 * PAGE, cut_early)
    with Server(audience) as server, client_of(server, prefetch=0) as client:
        seen: list[Any] = []
        with pytest.raises(ResponseLost) as lost:
            seen.extend(audience_of(client))
        assert audience.asked == [0] + [PAGE] * QUICK.attempts
        audience.instead = None
        seen.extend(client.pager(lost.value.call))
    assert numbers(seen) == list(range(2 * PAGE))


def test_json_that_breaks_off_is_an_error_after_the_rows_before_it() -> None:
    def broken(talk: Conversation, skip: int, whole: bytes) -> Any:
        return response(200, b"[" + rows(0, PAGE))

    with Server(Audience(PAGE, broken)) as server, client_of(server) as client:
        seen: list[Any] = []
        with pytest.raises(DecodeError) as wrong:
            seen.extend(audience_of(client))
    assert numbers(seen) == list(range(len(seen)))
    assert 0 < len(seen) < PAGE
    assert wrong.value.call.params["$skip"] == str(len(seen))


def half_then(moment: threading.Event) -> Callable[..., Any]:
    """Send half a page, and note when the client is gone."""

    def instead(talk: Conversation, skip: int, whole: bytes) -> Any:
        talk.send(whole[:150_000])
        with suppress(OSError):
            talk.sock.recv(1)
        moment.set()
        talk.close()
        return b""

    return instead


@pytest.mark.parametrize("how", ["break", "close", "error"])
def test_leaving_a_loop_closes_the_connection_of_a_page_that_is_arriving(how: str, library: str) -> None:
    gone = threading.Event()
    with (
        Server(Audience(PAGE, half_then(gone))) as server,
        client_of(server, transport=SYNC[library](proxy="")) as client,
    ):
        found = iter(audience_of(client))
        if how == "break":
            for _ in audience_of(client):
                break
        elif how == "close":
            next(found)
            found.close()
        else:
            with suppress(ValueError), closing(found):
                for row in found:
                    int(row.template_name)
        assert gone.wait(10)


@pytest.mark.parametrize("how", ["break", "close", "cancel"])
async def test_leaving_an_async_loop_closes_the_connection_and_leaves_no_task(how: str, library: str) -> None:
    gone = threading.Event()

    async def leave(client: AsyncOptimove) -> None:
        if how == "break":
            async for _ in audience_of(client):
                break
        elif how == "close":
            async with aclosing(aiter(audience_of(client))) as found:
                await anext(found)
        else:
            async with asyncio.timeout(0.5):
                async for _ in audience_of(client):
                    pass

    with Server(Audience(PAGE, half_then(gone))) as server:
        async with AsyncOptimove(**settings_for(server, transport=ASYNC[library](proxy=""))) as client:
            with suppress(TimeoutError):
                await leave(client)
            assert await asyncio.to_thread(gone.wait, 10)
            await nothing_is_left()


class Late:
    """Answers the first pages at once, and the others when it is let."""

    def __init__(self, pages: int) -> None:
        self.pages, self.go, self.waiting = pages, threading.Event(), threading.Semaphore(0)

    def __call__(self, talk: Conversation, skip: int, whole: bytes) -> Any:
        if skip >= self.pages * PAGE:
            self.waiting.release()
            self.go.wait(10)


def test_pages_ahead_are_fetched_at_once_and_leaving_the_loop_wants_none_of_them() -> None:
    late = Late(3)
    audience = Audience(100 * PAGE, late)
    with Server(audience) as server, client_of(server, prefetch=3) as client:
        found = iter(audience_of(client))
        for _ in range(2 * PAGE + 1):
            next(found)
        assert late.waiting.acquire(timeout=10)
        assert late.waiting.acquire(timeout=10)
        begun = time.monotonic()
        found.close()
        assert time.monotonic() - begun < 5  # it does not wait for the server
        late.go.set()
        wait_for(lambda: not workers())
    assert {0, PAGE, 2 * PAGE, 3 * PAGE, 4 * PAGE} <= set(audience.asked)
    assert len(audience.asked) <= 6


async def test_pages_ahead_are_given_up_when_the_task_is_cancelled() -> None:
    late = Late(3)
    with Server(Audience(100 * PAGE, late)) as server:
        async with AsyncOptimove(**settings_for(server, prefetch=3)) as client:

            async def loop() -> None:
                async for _ in audience_of(client):
                    pass

            task = asyncio.create_task(loop())
            for _ in range(2):
                assert await asyncio.to_thread(late.waiting.acquire, timeout=10)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await nothing_is_left()
            late.go.set()


def test_an_error_ahead_comes_after_the_rows_before_it() -> None:
    def refuse(talk: Conversation, skip: int, whole: bytes) -> Any:
        return response(500, "no") if skip >= 3 * PAGE else None

    with Server(Audience(5 * PAGE, refuse)) as server, client_of(server, prefetch=4) as client:
        seen: list[Any] = []
        with pytest.raises(Exception, match="no") as wrong:
            seen.extend(audience_of(client))
    assert numbers(seen) == list(range(3 * PAGE))
    assert wrong.value.call.params["$skip"] == str(3 * PAGE)
    wait_for(lambda: not workers())


def test_a_worker_that_waits_for_the_rate_limit_goes_when_the_loop_is_left() -> None:
    with (
        Server(Audience(100 * PAGE)) as server,
        client_of(server, prefetch=3, rate_limit=RateLimit(4, 60)) as client,
    ):
        found = iter(audience_of(client))
        for _ in range(2 * PAGE + 1):
            next(found)
        wait_for(lambda: len(server.received) == 4 and workers())
        found.close()
        wait_for(lambda: not workers())


def test_a_slow_loop_does_not_keep_the_server_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_PATIENCE", 0.0)
    sent = threading.Event()

    def note(talk: Conversation, skip: int, whole: bytes) -> Any:
        talk.send(whole)
        if skip == 0:
            sent.set()
        return b""

    count = 100_000
    with Server(Audience(count, note)) as server, client_of(server) as client:
        found = iter(audience_of(client, page_size=None))
        for _ in range(2_000):  # a few cuts of some 150
            next(found)
        assert sent.wait(10)
        assert sum(1 for _ in found) == count - 2_000


def test_the_deadline_does_not_count_the_time_of_the_loop() -> None:
    with Server(Audience(PAGE)) as server, client_of(server, timeouts=Timeouts(deadline=0.5)) as client:
        found = iter(audience_of(client))
        seen = [next(found)]
        time.sleep(0.7)
        seen.extend(found)
    assert len(seen) == PAGE


def test_the_deadline_counts_the_time_the_server_takes() -> None:
    def trickle(talk: Conversation, skip: int, whole: bytes) -> Any:
        talk.send(whole[:150_000])
        with suppress(OSError):
            for at in range(150_000, len(whole), 100):
                talk.send(whole[at : at + 100])
                time.sleep(0.05)
        return b""

    with (
        Server(Audience(PAGE, trickle)) as server,
        client_of(server, timeouts=Timeouts(deadline=0.5)) as client,
        pytest.raises(DeadlineExceeded),
    ):
        list(audience_of(client))


def test_memory_is_bounded_by_the_piece_and_not_by_the_answer() -> None:
    count = 200_000
    row = rows(0, 1000)

    def endless(talk: Conversation, skip: int, whole: bytes) -> Any:
        talk.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n[")
        for _ in range(count // 1000 - 1):
            talk.send(row + b",")
        talk.send(row + b"]")
        talk.close()
        return b""

    size = len(row) * count // 1000
    with Server(Audience(0, endless)) as server, client_of(server) as client:
        next(iter(audience_of(client, page_size=None)))  # imports, and code that is written on first use
        gc.collect()
        tracemalloc.start()
        try:
            assert sum(1 for _ in audience_of(client, page_size=None)) == count
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert size > 19_000_000
    assert peak < size / 6
