"""``when_full="spill"``: whether events go to memory or to the outbox, so that none overtakes another."""

from __future__ import annotations

import threading


class Valve:
    """Closed, events go to memory; open, to the outbox, until it is found to be empty.

    It begins open: the outbox may hold what an earlier process left, which comes first. It closes only if
    nothing was on its way into the outbox, from before it was looked at until after.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.is_open: bool = True
        self._under_way = 0
        self._stores = 0

    def enter(self, *, spill: bool = False) -> bool:
        """Say whether an event goes to the outbox; then `leave` must follow. ``spill`` opens the valve."""
        with self._lock:
            self.is_open = self.is_open or spill
            self._under_way += self.is_open
            return self.is_open

    def leave(self) -> None:
        """Note that an event is in the outbox, or will never be."""
        with self._lock:
            self._under_way -= 1
            self._stores += 1

    def look(self) -> int:
        """Return what `close` needs to know: to be called before the outbox is looked at."""
        with self._lock:
            return self._stores

    def close(self, seen: int) -> None:
        """Send events to memory again, if nothing has come since that look."""
        with self._lock:
            if self._under_way == 0 and self._stores == seen:
                self.is_open = False
