"""Logging in, listeners, and the date of the data."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import unquote

from ..answers import bad_request
from ..doors import Door
from ..routing import Asked, operation
from ..world import Listener, World

_CLEARANCE = 5


@operation("POST", "general/Login", door=Door.OPEN)
def login(world: World, asked: Asked) -> str:
    """Return a token, as a JSON string."""
    given = asked.fields()
    return world.logins.log_in(given.get("username"), given.get("password"), world.clock.moment().monotonic)


@operation("GET", "general/GetLastDataUpdate")
def last_data_update(world: World, _: Asked) -> dict[str, str]:
    """Return yesterday."""
    return {"Date": f"{world.now() - timedelta(days=1):%Y-%m-%d}"}


@operation("POST", "general/RegisterEventListener")
def register(world: World, asked: Asked) -> None:
    """Keep one URL for a type and channel; a new one replaces it."""
    given = asked.fields()
    kind, url, channel = (given.get(name) for name in ("eventtypeid", "listenerurl", "channelid"))
    if not isinstance(kind, int) or not isinstance(url, str) or not url:
        raise bad_request("EventTypeID and ListenerURL are mandatory")
    if not isinstance(channel, int | None) or (channel is not None and kind == _CLEARANCE):
        raise bad_request("ChannelID cannot be used for this EventTypeID")
    plain = url if "://" in url else unquote(url)  # old documentation has it percent-encoded
    others = [one for one in world.listeners if (one.event_type_id, one.channel_id) != (kind, channel)]
    world.listeners = [*others, Listener(kind, plain, channel)]


@operation("POST", "general/UnregisterEventListener")
def unregister(world: World, asked: Asked) -> None:
    """Forget all listeners of a type."""
    kind = asked.fields().get("eventtypeid")
    if not isinstance(kind, int):
        raise bad_request("EventTypeID is mandatory")
    world.listeners = [one for one in world.listeners if one.event_type_id != kind]


@operation("GET", "general/GetRegisteredEventListeners")
def registered(world: World, _: Asked) -> list[dict[str, Any]]:
    """Return the listeners; Optimove does not publish how, so this spells what was registered."""
    return [
        {"EventTypeID": one.event_type_id, "ListenerURL": one.url, "ChannelID": one.channel_id}
        for one in world.listeners
    ]


@operation("PUT", "triggered_conditional_execution_gateway", name="SetTriggeredConditionalExecutionGateway")
def set_approval_gateway(world: World, asked: Asked) -> None:
    """Keep the one gateway; its schema is not published, so any object will do."""
    if not asked.fields():
        raise bad_request("a gateway is expected")
    world.approval_gateway = dict(asked.json)
