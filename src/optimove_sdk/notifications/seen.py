"""What was handled already: Optimove repeats notifications, and none should be handled twice.

Sources of the repeats: none official. A production listener was seen to remember what it had handled for
five hours, which is therefore the default.
"""

from __future__ import annotations

import enum
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, Protocol, runtime_checkable

from ..errors import ConfigurationError

FIVE_HOURS: Final = 5 * 3600.0


class Seen(enum.Enum):
    """What a `SeenStore` knows of a notification."""

    NEW = "new"
    """Never seen, long ago, or its handling failed: it is yours to handle now."""
    IN_PROGRESS = "in progress"
    """Somebody is handling it."""
    SEEN = "seen"
    """It was handled."""


@runtime_checkable
class SeenStore(Protocol):
    """Remembers notifications by their ``key``. Called from several threads at once.

    A store that may block, as a database does, is called in a thread where that matters. One that never
    does may say ``blocking = False``.
    """

    def begin(self, key: str) -> Seen:
        """Say what is known of this key; if it is new, note that it is being handled, atomically."""
        ...

    def done(self, key: str) -> None:
        """Note that it was handled."""
        ...

    def failed(self, key: str) -> None:
        """Forget it, so that a repeat is handled again."""
        ...


class MemorySeenStore:
    """Remembers in this process. With several processes, one does not know what another has handled.

    Args:
        ttl: seconds to remember what was handled.
        max_items: how much to remember at most; the oldest is forgotten first.
        clock: seconds that never jump.
    """

    blocking: Final = False

    def __init__(
        self,
        ttl: float = FIVE_HOURS,
        max_items: int = 100_000,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if ttl <= 0 or max_items < 1:
            raise ConfigurationError("MemorySeenStore: ttl and max_items must be positive")
        self._ttl = ttl
        self._max_items = max_items
        self._clock = clock
        self._lock = threading.Lock()
        self._running: set[str] = set()
        self._until: OrderedDict[str, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._until)

    def begin(self, key: str) -> Seen:
        """Say what is known of this key; if it is new, note that it is being handled."""
        with self._lock:
            if key in self._running:
                return Seen.IN_PROGRESS
            if self._until.get(key, 0.0) > self._clock():
                return Seen.SEEN
            self._running.add(key)
            return Seen.NEW

    def done(self, key: str) -> None:
        """Note that it was handled."""
        now = self._clock()
        with self._lock:
            self._running.discard(key)
            self._until[key] = now + self._ttl
            self._until.move_to_end(key)
            self._forget(now)

    def failed(self, key: str) -> None:
        """Forget it, so that a repeat is handled again."""
        with self._lock:
            self._running.discard(key)

    def _forget(self, now: float) -> None:
        # Whatever was done first expires first, so only the front has to be looked at.
        while len(self._until) > self._max_items or next(iter(self._until.values())) <= now:
            self._until.popitem(last=False)
