"""Going through pages, row by row or page by page: what both colours of pager do."""

from __future__ import annotations

from typing import Final, Generic, TypeVar

from ..errors import TransportError
from .ahead import READ_AHEAD, Ahead, Outlook
from .arriving import Arriving
from .call import Call, Page
from .exchange import Answer, Session
from .flow import Clock, Flow, Sleep, SystemClock, draw, now
from .pages import PageReader
from .policies.retry import worth_retrying

T = TypeVar("T")

_PATIENCE: Final = 1.0
"""Seconds a loop may take for a piece; then the rest is read, so that the server need not wait for it."""


class Reading(Generic[T]):
    """One way through the pages that begin with a call; whoever stops before the end closes it.

    Nothing is read ahead in simulated time: there, waiting costs nothing and what happens must not depend
    on chance.
    """

    def __init__(self, first: Call[Page[T]], session: Session, clock: Clock) -> None:
        self._call: Call[Page[T]] | None = first
        self._session = session
        self._outlook = Outlook(session.prefetch if isinstance(clock, SystemClock) else 0)
        self._ahead: Ahead[T] = Ahead(session, self._outlook)
        self._page: Arriving[T] | None = None
        self._failures = 0
        self._handed_out: float | None = None

    def page(self) -> Flow[Page[T] | None]:
        """Return the next page as a whole; None after the last."""
        if self._call is None:
            return None
        return self._read((yield from self._ahead.answer(self._call, stream=False)))

    def rows(self) -> Flow[list[T]]:
        """Return the next rows as soon as there are any; none after the last."""
        rows: list[T] = []
        least = yield from self._appetite()
        while not rows and self._call is not None:
            rows = yield from (
                self._open(self._call) if self._page is None else self._more(self._page, least)
            )
        self._handed_out = (yield from now()).monotonic
        return rows

    def close(self) -> Flow[None]:
        """Give back all that is held."""
        yield from self._ahead.close()
        if self._page is not None:
            yield from self._page.hang_up()

    def _appetite(self) -> Flow[int]:
        """Return how much to read at a time: a piece, or for a slow loop all that may be held."""
        moment = yield from now()
        slow = self._handed_out is not None and moment.monotonic - self._handed_out > _PATIENCE
        return READ_AHEAD if slow and not self._failures else 1

    def _open(self, call: Call[Page[T]]) -> Flow[list[T]]:
        reader = call.read if isinstance(call.read, PageReader) else None
        answer = yield from self._ahead.answer(call, stream=reader is not None)
        if reader is None:
            return self._read(answer).items
        self._page = Arriving(answer, reader)
        return []

    def _read(self, answer: Answer[Page[T]]) -> Page[T]:
        page = answer.value()
        self._turn(answer.call, page.next, len(page.items), len(answer.response.body))
        return page

    def _more(self, page: Arriving[T], least: int) -> Flow[list[T]]:
        try:
            rows = yield from page.rows(least)
        except TransportError as error:
            yield from self._go_on_after(error, page)
            return []
        if page.feed.over:
            self._turn(page.call, page.feed.next, page.feed.received, page.feed.size)
        return rows

    def _turn(self, call: Call[Page[T]], following: Call[Page[T]] | None, rows: int, size: int) -> None:
        """Turn to the next page: this one had so many rows, and bytes."""
        self._call, self._page, self._failures = following, None, 0
        if isinstance(call.read, PageReader):
            self._outlook.note(call.read.top, rows, size)

    def _go_on_after(self, error: TransportError, page: Arriving[T]) -> Flow[None]:
        """Ask again for what did not come, unless that was for nothing too often."""
        received = page.feed.received
        call = page.feed.rest() if received else page.call
        self._failures = 1 if received else self._failures + 1
        policy = self._session.retry
        if call is None:
            error.args = (_for_good(error, received),)
        elif self._failures < policy.attempts and worth_retrying(error, safe=call.safe):
            self._call, self._page = call, None
            yield Sleep(policy.pause(self._failures, (yield from draw())))
            return
        page.blame(error)
        raise error


def _for_good(error: TransportError, received: int) -> str:
    return (
        f"{error.args[0]}; {received} rows had come, and as this function does not page, the others cannot be"
        " asked for (to_list() and pages() begin anew instead, and give no row before all are there)"
    )
