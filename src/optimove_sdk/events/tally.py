"""What a publisher has done so far, in numbers."""

from __future__ import annotations

import attrs

from .reports import FlushReport, PublisherStats


@attrs.define
class Tally:
    """Counts since the beginning, and up to where they were reported."""

    sent: int = 0
    rejected: int = 0
    retried: int = 0
    dropped: int = 0
    _reported: tuple[int, int] = (0, 0)

    def report(self, pending: int) -> FlushReport:
        """Return what was done since the last report."""
        (sent, rejected), self._reported = self._reported, (self.sent, self.rejected)
        return FlushReport(self.sent - sent, self.rejected - rejected, pending)

    def stats(self, queued: int, in_flight: int, oldest_age: float) -> PublisherStats:
        """Return all numbers."""
        return PublisherStats(
            queued, in_flight, self.sent, self.rejected, self.retried, self.dropped, oldest_age
        )
