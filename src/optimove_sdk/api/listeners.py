"""Event listeners: the URLs that Optimove notifies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.call import Call, ListOf
from ..core.endpoint import Face, Resource, endpoint
from ..errors import InvalidInput
from ..wire import inputs
from ..wire.fields import OpenIntEnum


class EventType(OpenIntEnum):
    """What a notification is about. A number Optimove adds later is kept as it is."""

    CAMPAIGN_PROCESSED = 1
    """A campaign is ready on at least one channel."""
    CAMPAIGNS_PROCESSED = 2
    """All of today's campaigns are processed, even if some failed."""
    DAILY_PROCESS_COMPLETED = 3
    """Today's whole daily process is done."""
    CAMPAIGN_CANCELED = 4
    """A processed campaign was cancelled; its customers can be read for two hours."""
    CLEARANCE_REQUIRED = 5
    """A campaign with conditional execution waits until ``clearance_required_by``."""
    REALTIME_TRIGGERED = 11
    """A customer met the trigger of a realtime campaign."""
    CHANNEL_EXECUTED = 13
    """All templates of one channel of a campaign are ready."""
    ENGAGEMENT_READY = 14
    """The customer files of the Engagement SDK are ready; registered in Optimove's UI."""


class Listeners(Resource[Face]):
    """Event listeners: the URLs that Optimove notifies."""

    @endpoint
    def register(
        self, event_type_id: EventType | int, listener_url: str, *, channel_id: int | None = None
    ) -> Call[None]:
        """RegisterEventListener: have Optimove POST notifications of one type to a URL.

        Args:
            event_type_id: what to be notified of.
            listener_url: an absolute http(s) URL; a query string is allowed.
            channel_id: only for this channel (types 11 and 13). Not allowed for type 5.

        Raises:
            InvalidInput: the URL is not http(s), or type 5 was given a channel; nothing was
                sent.
            APIError: Optimove refused.

        Evidence: documentation.

        Source: https://developer.optimove.com/reference/post_general-registereventlistener
        """
        inputs.whole("event_type_id", event_type_id, least=1)
        if event_type_id == EventType.CLEARANCE_REQUIRED and channel_id is not None:
            raise InvalidInput("event type 5 cannot be registered for a channel: leave channel_id out")
        body: dict[str, Any] = {
            "EventTypeID": int(event_type_id),
            "ListenerURL": inputs.web_url("listener_url", listener_url),
        }
        if channel_id is not None:
            body["ChannelID"] = inputs.whole("channel_id", channel_id)
        return Call("POST", "general/RegisterEventListener", json=body, safe=True)

    @endpoint
    def unregister(self, event_type_id: EventType | int) -> Call[None]:
        """UnregisterEventListener: stop notifications of one type.

        Whether one channel or one URL can be named is not published; this stops the type.

        Args:
            event_type_id: what not to be notified of any more.

        Raises:
            APIError: Optimove refused.

        Evidence: old documentation, through a client's test data.

        Source: https://developer.optimove.com/reference/post_general-unregistereventlistener
        """
        body = {"EventTypeID": int(inputs.whole("event_type_id", event_type_id, least=1))}
        return Call("POST", "general/UnregisterEventListener", json=body, safe=True)

    @endpoint
    def list(self) -> Call[ListOf[Mapping[str, Any]]]:
        """GetRegisteredEventListeners: all listeners that are registered now.

        The schema of the rows is not published: each is a mapping with its keys in snake_case.
        Not available in Optimove's sandbox.

        Raises:
            APIError: Optimove refused.

        Evidence: only its name is public.

        Source: https://docs.optimove.com/api-usage-guide
        """
        return Call("GET", "general/GetRegisteredEventListeners", into=list[Mapping[str, Any]])

    @endpoint
    def set_approval_gateway(self, body: Mapping[str, Any]) -> Call[None]:
        """SetTriggeredConditionalExecutionGateway: have Optimove ask you before it sends realtime campaigns.

        There is one gateway; a new one replaces the old. The schema of the request is not published: pass the
        body that Optimove tells you.

        Args:
            body: the request's body, sent as it is.

        Raises:
            InvalidInput: the body is empty.
            APIError: Optimove refused.

        Evidence: documentation.

        Source: https://developer.optimove.com/reference/put_triggered-conditional-execution-gateway
        """
        if not body:
            raise InvalidInput("body must be what Optimove told you to send; it is empty")
        return Call("PUT", "/triggered_conditional_execution_gateway", json=dict(body), safe=True)
