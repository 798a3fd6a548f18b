"""The receiving side: takes notifications, and counts every customer that is sent a message.

Notifications may come twice, from anybody who knows the path: the SDK's own listener sees to that.
"""

from __future__ import annotations

import json
import queue
import secrets
from collections import Counter
from collections.abc import Iterable
from typing import Any

import attrs

from ..notifications import listener as notifications
from ..notifications.models import ChannelExecuted


@attrs.frozen
class Deliveries:
    """What the receiving side recorded for a campaign, compared with who should have been reached."""

    customers: int
    twice: int
    missed: int

    @classmethod
    def of(cls, sent: Counter[str], expected: Iterable[str]) -> Deliveries:
        """Compare."""
        twice = sum(1 for count in sent.values() if count > 1)
        return cls(len(sent), twice, sum(1 for customer in expected if customer not in sent))


class Listener:
    """An ASGI application: below ``/optimove`` is for Optimove, ``POST /send/<campaign>`` sends messages."""

    def __init__(self) -> None:
        secret = secrets.token_urlsafe(16)
        self.path: str = f"/optimove/{secret}"
        self.sent: dict[int, Counter[str]] = {}
        self._new: queue.SimpleQueue[ChannelExecuted] = queue.SimpleQueue()
        notified = notifications.Listener(secret)
        notified.on(ChannelExecuted)(self._note)
        self._app = notified.asgi.in_front_of(self._messages, at="/optimove")

    def arrived(self) -> ChannelExecuted | None:
        """Return a notification that has not been seen yet, if there is one."""
        try:
            return self._new.get_nowait()
        except queue.Empty:
            return None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        await self._app(scope, receive, send)

    async def _note(self, notification: ChannelExecuted) -> None:
        self._new.put(notification)

    async def _messages(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            raise ValueError("only messages are sent here")
        status = self._sent(scope["path"], await _body(receive))
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    def _sent(self, path: str, body: bytes) -> int:
        if not path.startswith("/send/"):
            return 404
        self.sent.setdefault(int(path.rpartition("/")[2]), Counter()).update(json.loads(body))
        return 200


async def _body(receive: Any) -> bytes:
    parts = []
    more = True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)
