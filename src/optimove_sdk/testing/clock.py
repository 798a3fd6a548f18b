"""Time that passes only when somebody sleeps, and chance that repeats.

Whoever sleeps on an event loop wakes in the order of the times set, as with a real clock.
"""

from __future__ import annotations

import asyncio
import random
import threading
from datetime import UTC, datetime
from typing import Final

from ..core.flow import Moment

_START: Final = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


class SimulatedClock:
    """A clock for tests: sleeping takes no time and moves it on. ``slept`` is the seconds slept in all."""

    def __init__(self, *, start: datetime = _START, seed: int = 0) -> None:
        self._epoch = start.timestamp()
        self._passed = 0.0
        self._random = random.Random(seed)
        self._sleeping: list[float] = []
        self._lock = threading.Lock()
        self.slept: float = 0.0

    def moment(self) -> Moment:
        """Return the current moment."""
        with self._lock:
            return Moment(self._passed, self._epoch + self._passed)

    def draw(self) -> float:
        """Return the next number in [0, 1) of the seed's sequence."""
        with self._lock:
            return self._random.random()

    def advance(self, seconds: float) -> None:
        """Let time pass, as if nobody had been doing anything."""
        with self._lock:
            self._passed += seconds

    def sleep(self, seconds: float) -> None:
        """Let time pass, and count it as slept."""
        with self._lock:
            self._passed += seconds
            self.slept += seconds

    async def async_sleep(self, seconds: float) -> None:
        """Let time pass once all who wake earlier are awake, and count it as slept."""
        wake = self._fall_asleep(seconds)
        try:
            await asyncio.sleep(0)  # whoever is about to fall asleep does so first
            while self._somebody_wakes_before(wake):  # noqa: ASYNC110 - there is nothing to wait for
                await asyncio.sleep(0)
            with self._lock:
                self._passed = max(self._passed, wake)
        finally:
            with self._lock:
                self._sleeping.remove(wake)

    def _fall_asleep(self, seconds: float) -> float:
        with self._lock:
            self.slept += seconds
            self._sleeping.append(self._passed + seconds)
            return self._sleeping[-1]

    def _somebody_wakes_before(self, wake: float) -> bool:
        with self._lock:
            return min(self._sleeping) < wake
