"""A transport over httpx or httpx2, blocking and asyncio.

Requests go straight to the library's own transport: that is where the connection is, while cookies,
redirects and the log line that shows whole URLs belong to the layer above, which we do not want.

Each request borrows a connection that is its alone, wrapped in a library transport of its own, and what has
not gone entirely well is closed and thrown away. So nobody ever queues inside the library's pool, and none
of its bookkeeping outlives a request that was cancelled: httpcore 1.0.9 loses connections for good in both
cases (https://github.com/encode/httpcore/issues/1093).
"""

from __future__ import annotations

import asyncio
import os
import ssl
import threading
from collections.abc import AsyncGenerator, Awaitable, Generator, Mapping
from contextlib import aclosing, suppress
from functools import cached_property
from typing import Any, ClassVar, TypeVar
from urllib.parse import urlsplit

from ..config import TLS
from ..errors import ConfigurationError
from .base import AsyncStreamedResponse, Request, Response, StreamedResponse
from .library import Library
from .shelf import Shelf, origin_of
from .watch import Watch

T = TypeVar("T")

# The library's own timeouts come first: they know better how far the request got.
_GRACE = 0.05


class _Adapter:
    """What both colours share: the library, and how to connect with it."""

    library: ClassVar[Library]

    def __init__(
        self, *, tls: TLS | None = None, proxy: str | None = None, max_connections: int = 16
    ) -> None:
        self._proxy = proxy
        self._max_connections = max_connections
        self._own_context = _context_of(tls or TLS())

    @cached_property
    def _context(self) -> ssl.SSLContext:
        """What https is verified with. All connections share it: reading the certificates is slow."""
        return self._own_context or self.library.ssl_context()

    def _options(self, url: str) -> dict[str, Any]:
        proxy = _environment_proxy(url) if self._proxy is None else self._proxy or None
        return {"context": self._context if url.startswith("https:") else None, "proxy": proxy}


class SyncAdapter(_Adapter):
    """Carries requests, blocking, for any number of threads. A forked child opens connections of its own.

    ``proxy`` is a URL; None takes the environment's, ``""`` takes none. At most ``max_connections`` requests
    are in flight at once. One whose answer is streamed is in flight until that begins: a loop over its pieces
    may make requests of its own, and must not wait for itself.

    The deadline is checked before each step and with each piece of the body. Only a server that sends the
    headers byte by byte can drag a request out beyond it.
    """

    def __init__(
        self, *, tls: TLS | None = None, proxy: str | None = None, max_connections: int = 16
    ) -> None:
        super().__init__(tls=tls, proxy=proxy, max_connections=max_connections)
        self._start()

    def _start(self) -> None:
        self._shelf: Shelf[Any] = Shelf(self._max_connections)
        self._slots = threading.BoundedSemaphore(self._max_connections)
        self._pid = os.getpid()

    def handle_request(self, request: Request) -> Response:
        """Send the request and return the answer."""
        if self._pid != os.getpid():
            self._leave_to_parent()
        watch, slots = Watch(request), self._slots
        if not slots.acquire(timeout=watch["pool"]):
            raise watch.no_slot(self._max_connections)
        try:
            exchange = self._lend(request, watch)
            answer = next(exchange)
            status, headers = answer.status_code, dict(answer.headers.items())
            if request.stream and answer.is_success:
                return StreamedResponse(status, headers, pieces=exchange)
            return Response(status, headers, b"".join(exchange))
        finally:
            slots.release()

    def close(self) -> None:
        """Close all connections, those in use as soon as they are not. Another request opens new ones."""
        shelf, self._shelf = self._shelf, Shelf(self._max_connections)
        _close_all(shelf.close())

    def _leave_to_parent(self) -> None:
        inherited = self._shelf
        self._start()
        _close_all(inherited.abandoned())  # our copies of them: the parent's stay open

    def _lend(self, request: Request, watch: Watch) -> Generator[Any, None, None]:
        """Yield the answer when it begins, then its body in pieces.

        It has begun then, so that closing it puts the connection away in every case.
        """
        origin, shelf = origin_of(request.url), self._shelf
        connection = shelf.take(origin) or self._open(request.url)
        kept = False
        try:
            yield from self._converse(connection, request, watch)
            kept = shelf.put(origin, connection)
        finally:
            if not kept:
                _close_all([connection])

    def _open(self, url: str) -> Any:
        return self.library.open(self.library.transport, **self._options(url))

    def _converse(self, connection: Any, request: Request, watch: Watch) -> Generator[Any, None, None]:
        try:
            answer = connection.handle_request(self.library.prepare(request, watch))
            watch.began()
            yield answer
            watch.go_on()
            for piece in answer.iter_bytes():
                yield watch.piece(piece)
                watch.go_on()
        except self.library.failures as error:
            failure = self.library.meaning(error, watch)
        else:
            return
        raise failure  # here, so that the library's error, which knows the secret headers, is not chained


class AsyncAdapter(_Adapter):
    """Carries requests on event loops. Each loop gets connections of its own, so loops may come and go.

    The arguments are those of `SyncAdapter`; ``max_connections`` counts for each loop.
    """

    def __init__(
        self, *, tls: TLS | None = None, proxy: str | None = None, max_connections: int = 16
    ) -> None:
        super().__init__(tls=tls, proxy=proxy, max_connections=max_connections)
        self._lanes: dict[asyncio.AbstractEventLoop, _Lane] = {}

    async def handle_async_request(self, request: Request) -> Response:
        """Send the request and return the answer."""
        watch, lane = Watch(request), await self._lane()
        try:
            async with asyncio.timeout(watch["pool"]):
                await lane.slots.acquire()
        except TimeoutError:
            raise watch.no_slot(self._max_connections) from None
        try:
            exchange = self._lend(request, watch, lane)
            answer = await anext(exchange)
            status, headers = answer.status_code, dict(answer.headers.items())
            if not answer.is_closed:
                return AsyncStreamedResponse(status, headers, pieces=exchange)
            await anext(exchange, None)
            return Response(status, headers, answer.content)
        finally:
            lane.slots.release()

    async def aclose(self) -> None:
        """Close the running loop's connections, those in use as soon as they are not.

        Another request opens new ones.
        """
        lane = self._lanes.pop(asyncio.get_running_loop(), None)
        if lane is not None:
            await lane.aclose()

    async def _lend(self, request: Request, watch: Watch, lane: _Lane) -> AsyncGenerator[Any, None]:
        """Yield the answer, and if it is not whole yet, then its body in pieces.

        It has begun then, so that closing it puts the connection away in every case.
        """
        origin = origin_of(request.url)
        connection = lane.shelf.take(origin) or self._open(request.url)
        kept = False
        try:
            answer = await self._in_time(self._begin(connection, request, watch), watch)
            yield answer
            if not answer.is_closed:
                async with aclosing(answer.aiter_bytes()) as pieces:
                    watch.go_on()
                    while piece := await self._in_time(anext(pieces, b""), watch):
                        yield watch.piece(piece)
                        watch.go_on()
            kept = lane.shelf.put(origin, connection)
        finally:
            if not kept:
                await lane.discard(connection)

    def _open(self, url: str) -> _AsyncConnection:
        return _AsyncConnection(self.library.open(self.library.async_transport, **self._options(url)))

    async def _begin(self, connection: _AsyncConnection, request: Request, watch: Watch) -> Any:
        prepared = self.library.prepare(request, watch, trace=connection.trace)
        answer = await connection.transport.handle_async_request(prepared)
        watch.began()
        if not (request.stream and answer.is_success):
            await answer.aread()
        return answer

    async def _in_time(self, step: Awaitable[T], watch: Watch) -> T:
        """Take one step of an exchange, unless it fails or lasts beyond the deadline."""
        left = watch.left()
        try:
            async with asyncio.timeout(None if left is None else left + _GRACE):
                try:
                    return await step
                except self.library.failures as error:
                    failure = self.library.meaning(error, watch)
        except TimeoutError:
            failure = watch.too_late("before the whole answer was there")
        raise failure

    async def _lane(self) -> _Lane:
        loop = asyncio.get_running_loop()
        if loop not in self._lanes:
            for stale in [other for other in list(self._lanes) if other.is_closed()]:
                self._lanes.pop(stale, None)
            self._lanes[loop] = lane = _Lane(self._max_connections)
            await lane.close_with_loop()
        return self._lanes[loop]


class _AsyncConnection:
    """A library transport with one connection, and the socket below it.

    The library forgets, open, a socket whose TLS handshake is cancelled: so we remember it.
    """

    def __init__(self, transport: Any) -> None:
        self.transport = transport
        self._socket: Any = None

    async def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Take note of what the library does."""
        if event.endswith(".connect_tcp.complete"):
            self._socket = info["return_value"]

    async def aclose(self) -> None:
        """Close the connection, in whatever state it is."""
        try:
            await self.transport.aclose()
        finally:
            if self._socket is not None:
                await self._socket.aclose()


class _Lane:
    """The slots and connections of one event loop."""

    def __init__(self, slots: int) -> None:
        self.slots = asyncio.BoundedSemaphore(slots)
        self.shelf: Shelf[_AsyncConnection] = Shelf(slots)
        self._closing: set[asyncio.Task[None]] = set()
        self._life = _until_closed(self.shelf)

    async def close_with_loop(self) -> None:
        """Let the loop close the connections when it ends, if nobody does it earlier.

        ``asyncio.run()`` ends by closing every asynchronous generator that was begun.
        """
        await anext(self._life)

    async def discard(self, connection: _AsyncConnection) -> None:
        """Close a connection, in a task that cancelling the caller, even repeatedly, does not stop."""
        closing = asyncio.create_task(_aclose_all([connection]))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)
        await asyncio.shield(closing)

    async def aclose(self) -> None:
        """Close all connections that are not in use, and keep none from now on."""
        await self._life.aclose()
        await asyncio.gather(*self._closing)


async def _until_closed(shelf: Shelf[_AsyncConnection]) -> AsyncGenerator[None, None]:
    try:
        yield
    finally:
        await _aclose_all(shelf.close())


def _close_all(connections: list[Any]) -> None:
    for connection in connections:
        with suppress(Exception):  # it may have broken long ago
            connection.close()


async def _aclose_all(connections: list[_AsyncConnection]) -> None:
    for connection in connections:
        with suppress(Exception):
            await connection.aclose()


def _context_of(tls: TLS) -> ssl.SSLContext | None:
    try:
        return tls.make_context()
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"tls: the certificates cannot be used ({error})") from None


def _environment_proxy(url: str) -> str | None:
    from urllib.request import getproxies, proxy_bypass  # a slow import

    parts, proxies = urlsplit(url), getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if proxy is None or proxy_bypass(parts.netloc):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"
