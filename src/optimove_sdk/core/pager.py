"""Paging by ``$top`` and ``$skip``, for a server that marks no end and may cap a page silently.

The next page begins after the rows that were *received*; the end is an empty page, and nothing else is. A
server that answers the same rows again does not page at all, which is an error rather than a loop.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any, Generic, TypeAlias, TypeVar

import attrs

from ..errors import DecodeError
from ..http.base import AsyncTransport, Response, Transport
from ..wire import codec, inputs
from .answer import read_rows
from .call import Call, Page
from .exchange import Session
from .flow import Clock, adrive, drive

T = TypeVar("T")

UntypedRow: TypeAlias = Mapping[str, Any]
"""A row whose schema Optimove does not publish: its keys are in snake_case."""
PAGE_SIZE = 10_000
"""The documented maximum of most functions; a server that allows less just sends less."""


def pages_of(
    row: type[T],
    path: str,
    params: Mapping[str, inputs.Param] | None = None,
    *,
    attributes: tuple[str, ...] = (),
    page_size: int | None = PAGE_SIZE,
    max_items: int | None = None,
) -> Call[Page[T]]:
    """Return the call for the first page of rows.

    ``page_size=None`` sends neither ``$top`` nor ``$skip`` and takes the answer as the only page.
    """
    if page_size is not None:
        inputs.whole("page_size", page_size, least=1)
    if max_items is not None:
        inputs.whole("max_items", max_items, least=1)
    every = {**(params or {}), "CustomerAttributes": attributes}
    return _page_call(path, every, _PageReader(path, every, row, attributes, page_size, max_items))


def untyped_pages(
    path: str,
    params: Mapping[str, inputs.Param] | None = None,
    *,
    page_size: int | None = PAGE_SIZE,
    max_items: int | None = None,
) -> Call[Page[UntypedRow]]:
    """Return the call for the first page of rows whose schema is not published."""
    # A row as a Mapping is never instantiated, so that it is abstract does no harm.
    return pages_of(UntypedRow, path, params, page_size=page_size, max_items=max_items)  # type: ignore[type-abstract]


def _page_call(path: str, params: Mapping[str, inputs.Param], reader: _PageReader[T]) -> Call[Page[T]]:
    window: Mapping[str, inputs.Param] = {}
    if reader.page_size is not None:
        window = {"$top": min(reader.page_size, reader.max_items or reader.page_size), "$skip": reader.skip}
    return Call("GET", path, params={**params, **window}, read=reader)


@attrs.frozen
class _PageReader(Generic[T]):
    """Reads one page, and knows what to ask for next. A value, so that a page's call can be stored."""

    path: str
    params: Mapping[str, inputs.Param] = attrs.field(repr=False)
    row: type[T]
    attributes: tuple[str, ...]
    page_size: int | None
    max_items: int | None
    skip: int = 0
    last: bytes = b""

    def __call__(self, response: Response) -> Page[T]:
        data = read_rows(response)
        received = len(data)
        data = data[: self.max_items]
        items: list[T] = codec.decode_rows(data, self.row, self.attributes)
        return Page(items, self._next(response, received))

    def _next(self, response: Response, received: int) -> Call[Page[T]] | None:
        if received == 0 or self.page_size is None:
            return None
        seen = hashlib.blake2b(response.body, digest_size=16).digest()
        if seen == self.last:
            raise DecodeError(
                "the server answered the same page twice: it does not page this function;"
                " pass page_size=None to read the answer as one page"
            )
        left = None if self.max_items is None else self.max_items - received
        if left is not None and left <= 0:
            return None
        reader = attrs.evolve(self, max_items=left, skip=self.skip + received, last=seen)
        return _page_call(self.path, self.params, reader)


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

    def pages(self) -> Iterator[Page[T]]:
        """Fetch page after page, each when it is asked for."""
        call: Call[Page[T]] | None = self.first
        while call is not None:
            page = drive(self._session.value(call), self._transport, self._clock)
            yield page
            call = page.next

    def __iter__(self) -> Iterator[T]:
        for page in self.pages():
            yield from page.items

    def to_list(self) -> list[T]:
        """Fetch everything."""
        return list(self)


@attrs.frozen
class AsyncPager(Generic[T]):
    """The same as `Pager`, for ``async for``."""

    first: Call[Page[T]]
    _session: Session = attrs.field(repr=False)
    _transport: AsyncTransport = attrs.field(repr=False)
    _clock: Clock = attrs.field(repr=False)

    async def pages(self) -> AsyncIterator[Page[T]]:
        """Fetch page after page, each when it is asked for."""
        call: Call[Page[T]] | None = self.first
        while call is not None:
            page = await adrive(self._session.value(call), self._transport, self._clock)
            yield page
            call = page.next

    async def __aiter__(self) -> AsyncIterator[T]:
        async for page in self.pages():
            for item in page.items:
                yield item

    async def to_list(self) -> list[T]:
        """Fetch everything."""
        return [item async for item in self]
