"""Symplify over a real socket: the fake behind a server, the SDK's own transport in front of it."""

from __future__ import annotations

from typing import Any

import pytest

from optimove_sdk import Request
from optimove_sdk.connector.base import Campaign, DeliveryBatch, Recipient
from optimove_sdk.testing.vendors import FakeSymplify
from optimove_sdk.vendors.symplify import (
    SymplifyAPI,
    SymplifyDelivery,
    SymplifySend,
    SymplifyTemplates,
)
from support.servers import Conversation, Received, Server


async def test_triggers_are_published_and_campaigns_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    fake = FakeSymplify()
    fake.add_trigger(7, 31, "Hallå")
    sent: list[SymplifySend] = []

    def behave(_: Conversation, received: Received) -> Any:
        response = fake.respond(Request(received.method, received.target, received.headers))
        return response.status, response.body

    async def send(order: SymplifySend) -> None:
        sent.append(order)

    async def templates_of(_: Campaign) -> list[int]:
        return [7]

    with Server(behave) as server:
        async with SymplifyAPI(
            server.url, "12", token="symplify-token", token_header="X-Example-Token"
        ) as api:
            published = await SymplifyTemplates(api, {31: "Spring"}, lambda trigger: 504).templates()
            batch = DeliveryBatch("batch-1", Campaign("default", 38, 504), 7, (Recipient("C1"),))
            delivery = SymplifyDelivery(api, send, templates_of=templates_of)
            assert await delivery.deliver(batch) == batch.all_sent()
    assert [template.template_name for template in published[504]] == ["Spring / Hallå"]
    assert sent[0].trigger.name == "Hallå"
    assert [asked.path for asked in fake.asked] == ["/rest/12/triggers", "/rest/12/triggers/7"]
