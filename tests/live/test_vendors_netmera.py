"""Netmera over a real socket: the fake behind a server, the SDK's own transport in front of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from optimove_sdk import ChannelExecuted, ConnectionFailed, Request, RetryPolicy, Timeouts
from optimove_sdk.connector.base import Campaign, DeliveryBatch, Recipient
from optimove_sdk.http.httpx import AsyncHttpxTransport
from optimove_sdk.testing.vendors import FakeNetmera
from optimove_sdk.vendors.netmera import NetmeraAPI, NetmeraDelivery, NetmeraRelay, NetmeraTemplate
from support.servers import Conversation, Received, Server, refused_port

CAMPAIGN = Campaign("default", 38, 459)


@pytest.fixture
def netmera() -> FakeNetmera:
    return FakeNetmera()


@pytest.fixture
def server(netmera: FakeNetmera) -> Iterator[Server]:
    def behave(talk: Conversation, received: Received) -> Any:
        request = Request(received.method, received.target, received.headers, received.body or None)
        response = netmera.respond(request)
        if b'"silent"' in received.body:
            talk.close()
            return None
        return response.status, response.body

    with Server(behave) as server:
        yield server


async def test_messages_and_events_arrive(
    netmera: FakeNetmera, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    key = netmera.define("Hello!")
    async with NetmeraAPI("netmera-key", base_url=server.url) as api:
        delivery = NetmeraDelivery(api, [NetmeraTemplate(7, "Welcome", key)], concurrency=4)
        customers = ("C1", "silent", "C2", "Ç3")
        batch = DeliveryBatch("batch-1", CAMPAIGN, 7, tuple(map(Recipient, customers)))
        outcomes = await delivery.deliver(batch)
        again = await delivery.deliver(batch)
        assert await NetmeraRelay(api, "netmera-app")(ChannelExecuted(38, 459))
    assert [one.ok for one in outcomes] == [True, False, True, True]
    assert str(outcomes[1].error).startswith("unknown: ")
    assert again == outcomes
    assert sorted(one.external_id for one in netmera.shown) == sorted(customers)
    assert netmera.events == [{"eventTypeId": 13, "campaignId": 38, "channelId": 459}]


async def test_a_netmera_that_cannot_be_reached_can_be_tried_again() -> None:
    url = f"http://127.0.0.1:{refused_port()}"
    transport = AsyncHttpxTransport(proxy="")
    quick = RetryPolicy(attempts=2, base=0.001)
    api = NetmeraAPI("key", base_url=url, transport=transport, timeouts=Timeouts.each(5), retry=quick)
    with pytest.raises(ConnectionFailed):
        await NetmeraDelivery(api, [NetmeraTemplate(7, "Welcome", 1000)]).deliver(
            DeliveryBatch("batch-1", CAMPAIGN, 7, (Recipient("C1"),))
        )
    await transport.aclose()
