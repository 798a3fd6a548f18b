"""The receiving side: takes notifications, and counts every customer that is sent a message.

A listener has to answer at once, has no signature to check, and may get a notification twice: so its path is
not to be guessed, and what it knows already it drops.
"""

from __future__ import annotations

import json
import queue
import secrets
from collections import Counter
from collections.abc import Iterable
from typing import Any

import attrs

from ..errors import NotificationError
from ..notifications.models import ChannelExecuted
from ..notifications.parse import parse_notification


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
    """A bare ASGI application: ``POST <path>`` is for Optimove, ``POST /send/<campaign>`` sends messages."""

    def __init__(self) -> None:
        self.path: str = f"/optimove/{secrets.token_urlsafe(16)}"
        self.sent: dict[int, Counter[str]] = {}
        self.duplicates: int = 0
        self._known: set[tuple[int, int]] = set()
        self._new: queue.SimpleQueue[ChannelExecuted] = queue.SimpleQueue()

    def arrived(self) -> ChannelExecuted | None:
        """Return a notification that has not been seen yet, if there is one."""
        try:
            return self._new.get_nowait()
        except queue.Empty:
            return None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            return await _lifespan(receive, send)
        status = self._take(scope["path"], await _body(receive))
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})
        return None

    def _take(self, path: str, body: bytes) -> int:
        if path == self.path:
            return self._notified(body)
        if path.startswith("/send/"):
            self.sent.setdefault(int(path.rpartition("/")[2]), Counter()).update(json.loads(body))
            return 200
        return 404

    def _notified(self, body: bytes) -> int:
        try:
            notification = parse_notification(body)
        except NotificationError:
            return 400
        if isinstance(notification, ChannelExecuted):
            key = notification.campaign_id, notification.channel_id
            if key in self._known:
                self.duplicates += 1
            else:
                self._known.add(key)
                self._new.put(notification)
        return 200


async def _body(receive: Any) -> bytes:
    parts = []
    more = True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)


async def _lifespan(receive: Any, send: Any) -> None:
    for phase in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{phase}.complete"})
