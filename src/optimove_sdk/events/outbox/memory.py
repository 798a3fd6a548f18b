"""An outbox in memory: for tests, and to see how one behaves. It survives nothing."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterable

import attrs

from .base import DeadLetter, Stored


@attrs.define
class _Row:
    stored: Stored
    owner: str | None = None
    until: float = 0.0


class MemoryOutbox:
    """Keeps events in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ids = itertools.count(1)
        self._rows: dict[int, _Row] = {}
        self._dead: dict[int, DeadLetter] = {}

    def put(self, lane: str, body: str) -> None:
        """Keep an event."""
        with self._lock:
            number = next(self._ids)
            self._rows[number] = _Row(Stored(number, lane, body))

    def lease(self, owner: str, limit: int, now: float, seconds: float) -> list[Stored]:
        """Hand out events in order, none of a lane that somebody else is busy with."""
        with self._lock:
            held = {
                r.stored.lane for r in self._rows.values() if r.owner not in (None, owner) and r.until >= now
            }
            free = (
                r
                for r in self._rows.values()
                if (r.owner is None or r.until < now) and r.stored.lane not in held
            )
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

    def release(self, owner: str) -> None:
        """Give back all events of an owner."""
        with self._lock:
            for row in self._rows.values():
                if row.owner == owner:
                    row.owner = None

    def pending(self, owner: str, now: float) -> int:
        """Return how many events wait that are not leased by somebody else."""
        with self._lock:
            return sum(row.owner in (None, owner) or row.until < now for row in self._rows.values())

    def dead_letters(self) -> list[DeadLetter]:
        """Return the events that could not be delivered."""
        with self._lock:
            return list(self._dead.values())

    def replay(self, ids: Iterable[int] | None = None) -> int:
        """Put dead letters back among the living, behind all others."""
        letters = self._take_dead(ids)
        for letter in letters:
            self.put(letter.lane, letter.body)
        return len(letters)

    def purge(self, ids: Iterable[int] | None = None) -> int:
        """Delete dead letters."""
        return len(self._take_dead(ids))

    def close(self) -> None:
        """Do nothing: there is nothing open."""

    def _take_dead(self, ids: Iterable[int] | None) -> list[DeadLetter]:
        with self._lock:
            chosen = list(self._dead) if ids is None else [number for number in ids if number in self._dead]
            return [self._dead.pop(number) for number in chosen]
