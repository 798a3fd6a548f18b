"""A page on its way: its pieces, from wherever they come, and the rows in them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Generic, TypeVar

import attrs

from ..errors import OptimoveError
from .arrival import Streamed, hang_up, receive
from .call import Page
from .exchange import Answer
from .flow import Flow
from .pages import PageFeed, PageReader, slices

T = TypeVar("T")


class Arriving(Generic[T]):
    """An answer with a page, of which rows can be had before it is whole."""

    def __init__(self, answer: Answer[Page[T]], reader: PageReader[T]) -> None:
        self.call = answer.call
        self.feed = PageFeed(reader, answer.response)
        self._answer = answer
        self._pieces: Iterator[bytes] = slices(answer.response.body)

    def rows(self, least: int) -> Flow[list[T]]:
        """Return the rows in the next piece; of a body that is arriving, so many bytes are read at a time."""
        piece = yield from self._piece(least)
        try:
            rows = self.feed(piece)
        except OptimoveError as error:
            self.blame(error)
            raise
        if self.feed.over:
            yield from self.hang_up()
        return rows

    def _piece(self, least: int) -> Flow[bytes]:
        piece = next(self._pieces, b"")
        if not piece and isinstance(self._answer.response, Streamed):
            # What is inflated may come in far larger pieces than it travelled in.
            self._pieces = chain.from_iterable(
                map(slices, (yield from receive(self._answer.response, least)))
            )
            piece = next(self._pieces, b"")
        return piece

    def hang_up(self) -> Flow[None]:
        """Take nothing more of the body."""
        if isinstance(self._answer.response, Streamed):
            yield from hang_up(self._answer.response)

    def blame(self, error: OptimoveError) -> None:
        """Tell an error that belongs to this page, and from where to go on after it."""
        call = self.feed.rest() if self.feed.received else None
        attrs.evolve(self._answer, call=call or self.call).blame(error)
