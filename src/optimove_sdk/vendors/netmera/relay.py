"""Passes Optimove's notifications on to Netmera's own Optimove connector.

Netmera wants a header that Optimove does not send, so something must stand in between.

Source: https://user.netmera.com/netmera-developer-guide/integrated-modules/optimove
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final, TypeAlias
from urllib.parse import quote

from optimove_sdk import (
    CampaignCanceled,
    ChannelExecuted,
    ConfigurationError,
    Notification,
    RealtimeTriggered,
    UnknownNotification,
)

from .api import CHANNEL_IDS, NetmeraAPI

REALTIME_FIELDS: Final[Mapping[str, str]] = {
    "customer_id": "customerId",
    "template_id": "templateId",
    "promo_codes": "promoCode",
    "notes": "notes",
}
"""What a realtime notification says of the customer, and the names it is relayed under."""

_Relayed: TypeAlias = CampaignCanceled | ChannelExecuted | RealtimeTriggered


class NetmeraRelay:
    """A handler for a listener: it forwards types 4, 11 and 13 to Netmera.

    What was sent and not answered is not sent again, because Netmera does not say what it does with a
    repeated event: so do not register it with ``retry=True``.

    Netmera documents the type, the time, the campaign and the channel. What else it reads of type 11 is not
    published: ``realtime_fields`` are names in the style of the others, to be agreed with Netmera.

    Args:
        api: Netmera, with the REST API key.
        app_key: the application's key, the last part of Netmera's URL. It is seen in addresses.
        channel_ids: Optimove's ids of the channels that are Netmera's; other channels are left alone.
        realtime_fields: further fields of a `RealtimeTriggered` and the names they are sent under.

    Raises:
        ConfigurationError: the key is empty, or there is no channel.
    """

    def __init__(
        self,
        api: NetmeraAPI,
        app_key: str,
        *,
        channel_ids: Collection[int] = CHANNEL_IDS,
        realtime_fields: Mapping[str, str] = REALTIME_FIELDS,
    ) -> None:
        if not app_key or not channel_ids:
            raise ConfigurationError("a relay to Netmera needs an app_key and channel ids")
        self.channel_ids: tuple[int, ...] = tuple(channel_ids)
        self._api = api
        self._path = f"/rest/optimove/event/{quote(app_key, safe='')}"
        self._realtime_fields = realtime_fields

    async def __call__(self, notification: Notification | UnknownNotification) -> bool:
        """Forward a notification, and say whether it was one for Netmera.

        A cancellation without a channel is forwarded for each of Netmera's.

        Raises:
            NetmeraError: Netmera refused.
            TransportError: no whole answer came; ``outcome`` says whether the event may have been sent.
        """
        if not isinstance(notification, CampaignCanceled | ChannelExecuted | RealtimeTriggered):
            return False
        channels = self._channels_of(notification)
        for channel in channels:
            await self._api.ask("POST", self._path, body=self._event(notification, channel))
        return bool(channels)

    def _channels_of(self, notification: _Relayed) -> tuple[int, ...]:
        channel = notification.channel_id
        if channel is None and isinstance(notification, CampaignCanceled):
            return self.channel_ids
        return tuple(known for known in self.channel_ids if known == channel)

    def _event(self, notification: _Relayed, channel: int) -> dict[str, Any]:
        stamp = notification.time_stamp
        event = {
            "eventTypeId": notification.event_type_id,
            "timeStamp": stamp and f"{stamp:%Y-%m-%d %H:%M:%S}",
            "campaignId": notification.campaign_id,
            "channelId": channel,
        }
        if isinstance(notification, RealtimeTriggered):
            event |= {name: _plain(getattr(notification, of)) for of, name in self._realtime_fields.items()}
        return {name: value for name, value in event.items() if value is not None}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
