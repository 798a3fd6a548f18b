"""What customers want to get: the mode of a channel, and the topics of the Preference Center."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import attrs

from ..core.batch import Batch, batch_of
from ..core.call import Call
from ..core.endpoint import Face, Resource, batched, endpoint
from ..wire import inputs
from ..wire.fields import Model, spelled

HOST: Final = "preferences"
MAX_PER_CALL = 50_000
_PATH: Final = "/api/v1/preferences"


@attrs.frozen
class TopicPreference(Model):
    """A topic, and the channels by which the customer wants to hear of it."""

    topic_id: str = attrs.field(metadata=spelled("topicId"))
    topic_name: str | None = attrs.field(default=None, metadata=spelled("topicName"))
    topic_description: str | None = attrs.field(default=None, metadata=spelled("topicDescription"))
    channel_subscription: tuple[int, ...] = attrs.field(default=(), metadata=spelled("channelSubscription"))


@attrs.frozen
class CustomerPreferences(Model):
    """All topics of a customer, and the channels that are configured."""

    topics: tuple[TopicPreference, ...] = attrs.field(default=(), metadata=spelled("topics"))
    channels: tuple[int, ...] = attrs.field(default=(), metadata=spelled("channels"))


class Preferences(Resource[Face]):
    """What customers want to get. The Preference Center has a host of its own: ``preferences_url=``."""

    @batched
    def set_channel(
        self,
        channel_id: int,
        customer_ids: Iterable[str],
        communication_mode: int,
        *,
        app_id: str | None = None,
        stop_on_error: bool = False,
    ) -> Batch[str]:
        """SetCustomerChannelPreference: set how customers may be reached on a channel.

        What the modes mean is not published.

        Args:
            channel_id: the channel.
            customer_ids: any number; 50,000 are sent in one call.
            communication_mode: Optimove's number of the mode.
            app_id: for push channels.
            stop_on_error: do not send the rest after a call that failed.

        Returns:
            A `BatchResult`, one outcome for each customer.

        Raises:
            InvalidInput: an id is empty; nothing was sent.

        Evidence: documentation.

        Source: https://developer.optimove.com/reference/post_integrations-setcustomerchannelpreference
        """
        common: dict[str, Any] = inputs.ids(channel_id=channel_id, communication_mode=communication_mode)
        if app_id is not None:
            common["AppID"] = app_id
        return batch_of(
            inputs.texts("customer_ids", customer_ids),
            MAX_PER_CALL,
            lambda part: Call(
                "POST",
                "integrations/SetCustomerChannelPreference",
                json={**common, "CustomerIDs": part},
                safe=True,
            ),
            stop_on_error=stop_on_error,
        )

    @endpoint
    def get(self, customer_id: str, brand_group_id: str) -> Call[CustomerPreferences]:
        """GetPreferences: the Preference Center's topics of a customer.

        Args:
            customer_id: the customer.
            brand_group_id: the brand group's UUID.

        Returns:
            The preferences.

        Raises:
            ConfigurationError: the client has no ``preferences_url``.
            APIError: Optimove refused; 400 means that the Preference Center is not set up.

        Evidence: client code, Optimove's own Android SDK among it.

        Source: https://github.com/optimove-tech/Optimove-SDK-Android
        """
        params = _who(customer_id, brand_group_id)
        return Call("GET", _PATH, params=params, into=CustomerPreferences, host=HOST)

    @endpoint
    def set(
        self, customer_id: str, brand_group_id: str, subscriptions: Mapping[str, Iterable[int]]
    ) -> Call[None]:
        """SetPreferences: subscribe a customer to topics.

        Topics that are not named presumably stay as they are.

        Args:
            customer_id: the customer.
            brand_group_id: the brand group's UUID.
            subscriptions: for each topic's id, the channels to subscribe to; none unsubscribes.

        Raises:
            ConfigurationError: the client has no ``preferences_url``.
            APIError: Optimove refused.

        Evidence: client code, Optimove's own Android SDK among it.

        Source: https://github.com/optimove-tech/Optimove-SDK-Android
        """
        body = [
            {"topicId": inputs.text("subscriptions", topic), "channelSubscription": list(channels)}
            for topic, channels in subscriptions.items()
        ]
        params = _who(customer_id, brand_group_id)
        return Call("PUT", _PATH, params=params, json=body, safe=True, host=HOST)


def _who(customer_id: str, brand_group_id: str) -> dict[str, inputs.Param]:
    return {
        "customerId": inputs.text("customer_id", customer_id),
        "brandGroupId": inputs.text("brand_group_id", brand_group_id),
    }
