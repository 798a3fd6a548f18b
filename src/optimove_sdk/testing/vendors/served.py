"""What the fakes have in common: they keep what was asked, and let things go wrong."""

from __future__ import annotations

import asyncio
import json
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import attrs

from ...http.base import Request, Response
from .mishaps import Mishap, as_json


@attrs.frozen
class Asked:
    """One request. The names of headers are in lower case."""

    method: str
    path: str
    params: Mapping[str, str]
    json: Any = attrs.field(repr=False)
    headers: Mapping[str, str] = attrs.field(repr=False)


class FakeVendor(ABC):
    """An asyncio transport that answers itself. ``asked`` is all that arrived, oldest first.

    ``at_once`` is the most requests that were under way together.
    """

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.at_once: int = 0
        self.closed: bool = False
        self._under_way = 0
        self._mishaps: deque[Mishap] = deque()

    def happens(self, *mishaps: Mishap) -> None:
        """Let the next requests go wrong, one each."""
        self._mishaps.extend(mishaps)

    async def handle_async_request(self, request: Request) -> Response:
        """Answer a request."""
        self._under_way += 1
        self.at_once = max(self.at_once, self._under_way)
        try:
            await asyncio.sleep(0)
            return self.respond(request)
        finally:
            self._under_way -= 1

    async def aclose(self) -> None:
        """Note that it was closed."""
        self.closed = True

    def respond(self, request: Request) -> Response:
        """Answer a request, or raise what its sender would see."""
        mishap = self._mishaps.popleft() if self._mishaps else None
        if mishap is None:
            return self._perform(request)
        if mishap.performed:
            self._perform(request)
        elif mishap.instead is not None:
            self.asked.append(_understood(request))
        return mishap.happen()

    def _perform(self, request: Request) -> Response:
        asked = _understood(request)
        self.asked.append(asked)
        status, value = self.answer(asked)
        return Response(status, {"content-type": "application/json"}, as_json(value))

    @abstractmethod
    def answer(self, asked: Asked) -> tuple[int, Any]:
        """Perform a request, and return the status and the JSON of the answer."""


def _understood(request: Request) -> Asked:
    parts = urlsplit(request.url)
    try:
        body = json.loads(request.content) if request.content else None
    except ValueError:
        body = request.content
    headers = {name.lower(): value for name, value in request.raw_headers().items()}
    return Asked(request.method, unquote(parts.path), dict(parse_qsl(parts.query)), body, headers)
