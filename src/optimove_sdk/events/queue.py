"""The queue of events as a pure state machine: no threads, no clock, no I/O.

Each customer or visitor has a lane. The events of a lane go out one after another, in the order they came;
lanes go out side by side. A lane is waiting, busy (its events are in flight) or held back until a moment.
"""

from __future__ import annotations

import heapq
from collections import deque
from typing import Any

import attrs


@attrs.define(eq=False)
class Entry:
    """An event in the queue, or in flight. ``id`` is its row in the outbox, if it has one."""

    lane: str
    item: Any
    put_at: float
    id: int | None = None
    tries: int = 0


@attrs.define(eq=False)
class _Lane:
    entries: deque[Entry]
    busy: bool = False


class EventQueue:
    """Entries by lane. Moments are seconds on a monotonic clock that the caller reads."""

    def __init__(self) -> None:
        self._lanes: dict[str, _Lane] = {}
        self._ready: deque[str] = deque()
        self._held: list[tuple[float, str]] = []
        self._paused_until = 0.0
        self.queued: int = 0
        self.in_flight: int = 0

    def put(self, entry: Entry) -> bool:
        """Add an entry behind all others of its lane; say whether that made its lane ready."""
        self.queued += 1
        lane = self._lanes.get(entry.lane)
        if lane is not None:
            lane.entries.append(entry)
            return False
        self._lanes[entry.lane] = _Lane(deque((entry,)))
        self._ready.append(entry.lane)
        return True

    def take(self, now: float, limit: int = 1) -> list[Entry]:
        """Take up to ``limit`` entries that may go out together; their lanes are busy until settled."""
        taken: list[Entry] = []
        self._let_go(now)
        if now < self._paused_until:
            return taken
        while self._ready and len(taken) < limit:
            lane = self._lanes[self._ready.popleft()]
            lane.busy = True
            while lane.entries and len(taken) < limit:
                taken.append(lane.entries.popleft())
        self.queued -= len(taken)
        self.in_flight += len(taken)
        return taken

    def settle(self, taken: list[Entry]) -> None:
        """Free the lanes of entries that are done, delivered or not."""
        self.in_flight -= len(taken)
        for name in _lanes_of(taken):
            lane = self._lanes[name]
            lane.busy = False
            if lane.entries:
                self._ready.append(name)
            else:
                del self._lanes[name]

    def put_back(self, taken: list[Entry], until: float) -> None:
        """Return entries to the front of their lanes, and hold those lanes back until a moment."""
        self.in_flight -= len(taken)
        self.queued += len(taken)
        for entry in reversed(taken):
            self._lanes[entry.lane].entries.appendleft(entry)
        for name in _lanes_of(taken):
            self._lanes[name].busy = False
            heapq.heappush(self._held, (until, name))

    def pause(self, until: float) -> None:
        """Let nothing out until a moment."""
        self._paused_until = max(self._paused_until, until)

    def resume(self) -> None:
        """Forget a pause."""
        self._paused_until = 0.0

    def is_paused(self, now: float) -> bool:
        """Say whether nothing is let out at this moment."""
        return now < self._paused_until

    def next_moment(self, now: float) -> float | None:
        """Return when something may go out, at the earliest now; None if nothing waits for its time."""
        self._let_go(now)
        if self._ready:
            return max(now, self._paused_until)
        return max(self._held[0][0], self._paused_until) if self._held else None

    def oldest(self) -> float | None:
        """Return when the oldest waiting entry was put."""
        return min((lane.entries[0].put_at for lane in self._lanes.values() if lane.entries), default=None)

    def waiting(self) -> list[Entry]:
        """Return everything that waits, in order within each lane."""
        return [entry for lane in self._lanes.values() for entry in lane.entries]

    def drain(self) -> list[Entry]:
        """Take out everything that waits. Busy lanes stay busy."""
        left = self.waiting()
        self._lanes = {name: lane for name, lane in self._lanes.items() if lane.busy}
        for lane in self._lanes.values():
            lane.entries.clear()
        self._ready.clear()
        self._held.clear()
        self.queued = 0
        return left

    def _let_go(self, now: float) -> None:
        while self._held and self._held[0][0] <= now:
            self._ready.append(heapq.heappop(self._held)[1])


def _lanes_of(entries: list[Entry]) -> list[str]:
    return list(dict.fromkeys(entry.lane for entry in entries))
