"""An outbox in memory: for tests, and to see how one behaves. It survives nothing."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Iterable

import attrs

from ...forks import survive_forks
from .base import LANE_SHARE, DeadLetter, Stored


@attrs.define
class _Row:
    stored: Stored
    owner: str | None = None
    until: float = 0.0

    def is_held_by_other(self, owner: str, now: float) -> bool:
        return self.owner not in (None, owner) and self.until >= now


class MemoryOutbox:
    """Keeps events in this process. A forked child begins with an empty one."""

    def __init__(self) -> None:
        self.start_over()
        survive_forks(self)

    def start_over(self) -> None:
        """Forget everything, as a forked child must: its parent delivers what there is."""
        self._lock = threading.Lock()
        self._ids = itertools.count(1)
        self._rows: dict[int, _Row] = {}
        self._dead: dict[int, DeadLetter] = {}

    def put(self, lane: str, body: str) -> None:
        """Keep an event."""
        with self._lock:
            self._put(lane, body)

    def lease(self, owner: str, limit: int, now: float, seconds: float) -> list[Stored]:
        """Hand out events in order, none of a lane that somebody else is busy with."""
        with self._lock:
            rows = self._rows.values()
            closed = {row.stored.lane for row in rows if row.is_held_by_other(owner, now)}
            shares = Counter(row.stored.lane for row in rows if row.owner == owner)
            closed.update(lane for lane, count in shares.items() if count >= LANE_SHARE)
            free = (row for row in rows if row.owner != owner and row.stored.lane not in closed)
            leased = list(itertools.islice(free, limit))
            for row in leased:
                row.owner, row.until = owner, now + seconds
            return [row.stored for row in leased]

    def extend(self, owner: str, now: float, seconds: float) -> None:
        """Prolong all leases of an owner."""
        with self._lock:
            for row in self._rows.values():
                if row.owner == owner:
                    row.until = now + seconds

    def acknowledge(self, ids: Iterable[int]) -> None:
        """Forget events that were delivered."""
        with self._lock:
            for number in ids:
                self._rows.pop(number, None)

    def bury(self, id: int, reason: str, now: float) -> None:  # noqa: A002 - what it is
        """Move an event to the dead letters."""
        with self._lock:
            row = self._rows.pop(id, None)
            if row is not None:
                self._dead[id] = DeadLetter(id, row.stored.lane, row.stored.body, reason, now)

    def release(self, owner: str, ids: Iterable[int]) -> None:
        """Give back events of an owner."""
        with self._lock:
            for number in ids:
                row = self._rows.get(number)
                if row is not None and row.owner == owner:
                    row.owner = None

    def pending(self, owner: str, now: float) -> int:
        """Return how many events wait that are not leased by somebody else."""
        with self._lock:
            return sum(not row.is_held_by_other(owner, now) for row in self._rows.values())

    def size(self) -> int:
        """Return how many events there are, whoever has them."""
        return len(self._rows)

    def dead_letters(self) -> list[DeadLetter]:
        """Return the events that could not be delivered."""
        with self._lock:
            return list(self._dead.values())

    def replay(self, ids: Iterable[int] | None = None) -> int:
        """Put dead letters back among the living, behind all others."""
        with self._lock:
            letters = self._take_dead(ids)
            for letter in letters:
                self._put(letter.lane, letter.body)
        return len(letters)

    def purge(self, ids: Iterable[int] | None = None) -> int:
        """Delete dead letters."""
        with self._lock:
            return len(self._take_dead(ids))

    def close(self) -> None:
        """Do nothing: there is nothing open."""

    def _put(self, lane: str, body: str) -> None:
        number = next(self._ids)
        self._rows[number] = _Row(Stored(number, lane, body))

    def _take_dead(self, ids: Iterable[int] | None) -> list[DeadLetter]:
        wanted = set(self._dead if ids is None else ids)
        return [self._dead.pop(number) for number in sorted(wanted & set(self._dead))]
