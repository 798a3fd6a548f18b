"""Brings events from the outbox into the queue, and keeps them ours while they are there."""

from __future__ import annotations

from typing import Any, Final

from ..core.flow import Await, Flow, Moment, now, offload
from .board import Board
from .delivery import Delivery
from .keeper import complain, give_back
from .outbox.base import Outbox
from .queue import Entry
from .valve import Valve

LEASE: Final = 30.0
POLL: Final = 0.5
_AT_ONCE: Final = 512


class Feeder:
    """The flow of the one who looks after the outbox."""

    def __init__(
        self, outbox: Outbox, owner: str, board: Board, delivery: Delivery[Any], valve: Valve
    ) -> None:
        self._outbox = outbox
        self._owner = owner
        self._board = board
        self._delivery = delivery
        self._valve = valve

    def feed(self) -> Flow[None]:
        """Bring events until the publisher ends. An outbox that fails is asked again later."""
        while not self._board.stopped.done():
            bell = self._board.listen()  # before looking: what is stored from now on rings it
            try:
                brought = yield from self._look()
            except Exception as error:
                complain(error)
                bell, brought = self._board.stopped, 0
            if not brought:
                yield Await(bell, POLL)

    def _look(self) -> Flow[int]:
        moment = yield from now()
        yield from self._hold(moment)
        limit = min(self._board.room(), _AT_ONCE)
        if limit == 0:
            return 0
        seen = self._valve.look()
        was_empty = self._board.is_empty()
        rows = yield from offload(lambda: self._outbox.lease(self._owner, limit, moment.wall, LEASE))
        entries = [Entry(row.lane, row.body, moment.monotonic, row.id) for row in rows]
        if not self._board.bring(entries):
            yield from offload(lambda: give_back(self._outbox, self._owner, entries))
        if not rows and was_empty and self._valve.is_open and not (yield from offload(self._outbox.size)):
            self._valve.close(seen)
        return len(rows)

    def _hold(self, moment: Moment) -> Flow[None]:
        """Prolong our leases in time. If they have ended, others may have the events: begin anew."""
        left = self._delivery.leased_until - moment.wall
        if left <= 0:
            late = self._board.take_back()
            yield from offload(lambda: give_back(self._outbox, self._owner, late))
        if left <= LEASE * 2 / 3:
            yield from offload(lambda: self._outbox.extend(self._owner, moment.wall, LEASE))
            self._delivery.leased_until = moment.wall + LEASE
