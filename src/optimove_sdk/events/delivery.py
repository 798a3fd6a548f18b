"""What workers do: take an event whose lane is free, send it, and settle what comes of it."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from typing import Any, Final, Generic, TypeVar

from ..config import RetryPolicy
from ..core.exchange import Session
from ..core.flow import Await, Flow, Moment, draw, now
from ..errors import OptimoveError
from .board import Board
from .keeper import give_back, insist
from .policy import Policy, Wire
from .queue import Entry
from .reports import Payload, Rejection
from .verdict import Verdict, asked_to_wait, judge

E = TypeVar("E")

_BACKOFF: Final = RetryPolicy(base=0.2, cap=60.0)
_LONGEST_OUTAGE: Final = 5.0
_LATE: Final = 0.1
_log = logging.getLogger("optimove_sdk")


class Delivery(Generic[E]):
    """The flow of a worker, and its verdict on each event."""

    def __init__(self, session: Session, wire: Wire[E], policy: Policy, board: Board, owner: str) -> None:
        self._session = session
        self._wire = wire
        self._policy = policy
        self._board = board
        self._owner = owner
        self.leased_until: float = 0.0
        """On the wall's clock: until when what came from the outbox is ours to send."""

    def work(self) -> Flow[None]:
        """Deliver events until the publisher ends."""
        while not self._board.stopped.done():
            moment = yield from now()
            found = self._board.take(moment.monotonic, self._wire.per_request)
            if isinstance(found, Await):
                try:
                    yield found
                finally:
                    self._board.forget(found.future)
            else:
                yield from self._handle(found, moment)

    def _handle(self, batch: list[Entry], moment: Moment) -> Flow[None]:
        """Deliver entries; whatever happens, even a cancellation, their lanes do not stay busy."""
        if moment.wall >= self.leased_until and any(entry.id is not None for entry in batch):
            # They may be somebody else's by now. The feeder, which is late, finds out.
            self._board.put_back(batch, moment.monotonic + _LATE, retry=False)
            return
        try:
            rejections = yield from self._deliver(batch)
        except BaseException:
            self._board.put_back(batch, moment.monotonic, retry=False)
            raise
        for rejection in rejections:
            call_back(self._policy.on_rejected, rejection)

    def _deliver(self, batch: list[Entry]) -> Flow[list[Rejection]]:
        payloads: list[Payload] = [{}] * len(batch)
        try:
            payloads = [self._payload(entry) for entry in batch]
            yield from self._session.value(self._wire.call(payloads))
        except OptimoveError as error:
            return (yield from self._failed(batch, payloads, error))
        except Exception as error:  # a worker must go on, whatever is wrong with an event or a transport
            return (yield from self._failed(batch, payloads, _unforeseen(error)))
        self._reached()
        yield from self._acknowledge(batch)
        self._board.settle(batch, sent=len(batch))
        return []

    def _payload(self, entry: Entry) -> Payload:
        payload: Payload = self._wire.payload(entry.item) if entry.id is None else json.loads(entry.item)
        return payload

    def _acknowledge(self, batch: Sequence[Entry]) -> Flow[None]:
        # Before the lane is freed: else a crash could deliver this one again behind its successor.
        outbox = self._policy.outbox
        ids = [entry.id for entry in batch if entry.id is not None]
        if outbox is not None and ids:
            yield from insist(self._board, lambda: outbox.acknowledge(ids))

    def _failed(
        self, batch: list[Entry], payloads: Sequence[Payload], error: OptimoveError
    ) -> Flow[list[Rejection]]:
        moment = yield from now()
        waited = moment.monotonic - min(entry.put_at for entry in batch)
        verdict = judge(error, at_least_once=self._policy.at_least_once)
        if verdict is not Verdict.OUTAGE:
            self._reached()
        if verdict is Verdict.REJECT or waited > self._policy.give_up_after:
            return (yield from self._reject(batch, payloads, error))
        for entry in batch:
            entry.tries += 1
        chance = yield from draw()
        until = moment.monotonic + _BACKOFF.pause(batch[0].tries, chance, asked_to_wait(error))
        if verdict is Verdict.OUTAGE:
            until = self._pause_all(moment, chance, error)
        if not self._board.put_back(batch, until) and self._policy.outbox is not None:
            give_back(self._policy.outbox, self._owner, batch)
        return []

    def _pause_all(self, moment: Moment, chance: float, error: OptimoveError) -> float:
        outages, another = self._board.outage(moment.monotonic)
        until = moment.monotonic + min(_BACKOFF.pause(outages, chance), _LONGEST_OUTAGE)
        self._board.pause(until)
        if another and outages == 1:
            _log.warning("events cannot be sent: %s", type(error).__name__, extra={"outages": outages})
        return until

    def _reached(self) -> None:
        outages = self._board.reached()
        if outages:
            _log.info("events can be sent again", extra={"outages": outages})

    def _reject(
        self, batch: list[Entry], payloads: Sequence[Payload], error: OptimoveError
    ) -> Flow[list[Rejection]]:
        for entry in batch:
            yield from self._bury(entry, f"{type(error).__name__}: {error}")
        self._board.settle(batch, rejected=len(batch))
        _log.warning("an event was rejected: %s", type(error).__name__, extra={"rejected": len(batch)})
        return [Rejection(payload, error, entry.id) for entry, payload in zip(batch, payloads, strict=True)]

    def _bury(self, entry: Entry, reason: str) -> Flow[None]:
        outbox, number = self._policy.outbox, entry.id
        if outbox is not None and number is not None:
            wall = (yield from now()).wall
            yield from insist(self._board, lambda: outbox.bury(number, reason, wall))


def call_back(callback: Callable[[Any], object] | None, value: Any) -> None:
    """Call what a user gave; a mistake in it must not stop the delivery, not even an exit."""
    if callback is None:
        return
    try:
        callback(value)
    except (Exception, SystemExit) as error:
        _log.error("a callback of a publisher failed: %s", type(error).__name__)


def _unforeseen(error: Exception) -> OptimoveError:
    # Only its name: its text may show whose event it was.
    told = OptimoveError(f"the event could not be sent: {type(error).__name__}")
    told.__cause__ = error
    return told
