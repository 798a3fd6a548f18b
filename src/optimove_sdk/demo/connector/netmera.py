"""Netmera, played on a socket. What it records is the demo's evidence."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Collection
from collections.abc import Set as AbstractSet

import attrs
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from ...testing.vendors.netmera import FakeNetmera
from ...testing.vendors.served import Asked
from .surroundings import NETMERA_KEY
from .vendor import BATCH_HEADER


@attrs.frozen
class Message:
    """A message that a customer got, by Netmera's key, and the connector's batch that it was in."""

    key: int
    customer: str
    batch: str


class Netmera(FakeNetmera):
    """Netmera's API; ``app`` serves it, ``messages`` is what customers got, oldest first.

    ``pause`` is how many seconds an answer takes.
    """

    def __init__(self, pause: float) -> None:
        super().__init__(api_key=NETMERA_KEY)
        self._pause = pause
        self.messages: list[Message] = []
        self.app: Starlette = Starlette(routes=[Route("/{path:path}", self._take, methods=["GET", "POST"])])

    async def _take(self, came: Request) -> JSONResponse:
        body = json.loads(await came.body() or b"null")
        asked = Asked(came.method, came.url.path, dict(came.query_params), body, dict(came.headers))
        status, value = self.answer(asked)
        if status == 200 and "target" in (body or ()):
            batch = asked.headers[BATCH_HEADER.lower()]
            self.messages.append(Message(int(body["notificationKey"]), body["target"]["extId"], batch))
        await asyncio.sleep(self._pause)
        return JSONResponse(value, status)

    def of(self, key: int) -> list[Message]:
        """Return who got a message."""
        return [one for one in list(self.messages) if one.key == key]


@attrs.frozen
class Reached:
    """Who got a message, compared with who should have got it so many times."""

    messages: int
    customers: int
    twice: int
    missed: int
    others: int
    """Those who got it though they should not have."""

    @classmethod
    def of(cls, messages: Collection[Message], expected: AbstractSet[str], times: int = 1) -> Reached:
        """Compare."""
        got = Counter(one.customer for one in messages)
        return cls(
            messages=len(messages),
            customers=len(got),
            twice=sum(1 for count in got.values() if count > times),
            missed=sum(1 for customer in expected if got[customer] < times),
            others=len(got.keys() - expected),
        )

    def __str__(self) -> str:
        others = f", {self.others} to others" if self.others else ""
        return f"{self.messages:,} messages, {self.twice} twice, {self.missed} missed{others}"

    @property
    def is_right(self) -> bool:
        """Whether everybody got it as often as they should, and nobody else did."""
        return self.twice == self.missed == self.others == 0
