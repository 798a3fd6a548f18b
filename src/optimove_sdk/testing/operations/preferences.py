"""The Preference Center, whose door is the tenant's number instead of a key.

What it takes and answers is known from clients. That another tenant is refused with 400, and so is a topic it
does not have, is the fake's choice: 400 is said to mean that the Preference Center is not set up.

Source: https://github.com/optimove-tech/Optimove-SDK-Android
"""

from __future__ import annotations

from typing import Any, Final

import attrs

from ...wire.fields import Model, spelled
from ..answers import bad_request
from ..doors import Door
from ..routing import Asked, checked_list, operation, read
from ..world import World

_PATH: Final = "api/v1/preferences"


@attrs.frozen
class _Subscription(Model):
    topic_id: str = attrs.field(metadata=spelled("topicId"))
    channel_subscription: list[int] = attrs.field(metadata=spelled("channelSubscription"))


@operation("GET", _PATH, name="GetPreferences", door=Door.OPEN)
def preferences(world: World, asked: Asked) -> dict[str, Any]:
    """Return all topics, and by which channels the customer hears of each."""
    customer, brand_group = _who(world, asked)
    center = world.preference_center
    topics = [
        {
            "topicId": topic.topic_id,
            "topicName": topic.name,
            "topicDescription": topic.description,
            "channelSubscription": center.subscribed(customer, brand_group, topic.topic_id),
        }
        for topic in center.topics.values()
    ]
    return {"topics": topics, "channels": center.channels}


@operation("PUT", _PATH, name="SetPreferences", door=Door.OPEN)
def set_preferences(world: World, asked: Asked) -> None:
    """Subscribe the customer to topics; those that are not named stay as they are."""
    customer, brand_group = _who(world, asked)
    center = world.preference_center
    subscriptions = read(checked_list(asked.json, "the body"), list[_Subscription])
    unknown = [one.topic_id for one in subscriptions if one.topic_id not in center.topics]
    if unknown:
        raise bad_request(f"there is no topic {unknown[0]}")
    for one in subscriptions:
        center.subscribe(customer, brand_group, one.topic_id, one.channel_subscription)


def _who(world: World, asked: Asked) -> tuple[str, str]:
    """Return the customer and the brand group, if the tenant is the right one."""
    if asked.headers.get("x-tenant-id") != str(world.tenant_id):
        raise bad_request("X-Tenant-Id is missing or invalid")
    return asked.text("customerId"), asked.text("brandGroupId")
