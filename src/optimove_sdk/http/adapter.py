"""A transport over httpx or its successor httpx2, whose APIs are the same where it matters.

Requests go straight to the library's own transport: that is where connections are pooled, while cookies,
redirects and the log line that shows whole URLs belong to the layer above, which we do not want.

A slot is taken before the pool is asked. So the pool never has a queue, and httpcore 1.0.9, which loses
connections for good when a *queued* request is cancelled, cannot do so
(https://github.com/encode/httpcore/issues/1093).
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit

import attrs

from ..config import TLS
from ..errors import ConnectionFailed, DeadlineExceeded, Outcome, ResponseLost, TransportError
from .base import Request, Response

_ACCEPT_ENCODING: Final = {"Accept-Encoding": "gzip, deflate"}


@attrs.frozen
class Library:
    """What is needed of an HTTP library. ``unsent`` are its errors for which no byte has left."""

    request: Callable[..., Any]
    limits: Callable[..., Any]
    transport: Callable[..., Any]
    async_transport: Callable[..., Any]
    failures: type[Exception]
    unsent: tuple[type[Exception], ...]

    @classmethod
    def of(cls, module: Any) -> Library:
        """Return what is needed of httpx, or of a module just like it."""
        unsent = (
            module.ConnectError,
            module.ConnectTimeout,
            module.LocalProtocolError,
            module.PoolTimeout,
            module.ProxyError,
            module.UnsupportedProtocol,
        )
        return cls(
            module.Request,
            module.Limits,
            module.HTTPTransport,
            module.AsyncHTTPTransport,
            module.RequestError,
            unsent,
        )

    def prepare(self, request: Request) -> Any:
        """Return the library's own request."""
        times = request.timeouts
        steps = {"connect": times.connect, "read": times.read, "write": times.write, "pool": times.pool}
        headers = {**request.raw_headers(), **_ACCEPT_ENCODING}
        return self.request(
            request.method,
            request.url,
            headers=headers,
            content=request.content,
            extensions={"timeout": steps},
        )


class _Adapter:
    """What both colours share: the library, and how to connect with it."""

    library: ClassVar[Library]

    def __init__(
        self, *, tls: TLS | None = None, proxy: str | None = None, max_connections: int = 16
    ) -> None:
        self._tls = tls or TLS()
        self._proxy = proxy
        self._max_connections = max_connections

    def _options(self, url: str) -> dict[str, Any]:
        """Return the arguments of a library transport for this URL's scheme."""
        secure = url.startswith("https:")
        return {
            "verify": (self._tls.make_context() or True) if secure else False,
            "proxy": _environment_proxy(url) if self._proxy is None else self._proxy or None,
            "limits": self.library.limits(
                max_connections=None, max_keepalive_connections=self._max_connections
            ),
        }

    def _no_slot(self, request: Request) -> ConnectionFailed:
        return ConnectionFailed(
            f"all {self._max_connections} connections were busy for {request.timeouts.pool:.1f} s:"
            " raise max_connections, or the pool timeout"
        )


class SyncAdapter(_Adapter):
    """Carries requests, blocking, for any number of threads. A forked child opens connections of its own.

    ``proxy`` is a URL; None takes the environment's, ``""`` takes none. At most ``max_connections`` requests
    are in flight at once.
    """

    def __init__(
        self, *, tls: TLS | None = None, proxy: str | None = None, max_connections: int = 16
    ) -> None:
        super().__init__(tls=tls, proxy=proxy, max_connections=max_connections)
        self._start()

    def _start(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._pools: dict[str, Any] = {}
        self._slots = threading.BoundedSemaphore(self._max_connections)

    def handle_request(self, request: Request) -> Response:
        """Send the request and return the answer."""
        if self._pid != os.getpid():
            self._start()
        slots = self._slots
        if not slots.acquire(timeout=request.timeouts.pool):
            raise self._no_slot(request)
        try:
            return self._exchange(request)
        finally:
            slots.release()

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            pools, self._pools = self._pools, {}
        for pool in pools.values():
            pool.close()

    def _exchange(self, request: Request) -> Response:
        watch = _Watch(self.library, request)
        try:
            answer = self._pool(request.url).handle_request(self.library.prepare(request))
            try:
                watch.began()
                body = b"".join(watch.chunk(chunk) for chunk in answer.iter_bytes())
            finally:
                answer.close()
        except self.library.failures as error:
            failure = watch.failure(error)
        else:
            return Response(answer.status_code, dict(answer.headers), body)
        raise failure  # here, so that the library's error, which knows the secret headers, is not chained

    def _pool(self, url: str) -> Any:
        scheme = url.partition(":")[0]
        with self._lock:
            if scheme not in self._pools:
                self._pools[scheme] = self.library.transport(**self._options(url))
            return self._pools[scheme]


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
        lane = self._lane()
        try:
            await asyncio.wait_for(lane.slots.acquire(), request.timeouts.pool)
        except TimeoutError:
            raise self._no_slot(request) from None
        try:
            return await self._exchange(request, lane)
        finally:
            lane.slots.release()

    async def aclose(self) -> None:
        """Close the connections of the running loop."""
        lane = self._lanes.pop(asyncio.get_running_loop(), None)
        for pool in () if lane is None else lane.pools.values():
            await pool.aclose()

    async def _exchange(self, request: Request, lane: _Lane) -> Response:
        watch = _Watch(self.library, request)
        try:
            answer = await self._pool(request.url, lane).handle_async_request(self.library.prepare(request))
            try:
                watch.began()
                body = b"".join([watch.chunk(chunk) async for chunk in answer.aiter_bytes()])
            finally:
                await answer.aclose()
        except self.library.failures as error:
            failure = watch.failure(error)
        else:
            return Response(answer.status_code, dict(answer.headers), body)
        raise failure

    def _pool(self, url: str, lane: _Lane) -> Any:
        scheme = url.partition(":")[0]
        if scheme not in lane.pools:
            lane.pools[scheme] = self.library.async_transport(**self._options(url))
        return lane.pools[scheme]

    def _lane(self) -> _Lane:
        loop = asyncio.get_running_loop()
        if loop not in self._lanes:
            for stale in [other for other in list(self._lanes) if other.is_closed()]:
                self._lanes.pop(stale, None)
            self._lanes[loop] = _Lane(asyncio.BoundedSemaphore(self._max_connections))
        return self._lanes[loop]


@attrs.frozen
class _Lane:
    """The slots and connections of one event loop."""

    slots: asyncio.BoundedSemaphore
    pools: dict[str, Any] = attrs.field(factory=dict)


class _Watch:
    """Knows how far an exchange got and when it must end, and so what a failure means."""

    def __init__(self, library: Library, request: Request) -> None:
        self._library = library
        self._outcome = Outcome.SENT
        seconds = request.timeouts.deadline
        self._ends = None if seconds is None else time.monotonic() + seconds

    def began(self) -> None:
        """Note that the answer has begun."""
        self._outcome = Outcome.PARTIAL

    def chunk(self, chunk: bytes) -> bytes:
        """Pass a piece of the body on, unless time is up."""
        if self._late():
            raise DeadlineExceeded("the deadline passed while the answer was arriving", outcome=self._outcome)
        return chunk

    def failure(self, error: Exception) -> TransportError:
        """Return what the library's error means."""
        unsent = isinstance(error, self._library.unsent)
        if self._late():
            outcome = Outcome.UNSENT if unsent else self._outcome
            return DeadlineExceeded(f"the deadline passed ({type(error).__name__})", outcome=outcome)
        reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        return ConnectionFailed(reason) if unsent else ResponseLost(reason, outcome=self._outcome)

    def _late(self) -> bool:
        return self._ends is not None and time.monotonic() >= self._ends


def _environment_proxy(url: str) -> str | None:
    from urllib.request import getproxies, proxy_bypass  # slow to import, and needed once for a client

    parts = urlsplit(url)
    return None if proxy_bypass(parts.netloc) else getproxies().get(parts.scheme)
