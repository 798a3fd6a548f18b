"""The queue as threads and tasks share it: behind one lock, with ways to wait for it, and its numbers.

The lock is held for a few instructions, never across a yield, and nobody is woken while it is held.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from typing import Final

import attrs

from ..core.flow import Await
from ..errors import ConfigurationError
from .bells import Bell, Idle, Putter, ring
from .queue import Entry, EventQueue
from .reports import FlushReport, PublisherStats
from .tally import Tally

_SHORTEST_WAIT: Final = 0.001


@attrs.frozen
class Leftovers:
    """What was abandoned: the entries that waited, and how many were in flight that no outbox keeps."""

    waiting: Sequence[Entry]
    in_flight: int

    @property
    def lost(self) -> int:
        """How many events nobody will deliver."""
        return self.in_flight + sum(entry.id is None for entry in self.waiting)


class Board:
    """What everybody who has to do with a publisher looks at and writes on."""

    def __init__(self, capacity: int) -> None:
        self.capacity: int = capacity
        self._lock = threading.Lock()
        self._queue = EventQueue()
        self._idle: deque[Idle] = deque()
        self._putters: deque[Putter] = deque()
        self._watchers: list[Bell] = []
        self._feeder: Bell = Future()
        self._unkept = 0  # in flight, and in no outbox
        self._wanting = False  # the feeder waits for room
        self._outages = 0
        self._tally = Tally()
        self.closed: bool = False
        """Nothing is accepted any more."""
        self.stopped: Bell = Future()
        """Done when the workers are to end."""
        self._ended = False

    # For those who put

    def offer(self, entry: Entry) -> bool:
        """Add an entry, if there is room and nobody waits for it."""
        with self._lock:
            self.check_open()
            if self._putters or self._queue.queued >= self.capacity:
                return False
            bells = self._put([entry])
        ring(bells)
        return True

    def line_up(self, entry: Entry) -> Bell:
        """Wait for room, behind those who came before; the bell's result says whether there ever was any."""
        bell: Bell = Future()
        with self._lock:
            self.check_open()
            self._putters.append(Putter(entry, bell))
            bells = self._let_in()
        ring(bells)
        return bell

    def step_out(self, bell: Bell) -> None:
        """Wait no longer. An entry that was let in meanwhile stays."""
        with self._lock:
            self._putters = deque(putter for putter in self._putters if putter.bell is not bell)

    def check_open(self) -> None:
        """Refuse what comes after the end."""
        if self.closed:
            raise ConfigurationError("this publisher is closed")

    def drop(self) -> None:
        """Count an event that found no room."""
        with self._lock:
            self._tally.dropped += 1

    # For those who deliver

    def take(self, now: float, limit: int) -> list[Entry] | Await:
        """Take what may go out; if nothing may, say what to wait for."""
        with self._lock:
            taken = self._queue.take(now, limit)
            if not taken:
                return self._rest(now)
            self._unkept += _not_kept(taken)
            bells = [*self._let_in(), *self._hand_over(now), *self._ask_for_more()]
        ring(bells)
        return taken

    def forget(self, bell: Bell) -> None:
        """Stop waiting for work."""
        with self._lock:
            self._idle = deque(idle for idle in self._idle if idle.bell is not bell)

    def settle(self, taken: list[Entry], *, sent: int = 0, rejected: int = 0) -> None:
        """Free the lanes of entries that are done."""
        with self._lock:
            self._queue.settle(taken)
            self._unkept -= _not_kept(taken)
            self._tally.sent += sent
            self._tally.rejected += rejected
            bells = self._call_watchers() if self._pending() == 0 else []
        ring(bells)

    def put_back(self, taken: list[Entry], until: float, *, retry: bool = True) -> bool:
        """Have entries wait in front of their lanes until a moment; False if it is too late for that."""
        with self._lock:
            self._tally.retried += len(taken) if retry else 0
            self._unkept -= _not_kept(taken)
            self._queue.put_back(taken, until)
            if self._ended:
                self._queue.drain()
            return not self._ended

    def outage(self, now: float) -> tuple[int, bool]:
        """Count a failure to reach anybody; return how many in a row, and whether this one is another.

        Several at once are one.
        """
        with self._lock:
            another = not self._queue.is_paused(now)
            self._outages += another
            return self._outages, another

    def pause(self, until: float) -> None:
        """Let nothing out until a moment."""
        with self._lock:
            self._queue.pause(until)

    def reached(self) -> int:
        """Note that the server was reached; return how many failures came before. It ends the pause."""
        with self._lock:
            outages, self._outages = self._outages, 0
            if outages:
                self._queue.resume()
            return outages

    # For the one who brings events from the outbox

    def room(self) -> int:
        """Return how many entries to bring: none while more than half of the room is taken."""
        with self._lock:
            self._wanting = not self._has_room()
            return 0 if self._wanting else self.capacity - self._queue.queued

    def listen(self) -> Bell:
        """Return a bell that rings when there is something to bring, or room again."""
        with self._lock:
            if self._feeder.done():
                self._feeder = Future()
            return self._feeder

    def call_feeder(self) -> None:
        """Say that there is something in the outbox."""
        ring([self._feeder])

    def bring(self, entries: Iterable[Entry]) -> bool:
        """Add entries that are in the outbox; False if it is too late for that."""
        with self._lock:
            bells = [] if self._ended else self._put(entries)
        ring(bells)
        return not self._ended

    def is_empty(self) -> bool:
        """Say whether nothing waits, is in flight or wants to come in."""
        with self._lock:
            return self._pending() == 0 and not self._putters

    def take_back(self) -> list[Entry]:
        """Take out what waits and came from an outbox."""
        with self._lock:
            waiting = self._queue.drain()
            bells = self._put(entry for entry in waiting if entry.id is None)
        ring(bells)
        return [entry for entry in waiting if entry.id is not None]

    # For those who watch

    def pending(self) -> int:
        """Return how many entries wait or are in flight."""
        with self._lock:
            return self._pending()

    def not_kept(self) -> int:
        """Return how many of those are in no outbox."""
        with self._lock:
            return self._unkept + _not_kept(self._queue.waiting())

    def watch(self) -> Bell:
        """Return a bell that rings when nothing waits or is in flight, and at the end."""
        bell: Bell = Future()
        with self._lock:
            self._watchers = [other for other in self._watchers if not other.done()]
            self._watchers.append(bell)
        return bell

    def unwatch(self, bell: Bell) -> None:
        """Stop watching."""
        with self._lock:
            self._watchers = [other for other in self._watchers if other is not bell]

    def report(self, pending: int) -> FlushReport:
        """Return what was done since the last report."""
        with self._lock:
            return self._tally.report(pending)

    def stats(self, now: float) -> PublisherStats:
        """Return the numbers of this moment."""
        with self._lock:
            oldest = self._queue.oldest()
            age = 0.0 if oldest is None else max(0.0, now - oldest)
            return self._tally.stats(self._queue.queued, self._queue.in_flight, age)

    # The end

    def close(self) -> None:
        """Accept nothing from now on, and send away those who wait for room."""
        with self._lock:
            self.closed = True
            putters, self._putters = self._putters, deque()
        for putter in putters:
            putter.bell.set_result(False)

    def stop(self) -> Leftovers:
        """Have the workers end; return what they leave. The second time that is nothing."""
        self.close()
        with self._lock:
            left = Leftovers(self._queue.drain(), 0 if self._ended else self._unkept)
            self._ended = True
            bells = [self.stopped, self._feeder, *self._call_watchers(), *(idle.bell for idle in self._idle)]
            self._idle.clear()
        ring(bells)
        return left

    # Under the lock: each returns the bells to ring after it

    def _put(self, entries: Iterable[Entry]) -> list[Bell]:
        ready = sum([self._queue.put(entry) for entry in entries])
        return [self._idle.popleft().bell for _ in range(min(ready, len(self._idle)))]

    def _let_in(self) -> list[Bell]:
        bells: list[Bell] = []
        while self._putters and self._queue.queued < self.capacity:
            putter = self._putters.popleft()
            bells += [putter.bell, *self._put([putter.entry])]
        return bells

    def _hand_over(self, now: float) -> list[Bell]:
        """Have an idle worker look after what the one who is busy now cannot."""
        at = self._queue.next_moment(now)
        if at is None or any(idle.until is not None and idle.until <= at for idle in self._idle):
            return []
        return [self._idle.popleft().bell] if self._idle else []

    def _rest(self, now: float) -> Await:
        if self._ended:
            return Await(self.stopped, 0)
        idle = Idle(Future(), self._queue.next_moment(now))
        self._idle.append(idle)
        return Await(idle.bell, None if idle.until is None else max(idle.until - now, _SHORTEST_WAIT))

    def _has_room(self) -> bool:
        return 2 * self._queue.queued <= self.capacity

    def _ask_for_more(self) -> list[Bell]:
        if not self._wanting or not self._has_room():
            return []
        self._wanting = False
        return [self._feeder]

    def _call_watchers(self) -> list[Bell]:
        watchers, self._watchers = self._watchers, []
        return watchers

    def _pending(self) -> int:
        return self._queue.queued + self._queue.in_flight


def _not_kept(entries: Iterable[Entry]) -> int:
    return sum(entry.id is None for entry in entries)
