"""A cancelled request must cost nobody else anything.

httpcore 1.0.9 loses a connection for good when a request is cancelled just as it is given one
(https://github.com/encode/httpcore/issues/1093). The first test shows that on the bare library, the others
that it cannot happen through our transports.
"""

from __future__ import annotations

import asyncio
import gc
import os
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpcore
import httpx
import httpx2
import pytest

from optimove_sdk import DeadlineExceeded, Request, Timeouts
from support.carriers import ASYNC

CANCELLATIONS = int(os.environ.get("OPTIMOVE_CANCELLATIONS", "1000"))  # 10,000 by `make soak`
WORKERS = 32
SLOTS = 8

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
OK_CLOSE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


@asynccontextmanager
async def serving(answer: Answer) -> AsyncIterator[str]:
    """Serve on this very loop: many connections cost little."""
    talks: set[asyncio.Task[Any]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                await answer(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.create_task(serve(reader, writer))
        talks.add(talk)
        talk.add_done_callback(talks.discard)

    server = await asyncio.start_server(begin, "127.0.0.1", 0, backlog=1000)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    server.close()
    await server.wait_closed()
    await asyncio.sleep(0.01)
    for talk in list(talks):
        talk.cancel()
    await asyncio.gather(*talks, return_exceptions=True)


def open_sockets() -> int:
    names = [f"/proc/self/fd/{name}" for name in os.listdir("/proc/self/fd")]
    return sum(os.path.exists(name) and os.readlink(name).startswith("socket:") for name in names)


async def whimsical(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer after a moment, in two pieces, and sometimes close."""
    await asyncio.sleep(random.random() * 0.002)
    answer = random.choice((OK, OK, OK_CLOSE))
    writer.write(answer[:-1])
    await asyncio.sleep(random.random() * 0.001)
    writer.write(answer[-1:])
    await writer.drain()
    if answer is OK_CLOSE:
        writer.close()


async def test_the_bare_library_loses_a_connection_that_is_assigned_to_a_cancelled_request() -> None:
    """Why we never let the library's pool have a queue. Skipped once the library is repaired."""
    async with serving(whimsical) as url:
        limits = httpx.Limits(max_connections=1)
        transport = httpx.AsyncHTTPTransport(limits=limits)
        steps = {"connect": 5, "read": 5, "write": 5, "pool": 0.2}

        async def get(then: Callable[[], Any] = lambda: None) -> int:
            request = httpx.Request(
                "GET", url, headers={"Connection": "close"}, extensions={"timeout": steps}
            )
            answer = await transport.handle_async_request(request)
            await answer.aread()
            then()  # in the very step in which the pool gave the connection to the next in the queue
            return answer.status_code

        first = asyncio.create_task(get(then=lambda: queued.cancel()))
        await asyncio.sleep(0)
        queued = asyncio.create_task(get())
        assert await first == 200
        with pytest.raises(asyncio.CancelledError):
            await queued
        try:
            await get()
        except httpx.PoolTimeout:
            return  # nothing is in flight, and yet there is no connection to be had: the defect
        finally:
            await transport.aclose()
    pytest.skip(f"httpcore {httpcore.__version__} no longer loses connections")


@pytest.mark.parametrize("library", ASYNC)
async def test_random_cancellations_leave_the_transport_usable(library: str) -> None:
    transport = ASYNC[library](proxy="", max_connections=SLOTS)
    finished = cancelled = 0

    async def one(url: str) -> None:
        nonlocal finished, cancelled
        request = asyncio.create_task(transport.handle_async_request(Request("GET", url)))
        for _ in range(random.randrange(30)):
            await asyncio.sleep(0)
        if random.random() < 0.4:
            await asyncio.sleep(random.random() * 0.008)
        request.cancel()
        if random.random() < 0.2:
            request.cancel()
        try:
            await request
            finished += 1
        except asyncio.CancelledError:
            cancelled += 1

    async def worker(url: str) -> None:
        # Some must be cancelled too late: then the ends of requests were hit as well.
        while cancelled < CANCELLATIONS or not finished:
            await one(url)

    async with serving(whimsical) as url:
        await asyncio.gather(*(worker(url) for _ in range(WORKERS)))
        await asyncio.sleep(0.05)
        # One end in our transport, one in the server, and the server's own.
        assert open_sockets() <= 2 * SLOTS + 10
        async with asyncio.timeout(10):
            answers = await asyncio.gather(
                *(transport.handle_async_request(Request("GET", url)) for _ in range(4 * SLOTS))
            )
        await transport.aclose()
    assert {answer.body for answer in answers} == {b"ok"}
    assert cancelled >= CANCELLATIONS


@pytest.mark.parametrize("library", ASYNC)
async def test_a_request_cancelled_while_it_waits_for_a_slot_takes_none(library: str) -> None:
    release = asyncio.Event()

    async def patient(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await release.wait()
        writer.write(OK)

    async with serving(patient) as url:
        transport = ASYNC[library](proxy="", max_connections=1)
        holder = asyncio.create_task(transport.handle_async_request(Request("GET", url)))
        await asyncio.sleep(0.05)
        waiters = [
            asyncio.create_task(transport.handle_async_request(Request("GET", url))) for _ in range(20)
        ]
        await asyncio.sleep(0)
        for waiter in waiters:
            waiter.cancel()
        results = await asyncio.gather(*waiters, return_exceptions=True)
        assert all(isinstance(result, asyncio.CancelledError) for result in results)
        release.set()
        assert (await holder).status == 200
        for _ in range(3):
            assert (await transport.handle_async_request(Request("GET", url))).status == 200
        await transport.aclose()


@pytest.mark.parametrize("library", ASYNC)
@pytest.mark.parametrize("ended_by", ["cancel", "deadline"])
async def test_a_tls_handshake_that_is_broken_off_leaves_no_socket_open(library: str, ended_by: str) -> None:
    """The library forgets that socket; without our own note it stays open until it is collected."""
    gc.collect()
    ended = asyncio.Event()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)  # the client says hello, and gets no answer
        await reader.read()  # until it hangs up
        ended.set()
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    transport = ASYNC[library](proxy="")
    times = Timeouts(connect=20) if ended_by == "cancel" else Timeouts(connect=20, deadline=0.2)
    request = asyncio.create_task(transport.handle_async_request(Request("GET", url, timeouts=times)))
    await asyncio.sleep(0.2)
    if ended_by == "cancel":
        request.cancel()
    with pytest.raises((asyncio.CancelledError, DeadlineExceeded)):
        await request
    async with asyncio.timeout(5):
        await ended.wait()
    await transport.aclose()
    server.close()
    await server.wait_closed()


@pytest.mark.parametrize("library", ASYNC)
async def test_a_cancelled_request_ends_its_connection_at_the_server_too(library: str) -> None:
    ended = asyncio.Event()

    async def watch(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()
        ended.set()

    async with serving(watch) as url:
        transport = ASYNC[library](proxy="")
        request = asyncio.create_task(transport.handle_async_request(Request("GET", url)))
        await asyncio.sleep(0.1)
        request.cancel()
        with suppress(asyncio.CancelledError):
            await request
        async with asyncio.timeout(5):
            await ended.wait()
        await transport.aclose()


def test_both_libraries_are_the_ones_that_were_examined() -> None:
    """The transports lean on these names; a release without them must be noticed here first."""
    for module in (httpx, httpx2):
        for name in ("HTTPTransport", "AsyncHTTPTransport", "Limits", "Request", "create_ssl_context"):
            assert hasattr(module, name)
