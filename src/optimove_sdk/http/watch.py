"""One exchange, watched: how far it got, when it must end, and so what a failure means."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping

from ..errors import ConnectionFailed, DeadlineExceeded, Outcome, ResponseLost, TransportError
from .base import Request

_STEPS = ("connect", "read", "write", "pool")
_LEAST = 0.001  # some libraries take a timeout of zero for none at all


class Watch(Mapping[str, float]):
    """The timeouts of an exchange, by step.

    They are looked up when a step begins and not before, so that no step outlasts the deadline however long
    the steps before it took.
    """

    def __init__(self, request: Request) -> None:
        self._timeouts = request.timeouts
        self._started = time.monotonic()
        self._outcome = Outcome.SENT
        self._handed_on = self._started

    def __getitem__(self, step: str) -> float:
        if step not in _STEPS:
            raise KeyError(step)
        seconds: float = getattr(self._timeouts, step)
        left = self.left()
        return seconds if left is None else max(min(seconds, left), _LEAST)

    def __iter__(self) -> Iterator[str]:
        return iter(_STEPS)

    def __len__(self) -> int:
        return len(_STEPS)

    def left(self) -> float | None:
        """Return the seconds until the deadline, or None when there is none."""
        deadline = self._timeouts.deadline
        return None if deadline is None else self._started + deadline - time.monotonic()

    def began(self) -> None:
        """Note that the answer has begun."""
        self._outcome = Outcome.PARTIAL
        self._handed_on = time.monotonic()

    def piece(self, piece: bytes) -> bytes:
        """Pass a piece of the answer on, unless time is up."""
        if self._late():
            raise self.too_late("while the answer was arriving")
        self._handed_on = time.monotonic()
        return piece

    def go_on(self) -> None:
        """Wait for the next piece: what was done with the answer meanwhile took none of our time."""
        self._started += time.monotonic() - self._handed_on

    def no_slot(self, limit: int) -> TransportError:
        """Return what it means that no connection became free."""
        if self._late():
            return DeadlineExceeded("the deadline passed while all connections were busy")
        return ConnectionFailed(
            f"all {limit} connections were busy for {self._timeouts.pool:.1f} s:"
            " raise max_connections, or the pool timeout"
        )

    def failure(self, reason: str, *, unsent: bool) -> TransportError:
        """Return what it means that the exchange broke off."""
        outcome = Outcome.UNSENT if unsent else self._outcome
        if self._late():
            return DeadlineExceeded(f"the deadline passed ({reason})", outcome=outcome)
        return ConnectionFailed(reason) if unsent else ResponseLost(reason, outcome=outcome)

    def too_late(self, when: str) -> DeadlineExceeded:
        """Return the error for an exchange that was stopped because time was up."""
        return DeadlineExceeded(f"the deadline passed {when}", outcome=self._outcome)

    def _late(self) -> bool:
        left = self.left()
        return left is not None and left <= 0
