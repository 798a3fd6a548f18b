"""Engagement metrics: what customers did with messages an external vendor sent, event by event.

This is what Optimove recommends over `metrics`. The names of the events and of their parameters are not
published: Optimove tells them to its partners.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Unpack

from ..core.call import Call
from ..core.endpoint import Face, Resource, endpoint
from ..errors import InvalidInput
from ..events.desk import Desk, Wire
from ..events.event import Event
from ..events.options import PublisherOptions, policy_of
from ..events.outbox.base import Outbox
from ..events.publisher import publishing
from ..events.resource import EventReceipt, ReceiptReader, lane_of
from ..wire import inputs

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
            InvalidInput: no event, or one older than 7 days; nothing was sent.
            EventRejected: Optimove refused.
            ConfigurationError: the client has no ``metrics_url`` or ``events_token``.

        Evidence: documentation.

        Source: https://developer.optimove.com/docs/external-vendors-campaign-engagement-metrics
        """
        every = list(events)
        if not every:
            raise InvalidInput("events is empty: there is nothing to report")
        for index, event in enumerate(every):
            _check_age(event, f"events[{index}]")
        return _save([_payload(event) for event in every])

    @publishing
    def publisher(
        self, outbox: Outbox | None = None, *, per_request: int = 100, **options: Unpack[PublisherOptions]
    ) -> Desk[Event]:
        """SaveEvent: deliver many events in the background, many in a request, each customer's in order.

        Args:
            outbox: where events are kept until they are delivered, e.g. ``SQLiteOutbox(path)``. None keeps
                them in memory.
            per_request: events in one request at most. A refusal refuses all of them.
            options: see `PublisherOptions`.

        Returns:
            A publisher: ``put(event)``, ``flush(timeout)``, ``close()``, ``stats()``.

        Raises:
            ConfigurationError: the client has no ``metrics_url`` or ``events_token``.
            InvalidInput, by ``put()``: the event is older than 7 days.

        Evidence: documentation.

        Source: https://developer.optimove.com/docs/external-vendors-campaign-engagement-metrics
        """
        inputs.whole("per_request", per_request, least=1)
        self._face.session.host(HOST)
        wire: Wire[Event] = Wire(
            lane=lane_of, payload=_payload, call=_save, per_request=per_request, check=_check_age
        )
        return Desk(self._face.session, wire, policy_of(outbox, **options))


def _check_age(event: Event, name: str = "the event") -> None:
    if event.timestamp < datetime.now(UTC) - MAX_AGE:
        raise InvalidInput(f"{name} is older than 7 days, which Optimove does not take")


def _payload(event: Event) -> dict[str, Any]:
    return {**event.content(), "category": "metric"}


def _save(payloads: Sequence[Mapping[str, Any]]) -> Call[EventReceipt]:
    return Call("POST", "", json=payloads, read=ReceiptReader(), safe=False, host=HOST)
