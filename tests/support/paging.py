"""Servers that page, and transports that stream what they answer and note what is left open."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

import attrs

from optimove_sdk import Outcome, Request, Response, ResponseLost
from optimove_sdk.core.flow import SystemClock
from optimove_sdk.http.base import AsyncStreamedResponse, StreamedResponse


class SwiftClock(SystemClock):
    """Real time, in which nobody waits."""

    def sleep(self, seconds: float) -> None: ...

    async def async_sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)


def window(url: str) -> tuple[int, int | None]:
    """Return how many rows a request skips, and how many it asks for."""
    query = parse_qs(urlsplit(url).query)
    top = query.get("$top")
    return int(query.get("$skip", ["0"])[0]), None if top is None else int(top[0])


@attrs.define
class Audience:
    """A transport of both colours with so many numbered rows.

    What it allows for a page depends on where the page begins: ``caps`` are taken in turns. It breaks off in
    the body of a page as often as ``breaks`` says for its place, after the share of it that is said there.
    """

    total: int
    caps: Sequence[int] = (10_000,)
    breaks: dict[int, list[float]] = attrs.Factory(dict)
    piece: int = 50
    asked: list[tuple[int, int | None]] = attrs.Factory(list)
    broken: int = 0
    open: int = 0
    lock: Any = attrs.field(factory=threading.Lock, repr=False)

    def body(self, skip: int, top: int | None) -> bytes:
        cap = self.caps[skip % len(self.caps)] if top is not None else self.total
        count = min(cap, self.total if top is None else top)
        return json.dumps([{"CustomerID": n} for n in range(skip, min(skip + count, self.total))]).encode()

    def answer(self, request: Request) -> Pieces:
        skip, top = window(request.url)
        body = self.body(skip, top)
        with self.lock:
            self.asked.append((skip, top))
            breaks = self.breaks.get(skip)
        return Pieces(self, body, int(len(body) * breaks.pop()) if breaks else None)

    def handle_request(self, request: Request) -> Response:
        pieces: Any = self.answer(request)
        return StreamedResponse(200, pieces=pieces) if request.stream else Response(200, {}, b"".join(pieces))

    async def handle_async_request(self, request: Request) -> Response:
        await asyncio.sleep(0)
        pieces: Any = self.answer(request)
        if request.stream:
            return AsyncStreamedResponse(200, pieces=pieces)
        return Response(200, {}, b"".join(pieces))

    def close(self) -> None: ...
    async def aclose(self) -> None: ...


class Pieces:
    """A body on its way, for both colours; it is open until it is closed, at its end or earlier."""

    def __init__(self, audience: Audience, body: bytes, end: int | None) -> None:
        self.audience, self.body, self.end = audience, body[:end], end
        self.at: int | None = 0
        with audience.lock:
            audience.open += 1

    def __iter__(self) -> Pieces:
        return self

    def __next__(self) -> bytes:
        if self.at is None:
            raise StopIteration
        piece = self.body[self.at : self.at + self.audience.piece]
        self.at += len(piece)
        if piece:
            return piece
        self.close()
        if self.end is None:
            raise StopIteration
        self.audience.broken += 1
        raise ResponseLost("the connection broke off", outcome=Outcome.PARTIAL)

    def close(self) -> None:
        if self.at is not None:
            self.at = None
            with self.audience.lock:
                self.audience.open -= 1

    def __aiter__(self) -> Pieces:
        return self

    async def __anext__(self) -> bytes:
        await asyncio.sleep(0)
        try:
            return next(self)
        except StopIteration:
            raise StopAsyncIteration from None

    async def aclose(self) -> None:
        await asyncio.sleep(0)
        self.close()
