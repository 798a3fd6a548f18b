"""The relay: Optimove's notifications in the shape that Netmera documents."""

from __future__ import annotations

import pytest

from optimove_sdk import (
    CampaignCanceled,
    ChannelExecuted,
    ConfigurationError,
    DailyProcessCompleted,
    RealtimeTriggered,
    ResponseLost,
    UnknownNotification,
    parse_notification,
)
from optimove_sdk.testing.vendors import FakeNetmera, lost
from optimove_sdk.vendors.netmera import MissingParameter, NetmeraAPI, NetmeraRelay


@pytest.fixture
def relay(netmera_api: NetmeraAPI) -> NetmeraRelay:
    return NetmeraRelay(netmera_api, "netmera-app")


async def test_a_bulk_notification_is_relayed_as_netmera_documents_it(
    netmera: FakeNetmera, relay: NetmeraRelay
) -> None:
    body = b'{"EventTypeID":13,"TimeStamp":"2022-09-19 05:04:54","CampaignID":38,"ChannelID":459}'
    notification = parse_notification(body)
    assert await relay(notification)
    (asked,) = netmera.asked
    assert (asked.method, asked.path) == ("POST", "/rest/optimove/event/netmera-app")
    assert asked.headers["x-netmera-api-key"] == "netmera-key"
    assert asked.json == {
        "eventTypeId": 13,
        "timeStamp": "2022-09-19 05:04:54",
        "campaignId": 38,
        "channelId": 459,
    }


async def test_a_realtime_notification_takes_its_customer_along(
    netmera: FakeNetmera, netmera_api: NetmeraAPI
) -> None:
    notification = RealtimeTriggered("C1", "a9F", 481, 7, ("A", "B"))
    await NetmeraRelay(netmera_api, "netmera-app")(notification)
    await NetmeraRelay(netmera_api, "netmera-app", realtime_fields={"customer_id": "clientId"})(notification)
    common = {"eventTypeId": 11, "campaignId": "a9F", "channelId": 481}
    assert netmera.events == [
        {**common, "customerId": "C1", "templateId": 7, "promoCode": ["A", "B"]},
        {**common, "clientId": "C1"},
    ]


async def test_a_cancellation_without_a_channel_is_relayed_for_each(
    netmera: FakeNetmera, relay: NetmeraRelay
) -> None:
    assert await relay(CampaignCanceled(38))
    assert await relay(CampaignCanceled(39, 481))
    assert netmera.events == [
        {"eventTypeId": 4, "campaignId": 38, "channelId": 459},
        {"eventTypeId": 4, "campaignId": 38, "channelId": 481},
        {"eventTypeId": 4, "campaignId": 39, "channelId": 481},
    ]


@pytest.mark.parametrize(
    "notification",
    [
        ChannelExecuted(38, 504),
        CampaignCanceled(38, 504),
        RealtimeTriggered("C1", 38),
        DailyProcessCompleted(),
        UnknownNotification(99, {}),
    ],
)
async def test_what_is_not_netmeras_is_left_alone(
    netmera: FakeNetmera, relay: NetmeraRelay, notification: ChannelExecuted
) -> None:
    assert not await relay(notification)
    assert netmera.asked == []


async def test_what_was_not_answered_is_not_relayed_again(netmera: FakeNetmera, relay: NetmeraRelay) -> None:
    netmera.happens(lost())
    with pytest.raises(ResponseLost):
        await relay(ChannelExecuted(38, 459))
    assert len(netmera.events) == 1


async def test_netmeras_refusal_is_raised(netmera: FakeNetmera, relay: NetmeraRelay) -> None:
    with pytest.raises(MissingParameter):
        await relay(RealtimeTriggered("C1", None, 459))


@pytest.mark.parametrize(("app", "channels"), [("", (459,)), ("app", ())])
def test_a_relay_without_an_application_or_a_channel_makes_no_sense(
    netmera_api: NetmeraAPI, app: str, channels: tuple[int, ...]
) -> None:
    with pytest.raises(ConfigurationError):
        NetmeraRelay(netmera_api, app, channel_ids=channels)
