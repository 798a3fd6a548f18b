"""The listener as an ASGI application, for any server and any framework that mounts one.

Source: https://asgi.readthedocs.io/en/latest/specs/www.html
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final, TypeAlias

from .desk import Desk
from .effects import perform_async
from .gate import HEADERS, TOO_LARGE, TOO_SLOW, Answer, Incoming
from .in_time import InTime

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
ASGIApp: TypeAlias = Callable[[Any, Receive, Send], Awaitable[None]]


_HEADERS: Final = {name.encode(): name for name in HEADERS}


class ListenerASGI:
    """Answers requests on the running event loop. Background work is finished when the server shuts down."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "http":
            await self._serve(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            await send({"type": "websocket.close"})

    def in_front_of(self, app: ASGIApp, *, at: str) -> ASGIApp:
        """Return an application that answers below this path itself, and leaves all else to the other."""
        prefix = f"/{at.strip('/')}"

        async def both(scope: Any, receive: Receive, send: Send) -> None:
            if scope["type"] == "lifespan":
                await self._live_with(app, scope, receive, send)
            elif scope["type"] == "http" and f"{scope['path']}/".startswith(f"{prefix}/"):
                await self._serve(scope, receive, send)
            else:
                await app(scope, receive, send)

        return both

    async def _serve(self, scope: Any, receive: Receive, send: Send) -> None:
        answer = await self._answer(_incoming(scope), receive)
        if answer is None:
            return
        headers = list(answer.raw_headers)
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.content})

    async def _answer(self, incoming: Incoming, receive: Receive) -> Answer | None:
        """Return the answer; None if there is nobody any more to give it to."""
        room = self._desk.gate.admit(incoming)
        if isinstance(room, Answer):
            return room
        try:
            body = await InTime(_read(receive, self._desk.gate.max_body), self._desk.body_timeout)
        except TimeoutError:
            return TOO_SLOW
        if not isinstance(body, bytes):
            return body
        return await perform_async(*self._desk.work(room, body, incoming.query))

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._desk.drain()
        await send({"type": "lifespan.shutdown.complete"})

    async def _live_with(self, app: ASGIApp, scope: Any, receive: Receive, send: Send) -> None:
        """Live as the other application does; if it knows nothing of that (Django), in its stead."""
        began = False

        async def hear() -> Message:
            nonlocal began
            message = await receive()
            began = True
            if message["type"] == "lifespan.shutdown":
                await self._desk.drain()
            return message

        try:
            await app(scope, hear, send)
        except Exception:
            if began:
                raise
            await self._live(receive, send)


def _incoming(scope: Any) -> Incoming:
    headers: dict[str, str] = {}
    for raw, value in scope["headers"]:
        name = _HEADERS.get(raw)
        if name is not None:
            text = value.decode("latin-1")
            headers[name] = f"{headers[name]},{text}" if name in headers else text
    client = scope.get("client")
    query = scope.get("query_string", b"").decode("latin-1")
    return Incoming(scope["method"], scope["path"], query, headers, client[0] if client else None)


async def _read(receive: Receive, limit: int) -> bytes | Answer | None:
    """Return the body, or the refusal of one that is too large, or None if the sender went away."""
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body"):  # nearly always
        body = bytes(message.get("body", b""))
        return body if len(body) <= limit else TOO_LARGE
    parts = bytearray()
    while message["type"] == "http.request":
        parts += message.get("body", b"")
        if len(parts) > limit:
            return TOO_LARGE
        if not message.get("more_body"):
            return bytes(parts)
        message = await receive()
    return None
