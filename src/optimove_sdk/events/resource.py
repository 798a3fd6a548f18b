"""``client.events``: OptiEvents, sent one at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Unpack

import attrs

from ..core import answer
from ..core.call import Call
from ..core.endpoint import Face, Resource, endpoint
from ..errors import ConfigurationError, DecodeError, EventRejected
from ..http.base import Response
from ..wire import codec
from ..wire.names import fold
from .desk import Desk, Wire
from .event import Event
from .options import PublisherOptions, policy_of
from .outbox.base import Outbox
from .publisher import publishing

HOST: Final = "events"


@attrs.frozen
class EventReceipt:
    """OptiEvent took the event. ``message`` is its opaque id of it, if it gave one.

    That the event is configured and usable shows only in Optimove's Events Log.
    """

    message: str | None = None


@attrs.frozen
class ReceiptReader:
    """Reads OptiEvent's answer, in which ``{"status": "error"}`` is a refusal under any HTTP status."""

    def __call__(self, response: Response) -> EventReceipt:
        """Return the receipt, or raise the rejection."""
        stated = _stated(response)
        message = None if stated.get("message") is None else str(stated["message"])
        if str(stated.get("status")).lower() == "error":
            raise EventRejected(message or "no reason given", status=response.status)
        answer.parsed(response)  # raises for a status, a web page or half an answer
        return EventReceipt(message)


def _stated(response: Response) -> Mapping[str, object]:
    try:
        said = codec.parse_json(response.body)
    except DecodeError:
        return {}
    return {fold(key): value for key, value in said.items()} if isinstance(said, dict) else {}


class Events(Resource[Face]):
    """OptiEvent: what your customers do, reported into Optimove."""

    @endpoint
    def report(self, event: Event) -> Call[EventReceipt]:
        """ReportEvent: report one event, now.

        With an ``events_token`` the request is signed (v2). A doubled event may fire a trigger twice and
        OptiEvent has no deduplication, so it is sent again only if no byte of it left.

        Args:
            event: the event.

        Returns:
            The receipt. It does not mean that the event is configured in your instance.

        Raises:
            EventRejected: OptiEvent refused the event.
            ConfigurationError: the client has no ``tenant_id`` or ``events_url``.

        Evidence: documentation.

        Source: https://developer.optimove.com/docs/serverside
        """
        return _report(event.payload(self._tenant_id()))

    @publishing
    def publisher(self, outbox: Outbox | None = None, **options: Unpack[PublisherOptions]) -> Desk[Event]:
        """ReportEvent: deliver many events in the background, each customer's in order.

        Args:
            outbox: where events are kept until they are delivered, e.g. ``SQLiteOutbox(path)``. None keeps
                them in memory.
            options: see `PublisherOptions`.

        Returns:
            A publisher: ``put(event)``, ``flush(timeout)``, ``close()``, ``stats()``.

        Raises:
            ConfigurationError: the client has no ``tenant_id`` or ``events_url``, or an option
                makes no sense.

        Evidence: documentation.

        Source: https://developer.optimove.com/docs/serverside
        """
        tenant_id = self._tenant_id()
        self._face.session.host(HOST)
        wire: Wire[Event] = Wire(
            lane=lane_of, payload=lambda event: event.payload(tenant_id), call=lambda one: _report(one[0])
        )
        return Desk(self._face.session, wire, policy_of(outbox, **options))

    def _tenant_id(self) -> int:
        tenant_id = self._face.session.tenant_id
        if tenant_id is None:
            raise ConfigurationError("no tenant_id: pass tenant_id= or set OPTIMOVE_TENANT_ID")
        return tenant_id


def lane_of(event: Event) -> str:
    """Return whose event it is: events of one customer or visitor are delivered in order."""
    return f"c:{event.customer}" if event.customer is not None else f"v:{event.visitor}"


def _report(payload: Mapping[str, Any]) -> Call[EventReceipt]:
    return Call("POST", "", json=payload, read=ReceiptReader(), safe=False, host=HOST)
