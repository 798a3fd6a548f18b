"""What publishes events: one queue, and flows around it that threads and tasks perform alike.

A worker takes an event whose lane is free, sends it, and settles it. What goes wrong decides what becomes of
the event, and only of its lane: but for a server that cannot be reached, for which everybody waits.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import uuid
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any, Final, Generic, Literal, TypeAlias, TypeVar

import attrs

from ..config import RetryPolicy
from ..core.call import Call
from ..core.exchange import Session
from ..core.flow import Await, Flow, draw, now, offload
from ..errors import (
    APIError,
    ConfigurationError,
    EventRejected,
    InvalidInput,
    OptimoveError,
    Outcome,
    RateLimited,
    ServerError,
    TransportError,
)
from .outbox.base import Outbox
from .queue import Entry, EventQueue

E = TypeVar("E")
WhenFull: TypeAlias = Literal["block", "drop_newest", "spill"]
Payload: TypeAlias = Mapping[str, Any]

_BACKOFF: Final = RetryPolicy(base=0.2, cap=60.0)
_LEASE: Final = 30.0
_POLL: Final = 0.5
_log = logging.getLogger("optimove_sdk")


@attrs.frozen
class PublisherStats:
    """A publisher in numbers. ``queued`` and ``oldest_age`` (seconds) are of what is in memory."""

    queued: int
    in_flight: int
    sent: int
    rejected: int
    retried: int
    dropped: int
    oldest_age: float


@attrs.frozen
class FlushReport:
    """How a flush ended: events sent and rejected since the last one, and those that still wait."""

    sent: int
    rejected: int
    pending: int


@attrs.frozen
class Rejection:
    """An event that was given up, and why. Where it lies in the outbox's dead letters, by which number."""

    payload: Payload = attrs.field(repr=False)
    error: OptimoveError
    dead_letter: int | None = None


@attrs.frozen(kw_only=True)
class Wire(Generic[E]):
    """How events of this kind are sent: whose lane, what is sent, by which call, how many at once.

    ``check`` raises for an event that cannot be sent, when it is put.
    """

    lane: Callable[[E], str]
    payload: Callable[[E], Payload]
    call: Callable[[Sequence[Payload]], Call[Any]]
    per_request: int = 1
    check: Callable[[E], None] = lambda event: None


@attrs.frozen(kw_only=True)
class Policy:
    """What a user chose for a publisher."""

    outbox: Outbox | None = None
    concurrency: int = 8
    capacity: int = 10_000
    when_full: WhenFull = "block"
    at_least_once: bool = False
    give_up_after: float = 86_400.0
    on_rejected: Callable[[Rejection], object] | None = None
    on_lost: Callable[[int], object] | None = None
    exit_budget: float = 5.0

    def __attrs_post_init__(self) -> None:
        for name in ("concurrency", "capacity"):
            if getattr(self, name) < 1:
                raise ConfigurationError(f"{name} must be at least 1, not {getattr(self, name)!r}")
        if self.when_full not in ("block", "drop_newest", "spill"):
            raise ConfigurationError(
                f"when_full must be 'block', 'drop_newest' or 'spill', not {self.when_full!r}"
            )
        if self.when_full == "spill" and self.outbox is None:
            raise ConfigurationError("when_full='spill' needs an outbox to spill to")


class Desk(Generic[E]):
    """The state that workers share, and the flows they perform.

    The lock is held for a few instructions and never across a yield.
    """

    def __init__(self, session: Session, wire: Wire[E], policy: Policy) -> None:
        self.session = attrs.evolve(session, retry=RetryPolicy(attempts=1))
        self.wire = wire
        self.policy = policy
        self.start_over()

    def start_over(self) -> None:
        """Begin with nothing: at first, and in a forked child, whose parent keeps what there was."""
        self._lock = threading.Lock()
        self._queue = EventQueue()
        self._idle: deque[Future[None]] = deque()
        self._watchers: list[Future[None]] = []
        self._owner = f"{os.getpid()}-{uuid.uuid4()}"
        self._sent = self._rejected = self._retried = self._dropped = 0
        self._reported = (0, 0)
        self._spilling = False
        self.stopping = False

    # What users ask for

    def put(self, event: E) -> Flow[bool]:
        """Accept an event; False if it was dropped."""
        if self.stopping:
            raise ConfigurationError("this publisher is closed")
        self.wire.check(event)
        lane = self.wire.lane(event)
        outbox = self.policy.outbox
        if outbox is not None and (self.policy.when_full != "spill" or self._spilling):
            yield from self._store(outbox, lane, event)
            return True
        while True:
            moment = yield from now()
            if self._enqueue(Entry(lane, event, moment.monotonic)):
                return True
            if self.policy.when_full == "drop_newest":
                self._drop()
                return False
            if outbox is not None:
                self._spilling = True
                yield from self._store(outbox, lane, event)
                return True
            yield Await(self._watch(), None)

    def flush(self, timeout: float | None) -> Flow[FlushReport]:
        """Wait until nothing is queued or in flight, or time is up."""
        ends = None if timeout is None else (yield from now()).monotonic + timeout
        while True:
            watcher = self._watch()
            pending = yield from self._pending()
            left = None if ends is None else ends - (yield from now()).monotonic
            if pending == 0 or (left is not None and left <= 0):
                return self._report(pending)
            yield Await(watcher, min(left, _POLL) if left is not None else _POLL)

    def stats(self, monotonic: float) -> PublisherStats:
        """Return the numbers of this moment."""
        with self._lock:
            oldest = self._queue.oldest()
            return PublisherStats(
                self._queue.queued,
                self._queue.in_flight,
                self._sent,
                self._rejected,
                self._retried,
                self._dropped,
                0.0 if oldest is None else max(0.0, monotonic - oldest),
            )

    def stop(self) -> None:
        """Let the workers end when nothing is left for them."""
        self.stopping = True
        self._wake_all()

    def give_up(self) -> int:
        """Abandon what waits in memory; return how many events are lost, which an outbox prevents."""
        with self._lock:
            left = self._queue.drain()
        if self.policy.outbox is not None:
            self.policy.outbox.release(self._owner)
        lost = sum(entry.id is None for entry in left)
        if lost:
            _log.warning("%d events were not delivered and are lost", lost, extra={"lost": lost})
            self._call_back(self.policy.on_lost, lost)
        return lost

    # What workers do

    def work(self) -> Flow[None]:
        """Deliver events until the desk stops and none is left."""
        while True:
            moment = yield from now()
            with self._lock:
                batch = self._queue.take(moment.monotonic, self.wire.per_request)
                if not batch and self.stopping and self._queue.queued == 0:
                    return
                waker: Future[None] = Future()
                if not batch:
                    self._idle.append(waker)
                at = self._queue.next_moment(moment.monotonic)
            if batch:
                yield from self._deliver(batch)
            else:
                yield Await(waker, None if at is None else max(at - moment.monotonic, 0.001))
                self._forget(waker)

    def feed(self) -> Flow[None]:
        """Bring events from the outbox into the queue, and keep the leases while they are there."""
        outbox = self.policy.outbox
        if outbox is None:
            return
        extended = (yield from now()).monotonic
        while not self.stopping:
            moment = yield from now()
            if moment.monotonic - extended > _LEASE / 3:
                wall, extended = moment.wall, moment.monotonic
                yield from offload(lambda: outbox.extend(self._owner, wall, _LEASE))  # noqa: B023 - at once
            watcher = self._watch()
            if (yield from self._lease_some(outbox)) == 0:
                yield Await(watcher, _POLL)

    def _lease_some(self, outbox: Outbox) -> Flow[int]:
        with self._lock:
            room = min(self.policy.capacity - self._queue.queued, 64 * self.policy.concurrency)
            if self._queue.queued > room:
                room = 0
        if room <= 0:
            return 0
        moment = yield from now()
        rows = yield from offload(lambda: outbox.lease(self._owner, room, moment.wall, _LEASE))
        with self._lock:
            for row in rows:
                self._queue.put(Entry(row.lane, row.body, moment.monotonic, row.id))
            if not rows and self._queue.queued + self._queue.in_flight == 0:
                self._spilling = False
        self._wake(len(rows))
        return len(rows)

    def _deliver(self, batch: list[Entry]) -> Flow[None]:
        payloads = [self._payload(entry) for entry in batch]
        try:
            yield from self.session.value(self.wire.call(payloads))
        except OptimoveError as error:
            yield from self._failed(batch, payloads, error)
        else:
            yield from self._acknowledge(batch)
            self._settle(batch, sent=len(batch))

    def _failed(self, batch: list[Entry], payloads: Sequence[Payload], error: OptimoveError) -> Flow[None]:
        moment = yield from now()
        waited = moment.monotonic - min(entry.put_at for entry in batch)
        unreachable = isinstance(error, TransportError) and error.outcome is Outcome.UNSENT
        if not self._worth_another_try(error) or waited > self.policy.give_up_after:
            yield from self._reject(batch, payloads, error)
            return
        for entry in batch:
            entry.tries += 1
        floor = error.retry_after if isinstance(error, APIError) else None
        pause = _BACKOFF.pause(batch[0].tries, (yield from draw()), floor)
        with self._lock:
            self._retried += len(batch)
            self._queue.put_back(batch, moment.monotonic + pause)
            if unreachable:
                self._queue.pause(moment.monotonic + min(pause, 5.0))
        self._wake(1)

    def _worth_another_try(self, error: OptimoveError) -> bool:
        if isinstance(error, EventRejected | InvalidInput):
            return False
        if isinstance(error, RateLimited):
            return True
        if isinstance(error, TransportError) and error.outcome is Outcome.UNSENT:
            return True
        if isinstance(error, APIError) and not isinstance(error, ServerError):
            return False
        return self.policy.at_least_once  # it may have arrived

    def _reject(self, batch: list[Entry], payloads: Sequence[Payload], error: OptimoveError) -> Flow[None]:
        outbox = self.policy.outbox
        moment = yield from now()
        for entry in batch:
            if outbox is not None and entry.id is not None:
                number, reason = entry.id, f"{type(error).__name__}: {error}"
                yield from offload(lambda: outbox.bury(number, reason, moment.wall))  # noqa: B023 - at once
        self._settle(batch, rejected=len(batch))
        _log.warning("an event was rejected: %s", type(error).__name__, extra={"rejected": len(batch)})
        for entry, payload in zip(batch, payloads, strict=True):
            self._call_back(self.policy.on_rejected, Rejection(payload, error, entry.id))

    def _acknowledge(self, batch: list[Entry]) -> Flow[None]:
        # Before the lane is freed: else a crash could deliver this one again behind its successor.
        outbox = self.policy.outbox
        ids = [entry.id for entry in batch if entry.id is not None]
        if outbox is not None and ids:
            yield from offload(lambda: outbox.acknowledge(ids))

    def _payload(self, entry: Entry) -> Payload:
        stored: Payload = json.loads(entry.item) if isinstance(entry.item, str) else {}
        return stored or self.wire.payload(entry.item)

    def _store(self, outbox: Outbox, lane: str, event: E) -> Flow[None]:
        body = json.dumps(self.wire.payload(event), separators=(",", ":"), ensure_ascii=False)
        yield from offload(lambda: outbox.put(lane, body))
        self._tell_watchers()

    def _pending(self) -> Flow[int]:
        outbox = self.policy.outbox
        stored = 0
        if outbox is not None:
            moment = yield from now()
            stored = yield from offload(lambda: outbox.pending(self._owner, moment.wall))
        with self._lock:
            return max(stored, self._queue.queued + self._queue.in_flight)

    # Under the lock, and who is told

    def _enqueue(self, entry: Entry) -> bool:
        with self._lock:
            if self._queue.queued >= self.policy.capacity:
                return False
            self._queue.put(entry)
            waker = self._idle.popleft() if self._idle else None
        if waker is not None:
            waker.set_result(None)
        return True

    def _settle(self, batch: list[Entry], *, sent: int = 0, rejected: int = 0) -> None:
        with self._lock:
            self._queue.settle(batch)
            self._sent += sent
            self._rejected += rejected
        self._wake(1)
        self._tell_watchers()

    def _drop(self) -> None:
        with self._lock:
            self._dropped += 1
        self._call_back(self.policy.on_lost, 1)

    def _report(self, pending: int) -> FlushReport:
        with self._lock:
            before, self._reported = self._reported, (self._sent, self._rejected)
            return FlushReport(self._sent - before[0], self._rejected - before[1], pending)

    def _watch(self) -> Future[None]:
        watcher: Future[None] = Future()
        with self._lock:
            self._watchers = [other for other in self._watchers if not other.done()]
            self._watchers.append(watcher)
        return watcher

    def _tell_watchers(self) -> None:
        with self._lock:
            watchers, self._watchers = self._watchers, []
        for watcher in watchers:
            watcher.set_result(None)

    def _wake(self, count: int) -> None:
        with self._lock:
            wakers = [self._idle.popleft() for _ in range(min(count, len(self._idle)))]
        for waker in wakers:
            waker.set_result(None)

    def _wake_all(self) -> None:
        self._wake(len(self._idle))
        self._tell_watchers()

    def _forget(self, waker: Future[None]) -> None:
        with self._lock:
            if not waker.done():
                self._idle.remove(waker)

    def _call_back(self, callback: Callable[[Any], object] | None, value: Any) -> None:
        if callback is None:
            return
        try:
            callback(value)
        except Exception as error:  # a user's mistake must not stop the delivery
            _log.error("a callback of a publisher failed: %s", type(error).__name__)
