"""``client.events``: OptiEvents, sent one at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import attrs

from ..core import answer
from ..core.call import Call
from ..core.endpoint import Face, Resource, endpoint
from ..errors import ConfigurationError, DecodeError, EventRejected
from ..http.base import Response
from ..wire import codec
from ..wire.names import fold
from .event import Event

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
            EventRejected: OptiEvent refused the event. ConfigurationError: the client has no ``tenant_id``
            or ``events_url``.

        Evidence: documentation.

        Source: https://developer.optimove.com/docs/serverside
        """
        tenant_id = self._face.session.tenant_id
        if tenant_id is None:
            raise ConfigurationError(
                "this client has no tenant_id: pass tenant_id= or set OPTIMOVE_TENANT_ID"
            )
        return Call("POST", "", json=event.payload(tenant_id), read=ReceiptReader(), safe=False, host=HOST)
