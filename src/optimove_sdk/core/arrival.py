"""Effects for an answer whose body is still arriving."""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable
from typing import Any, TypeAlias

import attrs

from ..http.base import AsyncStreamedResponse, AsyncTransport, StreamedResponse, Transport
from .flow import Act, Clock, Flow

Streamed: TypeAlias = StreamedResponse | AsyncStreamedResponse


def receive(response: Streamed, least: int) -> Flow[list[bytes]]:
    """Return the next pieces of the body, as many as make up so many bytes; none at its end."""
    pieces: list[bytes] = yield _Receive(response.pieces, least)
    return pieces


def hang_up(response: Streamed) -> Flow[None]:
    """Take nothing more of the body."""
    yield _HangUp(response.pieces)


@attrs.frozen
class _Receive(Act):
    pieces: Any
    least: int

    def perform(self, transport: Transport, clock: Clock) -> list[bytes]:
        return _take(self.pieces, self.least)

    async def perform_async(self, transport: AsyncTransport, clock: Clock) -> list[bytes]:
        return await _take_async(self.pieces, self.least)


@attrs.frozen
class _HangUp(Act):
    pieces: Any

    def perform(self, transport: Transport, clock: Clock) -> None:
        self.pieces.close()

    async def perform_async(self, transport: AsyncTransport, clock: Clock) -> None:
        await self.pieces.aclose()


def _take(pieces: Iterable[bytes], least: int) -> list[bytes]:
    taken: list[bytes] = []
    for piece in pieces:
        taken.append(piece)
        least -= len(piece)
        if least <= 0:
            break
    return taken


async def _take_async(pieces: AsyncIterable[bytes], least: int) -> list[bytes]:
    taken: list[bytes] = []
    async for piece in pieces:
        taken.append(piece)
        least -= len(piece)
        if least <= 0:
            break
    return taken
