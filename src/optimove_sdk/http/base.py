"""What goes out, what comes back, and who carries it: plain values and two protocols.

No type of any HTTP library appears here, so a transport can be written over any of them.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator, Mapping
from typing import Protocol, runtime_checkable

import attrs

from ..config import Secret, Timeouts


@attrs.frozen
class Request:
    """One HTTP request, ready to send.

    ``timeouts.deadline`` is what is left for the whole exchange. Header values may be secrets; the
    transport reveals them at the last moment. ``stream`` allows it to return a successful answer as a
    `StreamedResponse`, before its body is there.
    """

    method: str
    url: str = attrs.field(repr=lambda url: repr(url.partition("?")[0]))
    headers: Mapping[str, str | Secret] = attrs.field(factory=dict)
    content: bytes | None = attrs.field(default=None, repr=False)
    timeouts: Timeouts = Timeouts()
    stream: bool = False

    def with_headers(self, headers: Mapping[str, str | Secret]) -> Request:
        """Return the same request with more headers."""
        return attrs.evolve(self, headers={**self.headers, **headers})

    def raw_headers(self) -> dict[str, str]:
        """Return the headers as they go over the wire."""
        return {k: v.reveal() if isinstance(v, Secret) else v for k, v in self.headers.items()}


@attrs.frozen
class Response:
    """One whole HTTP answer. Header names are in lower case."""

    status: int
    headers: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    body: bytes = attrs.field(default=b"", repr=False)

    @property
    def is_success(self) -> bool:
        """Whether the status says that all went well."""
        return 200 <= self.status < 300


@attrs.frozen(eq=False)
class StreamedResponse(Response):
    """An answer whose body is still arriving, in ``pieces``; ``body`` is empty.

    Whoever stops before the last piece closes ``pieces``. They raise what `Transport` says; the deadline
    stands still while nobody waits for a piece.
    """

    pieces: Generator[bytes, None, None] = attrs.field(kw_only=True, repr=False)


@attrs.frozen(eq=False)
class AsyncStreamedResponse(Response):
    """The same as `StreamedResponse`, on an event loop."""

    pieces: AsyncGenerator[bytes, None] = attrs.field(kw_only=True, repr=False)


@runtime_checkable
class Transport(Protocol):
    """Carries requests, blocking.

    ``handle_request`` returns the whole answer whatever its status (but see ``Request.stream``), and raises
    ``ConnectionFailed`` when no byte was sent, ``ResponseLost`` when bytes were and no whole answer came,
    ``DeadlineExceeded`` when ``request.timeouts.deadline`` passed. It must be safe to call from several
    threads.

    A transport that lives in simulated time has a ``clock`` attribute, which the client then uses.
    """

    def handle_request(self, request: Request) -> Response:
        """Send the request and return the answer."""
        ...

    def close(self) -> None:
        """Close all connections."""
        ...


@runtime_checkable
class AsyncTransport(Protocol):
    """Carries requests on an event loop; the same contract as `Transport`."""

    async def handle_async_request(self, request: Request) -> Response:
        """Send the request and return the answer."""
        ...

    async def aclose(self) -> None:
        """Close all connections."""
        ...
