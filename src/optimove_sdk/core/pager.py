"""Pagers: the rows of a paged operation, as a loop sees them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from typing import Generic, TypeVar

import attrs

from ..http.base import AsyncTransport, Transport
from .call import Call, Page
from .exchange import Session
from .flow import Clock, adrive, drive
from .reading import Reading

T = TypeVar("T")


@attrs.frozen
class Pager(Generic[T]):
    """The rows of a paged operation: ``for row in pager``. Each loop fetches anew, page after page.

    ``first`` is the call of the first page; ``page.next`` of any page is the call to resume from, with
    ``client.pager(call)``.
    """

    first: Call[Page[T]]
    _session: Session = attrs.field(repr=False)
    _transport: Transport = attrs.field(repr=False)
    _clock: Clock = attrs.field(repr=False)

    def with_options(self, *, prefetch: int) -> Pager[T]:
        """Return the same rows, with so many pages fetched ahead at most; 0 is none."""
        return attrs.evolve(self, session=self._session.with_prefetch(prefetch))

    def pages(self) -> Generator[Page[T], None, None]:
        """Fetch page after page, each as a whole."""
        reading = Reading(self.first, self._session, self._clock)
        try:
            while (page := drive(reading.page(), self._transport, self._clock)) is not None:
                yield page
        finally:
            drive(reading.close(), self._transport, self._clock)

    def __iter__(self) -> Generator[T, None, None]:
        reading = Reading(self.first, self._session, self._clock)
        try:
            while rows := drive(reading.rows(), self._transport, self._clock):
                yield from rows
        finally:
            drive(reading.close(), self._transport, self._clock)

    def to_list(self) -> list[T]:
        """Fetch everything."""
        return [item for page in self.pages() for item in page.items]


@attrs.frozen
class AsyncPager(Generic[T]):
    """The same as `Pager`, for ``async for``."""

    first: Call[Page[T]]
    _session: Session = attrs.field(repr=False)
    _transport: AsyncTransport = attrs.field(repr=False)
    _clock: Clock = attrs.field(repr=False)

    def with_options(self, *, prefetch: int) -> AsyncPager[T]:
        """Return the same rows, with so many pages fetched ahead at most; 0 is none."""
        return attrs.evolve(self, session=self._session.with_prefetch(prefetch))

    async def pages(self) -> AsyncGenerator[Page[T], None]:
        """Fetch page after page, each as a whole."""
        reading = Reading(self.first, self._session, self._clock)
        try:
            while (page := await adrive(reading.page(), self._transport, self._clock)) is not None:
                yield page
        finally:
            await adrive(reading.close(), self._transport, self._clock)

    async def __aiter__(self) -> AsyncGenerator[T, None]:
        reading = Reading(self.first, self._session, self._clock)
        try:
            while rows := await adrive(reading.rows(), self._transport, self._clock):
                for row in rows:
                    yield row
        finally:
            await adrive(reading.close(), self._transport, self._clock)

    async def to_list(self) -> list[T]:
        """Fetch everything."""
        return [item async for page in self.pages() for item in page.items]
