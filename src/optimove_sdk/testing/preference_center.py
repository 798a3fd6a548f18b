"""The Preference Center: topics, and who wants to hear of which by which channel."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import attrs


@attrs.frozen
class Topic:
    """Something customers can hear of."""

    topic_id: str
    name: str
    description: str = ""


_SAMPLES: Final = (
    Topic("f6c1533c-6cca-487e-abe1-9c64c05dd87f", "Education", "webinars, learn section content"),
    Topic("c96c37a3-c1c4-47cb-9a79-b99d509a39d3", "Product Updates", "platforms, tools, partner products"),
)
# Of the mail, push, web push and SMS channels: https://github.com/optimove-tech/Optimove-SDK-Android
_CHANNELS: Final = (15, 489, 490, 493)


class PreferenceCenter:
    """The topics by id, and the channels that are configured. Nobody is subscribed to anything at first.

    All brand groups have the same topics, and each subscriptions of its own: the fake's choice.
    """

    def __init__(self) -> None:
        self.topics: dict[str, Topic] = {topic.topic_id: topic for topic in _SAMPLES}
        self.channels: list[int] = list(_CHANNELS)
        self._subscribed: dict[tuple[str, str, str], list[int]] = {}

    def add_topic(self, topic_id: str, name: str, description: str = "") -> None:
        """Add a topic; one whose id exists is replaced."""
        self.topics[topic_id] = Topic(topic_id, name, description)

    def subscribe(self, customer: str, brand_group: str, topic_id: str, channels: Iterable[int]) -> None:
        """Subscribe a customer to a topic by these channels and no others."""
        self._subscribed[customer, brand_group, topic_id] = list(channels)

    def subscribed(self, customer: str, brand_group: str, topic_id: str) -> list[int]:
        """Return by which channels a customer hears of a topic."""
        return self._subscribed.get((customer, brand_group, topic_id), [])
