"""What publishes events: one queue, and flows around it that threads and tasks perform alike."""

from __future__ import annotations

import json
import logging
import os
import uuid
from collections.abc import Callable
from typing import Final, Generic, TypeVar

import attrs

from ..config import RetryPolicy
from ..core.exchange import Session
from ..core.flow import Await, Flow, now, offload
from ..errors import ConfigurationError
from ..forks import survive_forks
from .board import Board
from .delivery import Delivery, call_back
from .feeder import POLL, Feeder
from .keeper import give_back
from .outbox.base import Outbox
from .policy import Policy as Policy
from .policy import WhenFull as WhenFull
from .policy import Wire as Wire
from .queue import Entry
from .reports import FlushReport as FlushReport
from .reports import PublisherStats as PublisherStats
from .reports import Rejection as Rejection
from .valve import Valve

E = TypeVar("E")

_RESTART: Final = 1.0
_log = logging.getLogger("optimove_sdk")


class Desk(Generic[E]):
    """Takes events, has them delivered, and says how it went."""

    def __init__(self, session: Session, wire: Wire[E], policy: Policy) -> None:
        # An event that fails goes back into the queue, where it is in nobody's way.
        self.session: Session = attrs.evolve(session, retry=RetryPolicy(attempts=1))
        self.wire: Wire[E] = wire
        self.policy: Policy = policy
        self.start_over()
        survive_forks(self)

    def start_over(self) -> None:
        """Begin with nothing: at first, and in a forked child, whose parent keeps what there was."""
        self._owner = f"{os.getpid()}-{uuid.uuid4()}"
        self._board = Board(self.policy.capacity)
        self._valve = Valve()
        self._delivery = Delivery(self.session, self.wire, self.policy, self._board, self._owner)

    @property
    def stopped(self) -> bool:
        """Whether the end has come."""
        return self._board.stopped.done()

    def flows(self) -> list[Callable[[], Flow[None]]]:
        """Return what is to be performed in the background."""
        outbox, flows = self.policy.outbox, [self._delivery.work] * self.policy.concurrency
        if outbox is not None:
            feeder = Feeder(outbox, self._owner, self._board, self._delivery, self._valve)
            flows = [feeder.feed, *flows]
        # Bound as a default, for each to have its own; mypy cannot infer the type of such a lambda.
        return [lambda flow=flow: self._without_end(flow) for flow in flows]  # type: ignore[misc]

    def put(self, event: E) -> Flow[bool]:
        """Accept an event; False if it was dropped."""
        self._board.check_open()
        self.wire.check(event)
        lane = self.wire.lane(event)
        outbox = self.policy.outbox
        if outbox is not None and self.policy.when_full != "spill":
            return (yield from self._store(outbox, lane, event))
        if outbox is not None and self._valve.enter():
            return (yield from self._spill(outbox, lane, event))
        entry = Entry(lane, event, (yield from now()).monotonic)
        if self._board.offer(entry):
            return True
        if outbox is not None:
            self._valve.enter(spill=True)
            return (yield from self._spill(outbox, lane, event))
        if self.policy.when_full == "block":
            return (yield from self._wait_for_room(entry))
        self._board.drop()
        call_back(self.policy.on_lost, 1)
        return False

    def flush(self, timeout: float | None) -> Flow[FlushReport]:
        """Wait until nothing is queued or in flight, or time is up."""
        ends = None if timeout is None else (yield from now()).monotonic + timeout
        while True:
            bell = self._board.watch()  # before looking: what is settled from now on rings it
            try:
                left = None if ends is None else ends - (yield from now()).monotonic
                pending = yield from self._pending(last=left is not None and left <= 0)
                if pending == 0 or (left is not None and left <= 0) or self.stopped:
                    return self._board.report(pending)
                yield Await(bell, self._patience(left))
            finally:
                self._board.unwatch(bell)

    def close(self, timeout: float | None) -> Flow[FlushReport]:
        """Accept nothing more, flush, and end; what is left then is lost, unless an outbox keeps it."""
        self._board.close()
        try:
            report = yield from self.flush(timeout)
        except BaseException:
            self.abandon()
            raise
        yield from offload(self.abandon)
        return report

    def abandon(self) -> None:
        """End at once, and report what is lost."""
        left = self._board.stop()
        if self.policy.outbox is not None:
            give_back(self.policy.outbox, self._owner, left.waiting)
        if left.lost:
            _log.warning(
                "%d events were not delivered and are lost",
                left.lost,
                extra={"lost": left.lost, "lost_in_flight": left.in_flight},
            )
            call_back(self.policy.on_lost, left.lost)

    def stats(self, monotonic: float) -> PublisherStats:
        """Return the numbers of this moment."""
        return self._board.stats(monotonic)

    def _store(self, outbox: Outbox, lane: str, event: E) -> Flow[bool]:
        body = json.dumps(self.wire.payload(event), separators=(",", ":"), ensure_ascii=False)
        yield from offload(lambda: outbox.put(lane, body))
        self._board.call_feeder()
        return True

    def _spill(self, outbox: Outbox, lane: str, event: E) -> Flow[bool]:
        try:
            return (yield from self._store(outbox, lane, event))
        finally:
            self._valve.leave()

    def _wait_for_room(self, entry: Entry) -> Flow[bool]:
        bell = self._board.line_up(entry)
        try:
            yield Await(bell, None)
        finally:
            self._board.step_out(bell)
        if not bell.result():
            raise ConfigurationError("this publisher was closed while an event waited for room")
        return True

    def _pending(self, *, last: bool) -> Flow[int]:
        """Return how many events are not done. What is in the outbox is counted only if that matters."""
        outbox, waiting = self.policy.outbox, self._board.pending()
        if outbox is None or (waiting and not last):
            return waiting
        moment = yield from now()
        stored = yield from offload(lambda: outbox.pending(self._owner, moment.wall))
        # Afterwards: what has left the outbox since is in memory, or done.
        return max(stored + self._board.not_kept(), self._board.pending())

    def _patience(self, left: float | None) -> float | None:
        if self.policy.outbox is None:
            return left
        return POLL if left is None else min(left, POLL)

    def _without_end(self, flow: Callable[[], Flow[None]]) -> Flow[None]:
        """Perform a flow; begin again if it fails by a mistake of ours, for nobody would notice."""
        while not self.stopped:
            try:
                yield from flow()
            except Exception as error:
                _log.exception("a worker of a publisher failed: %s", type(error).__name__)
                yield Await(self._board.stopped, _RESTART)
