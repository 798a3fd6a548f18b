"""Engagement metrics: what customers did with messages an external vendor sent, event by event.

This is what Optimove recommends over `metrics`. The names of the events and of their parameters are not
published: Optimove tells them to its partners.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from ..core.call import Call
from ..core.endpoint import Face, Resource, endpoint
from ..errors import InvalidInput
from ..events.event import Event
from ..events.resource import EventReceipt, ReceiptReader

HOST: Final = "metrics"
MAX_AGE: Final = timedelta(days=7)


class EngagementMetrics(Resource[Face]):
    """Engagement metrics, on a host of their own: ``metrics_url=``."""

    @endpoint
    def report(self, events: Iterable[Event]) -> Call[EventReceipt]:
        """SaveEvent: report any number of events in one signed request.

        A repeated event may count twice, so it is sent again only if no byte of it left. How many events a
        request may carry is not published.

        Args:
            events: the events, each at most 7 days old.

        Returns:
            The receipt.

        Raises:
            InvalidInput: no event, or one older than 7 days; nothing was sent. EventRejected: Optimove
            refused. ConfigurationError: the client has no ``metrics_url`` or ``events_token``.

        Evidence: documentation.

        Source: https://developer.optimove.com/docs/external-vendors-campaign-engagement-metrics
        """
        oldest = datetime.now(UTC) - MAX_AGE
        body = [_body(index, event, oldest) for index, event in enumerate(events)]
        if not body:
            raise InvalidInput("events is empty: there is nothing to report")
        return Call("POST", "", json=body, read=ReceiptReader(), safe=False, host=HOST)


def _body(index: int, event: Event, oldest: datetime) -> dict[str, Any]:
    if event.timestamp < oldest:
        raise InvalidInput(f"events[{index}] is older than 7 days, which Optimove does not take")
    return {**event.content(), "category": "metric"}
