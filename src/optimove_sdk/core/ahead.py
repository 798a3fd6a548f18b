"""Reading ahead: which pages to ask for before it is their turn, and having them fetched.

Where a page begins is only known when the one before has been read; before that it is guessed, from the size
of the last page. A page that was asked for by a wrong guess is thrown away, so guesses are made only as far
as the pages have been full so far: the requests that were for nothing are never more than the pages read.
"""

from __future__ import annotations

from typing import Any, Final, Generic, TypeVar

import attrs

from ..errors import OptimoveError
from .background import Begin, Join, Stop
from .call import Call, Page
from .exchange import Answer, Session
from .flow import Flow
from .pages import PageReader

T = TypeVar("T")

READ_AHEAD: Final = 16 * 1024 * 1024
"""Bytes that are held of what was not asked for yet, about."""


class Outlook:
    """Guesses which pages follow, at most ``depth``, from those that were read."""

    def __init__(self, depth: int) -> None:
        self._depth = depth
        self._full = 0  # so many pages in a row, up to the last one
        self._rows = 0
        self._bytes = 0

    def note(self, asked: int | None, rows: int, size: int) -> None:
        """Take note of a page that was read.

        It was full if it has as many rows as were asked for, or as the page before: so a server caps.
        """
        if rows and rows == self._rows:
            self._full += 1
        else:
            self._full = int(rows == asked)
        self._rows, self._bytes = rows, size

    def calls(self, call: Call[Page[T]]) -> list[Call[Page[T]]]:
        """Return this call and those that will follow it; nothing if one page is to be read at a time."""
        depth = min(self._depth, self._full, READ_AHEAD // max(self._bytes, 1))
        if depth == 0 or not isinstance(call.read, PageReader):
            return []
        guesses = (call.read.after(self._rows * pages) for pages in range(1, depth + 1))
        return [call, *(guess for guess in guesses if guess is not None)]


class Ahead(Generic[T]):
    """Gets calls answered, and has the answers to those that will follow fetched meanwhile."""

    def __init__(self, session: Session, outlook: Outlook) -> None:
        self._session = session
        self._outlook = outlook
        self._begun: dict[str, Any] = {}

    def answer(self, call: Call[Page[T]], *, stream: bool) -> Flow[Answer[Page[T]]]:
        """Return the answer to a call, which may be arriving still if ``stream`` and nothing is ahead."""
        wanted = {each.query: each for each in self._outlook.calls(call)}
        yield Stop([self._begun.pop(query) for query in self._begun.keys() - wanted.keys()])
        if not wanted:
            return (yield from self._session.answer(call, stream=stream))
        for query, each in wanted.items():
            if query not in self._begun:
                self._begun[query] = yield Begin(self._session.answer(each))
        return (yield from self._join(call))

    def _join(self, call: Call[Page[T]]) -> Flow[Answer[Page[T]]]:
        try:
            answer: Answer[Page[T]] = yield Join(self._begun[call.query])
        except OptimoveError as error:
            error.call = call
            raise
        del self._begun[call.query]
        return attrs.evolve(answer, call=call)

    def close(self) -> Flow[None]:
        """Fetch nothing more."""
        yield Stop(list(self._begun.values()))
        self._begun.clear()
