"""Optimove allows so many requests in a sliding window, and punishes everyone who goes on after a 429.

A `RateGate` is shared by all threads, tasks and copies of a client. Callers reserve a place in time and
wait for it, first come first served.
"""

from __future__ import annotations

import threading
from collections import deque
from contextlib import suppress

import attrs

from ...config import RateLimit
from ...forks import survive_forks
from ..flow import Flow, now
from .deadline import Deadline, pause

# The server counts arrivals, which the network can bunch a little closer than the departures were.
_SLACK = 0.1


@attrs.frozen
class Place:
    """A reserved moment; worthless once the gate has been closed since it was given."""

    at: float
    epoch: int


class RateGate:
    """Gives out places in time, never more than the limit in any window.

    The lock is held for a few instructions and never across a yield.
    """

    def __init__(self, limit: RateLimit | None) -> None:
        self._limit = limit
        self._places: deque[float] = deque()  # ascending: what was sent lately, then what is reserved
        self._closed_until = 0.0
        self._epoch = 0
        self.start_over()
        survive_forks(self)

    def start_over(self) -> None:
        """Take a new lock: in a forked child nobody would ever release the old one."""
        self._lock = threading.Lock()

    def reserve(self, now: float) -> Place:
        """Return the earliest free place."""
        with self._lock:
            at = max(now, self._closed_until)
            if self._limit is not None:
                at = self._earliest(at, now, self._limit)
                self._places.append(at)
            return Place(at, self._epoch)

    def _earliest(self, at: float, now: float, limit: RateLimit) -> float:
        window = limit.seconds + _SLACK
        while self._places and self._places[0] + window <= now:
            self._places.popleft()
        if self._places:
            at = max(at, self._places[-1])
        if len(self._places) >= limit.requests:
            at = max(at, self._places[-limit.requests] + window)
        return at

    def release(self, place: Place) -> None:
        """Give back a place that will not be used."""
        with self._lock, suppress(ValueError):
            if place.epoch == self._epoch:
                self._places.remove(place.at)

    def honours(self, place: Place) -> bool:
        """Say whether a place still counts, which it does not if the gate was closed meanwhile."""
        with self._lock:
            return place.epoch == self._epoch

    def close(self, now: float, seconds: float) -> None:
        """Let nobody pass for so many seconds; places already given for later are void."""
        with self._lock:
            self._closed_until = max(self._closed_until, now + seconds)
            self._epoch += 1
            while self._places and self._places[-1] > now:
                self._places.pop()


class OpenGate(RateGate):
    """Lets everybody pass, also after a 429: on some hosts that is about one customer and not about us."""

    def __init__(self) -> None:
        super().__init__(None)

    def close(self, now: float, seconds: float) -> None:
        """Stay open."""


def admit(gate: RateGate, deadline: Deadline) -> Flow[None]:
    """Wait until a request may be sent."""
    while True:
        moment = yield from now()
        place = gate.reserve(moment.monotonic)
        if place.at <= moment.monotonic:
            return
        try:
            yield from pause(place.at - moment.monotonic, deadline, "the rate limit")
        except BaseException:  # cancelled, or no time: somebody else may have the place
            gate.release(place)
            raise
        if gate.honours(place):
            return
