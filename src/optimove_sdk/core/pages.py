"""Paging by ``$top`` and ``$skip``, for a server that marks no end and may cap a page silently.

The next page begins after the rows that were *received*; the end is an empty page, and nothing else is. A
server that answers the same rows again does not page at all, which is an error rather than a loop.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any, Final, Generic, TypeAlias, TypeVar

import attrs

from ..errors import DecodeError
from ..http.base import Response
from ..wire import codec, inputs
from ..wire.cutter import Cutter
from .answer import is_html, read_rows
from .call import Call, Page
from .mark import Mark, Marker

T = TypeVar("T")

UntypedRow: TypeAlias = Mapping[str, Any]
"""A row whose schema Optimove does not publish: its keys are in snake_case."""
PAGE_SIZE = 10_000
"""The documented maximum of most functions; a server that allows less just sends less."""
_CUT: Final = 65_536


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
    return _page_call(path, every, PageReader(path, every, row, attributes, page_size, max_items))


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


def _page_call(path: str, params: Mapping[str, inputs.Param], reader: PageReader[T]) -> Call[Page[T]]:
    window: Mapping[str, inputs.Param] = {}
    if reader.top is not None:
        window = {"$top": reader.top, "$skip": reader.skip}
    return Call("GET", path, params={**params, **window}, read=reader)


@attrs.frozen
class PageReader(Generic[T]):
    """Reads one page, and knows what to ask for next. A value, so that a page's call can be stored.

    ``last`` is what the page before looked like.
    """

    path: str
    params: Mapping[str, inputs.Param] = attrs.field(repr=False)
    row: type[T]
    attributes: tuple[str, ...]
    page_size: int | None
    max_items: int | None
    skip: int = 0
    last: Mark | None = None

    @property
    def top(self) -> int | None:
        """How many rows are asked for."""
        return None if self.page_size is None else min(self.page_size, self.max_items or self.page_size)

    def __call__(self, response: Response) -> Page[T]:
        """Read a page that is there as a whole."""
        feed = PageFeed(self, response)
        items: list[T] = []
        for piece in chain(slices(response.body), (b"",)):
            items += feed(piece)
            if feed.over:
                break
        return Page(items, feed.next)

    def following(self, received: int, mark: Mark) -> Call[Page[T]] | None:
        """Return the call for the page after this one, of which so many rows were received."""
        if received == 0 or self.page_size is None:
            return None
        if mark.repeats(self.last):
            raise DecodeError(
                "the server answered the same page twice: it does not page this function;"
                " pass page_size=None to read the answer as one page"
            )
        return self.after(received, mark)

    def after(self, rows: int, mark: Mark | None = None) -> Call[Page[T]] | None:
        """Return the call for what comes after so many rows, if more is wanted."""
        left = None if self.max_items is None else self.max_items - rows
        if left is not None and left <= 0:
            return None
        reader = attrs.evolve(self, max_items=left, skip=self.skip + rows, last=mark)
        return _page_call(self.path, self.params, reader)


class PageFeed(Generic[T]):
    """Bytes in, rows out: reads one page while it arrives.

    If it begins like the page before, it may be the same again: then no row comes out until that is known.
    """

    def __init__(self, reader: PageReader[T], response: Response) -> None:
        self._reader = reader
        self._response = response
        # Only a successful answer has rows, and no web page has, whatever it looks like.
        self._cutter = Cutter(_CUT) if response.is_success and not is_html(response) else _Uncut()
        self._marker = Marker(_CUT)  # so a page's head is there before any row comes out
        self._held: list[bytes] = []
        self.size = 0
        self.received = 0
        """How many rows came out, or would have but for ``max_items``."""
        self.over = False
        self.next: Call[Page[T]] | None = None

    def __call__(self, piece: bytes) -> list[T]:
        """Take a piece and return the rows that are complete with it; b"" is the end."""
        return self._more(piece) if piece else self._last()

    def rest(self) -> Call[Page[T]] | None:
        """Return the call for the rows that did not come out; None if there is no asking for them."""
        if self._reader.page_size is None:
            return None
        return self._reader.after(self.received, self._marker.mark(whole=False))

    def _more(self, piece: bytes) -> list[T]:
        self.size += len(piece)
        if self._reader.page_size is not None:
            self._marker.update(piece)
        cut = self._cutter.feed(piece)
        if cut is not None:
            self._held.append(cut)
        if self._marker.mark(whole=False).begins_like(self._reader.last):
            return []
        return self._hand_out(self._read())

    def _last(self) -> list[T]:
        rest = self._cutter.end()
        if self._cutter.cutting:
            self._held.append(rest)
            rows = self._read()
        else:
            rows = self._read_whole(rest)
        self.next = self._reader.following(self.received + len(rows), self._marker.mark())
        self.over = True
        return self._hand_out(rows)

    def _read(self) -> list[T]:
        rows: list[T] = []
        for cut in self._held:
            first = self.received + len(rows)
            rows += codec.read_rows(cut, self._reader.row, self._reader.attributes, first=first)
        self._held.clear()
        return rows

    def _read_whole(self, body: bytes) -> list[T]:
        """Read what is no list of objects: no rows at all, or an error."""
        whole = Response(self._response.status, self._response.headers, body)
        rows: list[T] = codec.decode_rows(read_rows(whole), self._reader.row, self._reader.attributes)
        return rows

    def _hand_out(self, rows: list[T]) -> list[T]:
        wanted = self._reader.max_items
        left = None if wanted is None else wanted - self.received
        self.received += len(rows)
        self.over = self.over or (wanted is not None and self.received >= wanted)
        return rows[:left]


class _Uncut:
    """Stands in for a `Cutter` where there is nothing to cut."""

    cutting = False

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, piece: bytes) -> None:
        self._held += piece

    def end(self) -> bytes:
        return bytes(self._held)


def slices(body: bytes) -> Iterator[bytes]:
    """Cut a body that is there into pieces, to be read as if it arrived."""
    return (body[start : start + _CUT] for start in range(0, len(body), _CUT))
