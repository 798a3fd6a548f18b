"""The time a call may take in all: its retries, its waiting for the rate limit, its Login."""

from __future__ import annotations

from collections.abc import Generator

import attrs

from ...errors import DeadlineExceeded
from ..flow import Effect, Flow, Moment, Sleep, now


@attrs.frozen
class Deadline:
    """A point on the monotonic clock; ``at`` is None when there is none."""

    at: float | None

    @classmethod
    def after(cls, start: Moment, seconds: float | None) -> Deadline:
        """Return the deadline so many seconds after a moment."""
        return cls(None if seconds is None else start.monotonic + seconds)

    def left(self, moment: Moment) -> float | None:
        """Return the seconds that are left, or None when there is no deadline."""
        return None if self.at is None else self.at - moment.monotonic

    def allows(self, seconds: float, moment: Moment) -> bool:
        """Say whether waiting so long ends before the deadline."""
        return self.at is None or moment.monotonic + seconds < self.at

    def require(self, moment: Moment) -> float | None:
        """Return the seconds left, or None when there is no deadline; raise when none are."""
        left = self.left(moment)
        if left is not None and left <= 0:
            raise DeadlineExceeded("the deadline passed before the request could be sent")
        return left


def pause(seconds: float, deadline: Deadline, reason: str) -> Flow[None]:
    """Wait; raise at once if the deadline would pass meanwhile."""
    seconds = max(seconds, 0.0)
    moment = yield from now()
    if not deadline.allows(seconds, moment):
        raise DeadlineExceeded(f"the deadline leaves no time to wait {seconds:.1f} s for {reason}")
    if seconds > 0:
        yield Sleep(seconds)


def time_left(deadline: Deadline) -> Generator[Effect, Moment, float | None]:
    """Return the seconds left, or None when there is no deadline; raise when none are."""
    return deadline.require((yield from now()))
