"""Every operation of the SDK against the fake, through both clients, in a world that has what it asks for."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from optimove_sdk import ChannelTemplate, Event
from optimove_sdk.core.batch import BatchResult
from optimove_sdk.events.publisher import publishing
from optimove_sdk.resources import Resources
from optimove_sdk.testing import FakeOptimove
from support.more_operations import MORE_OPERATIONS
from support.operations import OPERATIONS
from support.recording import client_for

EVENT = Event(event="signup", customer="C1", timestamp=datetime.now(UTC))
WAYS = {name: operation.do for name, operation in {**OPERATIONS, **MORE_OPERATIONS}.items()}
WAYS |= {
    "events.report": lambda c: c.events.report(EVENT),
    "engagement_metrics.report": lambda c: c.engagement_metrics.report([EVENT]),
    "customers.last_action": lambda c: c.customers.last_action("C0000001"),  # the fake's own ids
}
# The campaigns that the operations ask for, and the channel of each that must have one.
CAMPAIGNS = {
    **dict.fromkeys((5, 21, 42, 123, 242, 324, 721, 1359, 6574), 504),
    9214: 35,
    65874: 5,
}


def all_operations() -> list[str]:
    client, _ = client_for()
    areas = [name for name, value in vars(Resources).items() if hasattr(value, "func")]
    return [
        f"{area}.{name}"
        for area in areas
        for cls in type(getattr(client, area)).__mro__
        for name, value in vars(cls).items()
        if not name.startswith("_") and hasattr(value, "_fn") and not isinstance(value, publishing)
    ]


@pytest.fixture
def fake() -> FakeOptimove:
    fake = FakeOptimove()
    for number, channel in CAMPAIGNS.items():
        fake.add_campaign(campaign_id=number, channels=[channel])
    fake.add_channel(3, "Lobby Banner")
    fake.add_attribute("VIP_Level", "VARCHAR(10)")
    fake.catalogue.actions.update({25: "Free Shipping", 104: "10% summer bonus"})
    fake.catalogue.target_groups.update({26: "UK VIPs", 42: "Ireland VIPs"})
    fake.mail.add_template(7, "Hi")
    fake.unsubscribed[4] = {"a@x.example": "2020-03-16 08:00:00"}
    fake.preference_center.add_topic("t1", "One")
    fake.preference_center.add_topic("t2", "Two")
    with fake.client() as client:
        client.templates.add(3, [ChannelTemplate(1, "Welcome Back English")]).raise_for_failed()
    return fake


def blocking(fake: FakeOptimove, do: Any) -> Any:
    with fake.client() as client:
        result = do(client)
        return result.to_list() if hasattr(result, "to_list") else result


def on_a_loop(fake: FakeOptimove, do: Any) -> Any:
    async def main() -> Any:
        async with fake.async_client() as client:
            result = do(client)
            return await (result.to_list() if hasattr(result, "to_list") else result)

    return asyncio.run(main())


def test_there_is_a_way_to_use_every_operation() -> None:
    assert {name.partition(" ")[0] for name in WAYS} == set(all_operations())


@pytest.mark.parametrize("face", [blocking, on_a_loop], ids=["blocking", "asyncio"])
@pytest.mark.parametrize("name", WAYS)
def test_every_operation_is_answered(fake, name, face) -> None:
    before = fake.count()
    result = face(fake, WAYS[name])
    if isinstance(result, BatchResult) and name != "customers.remove_pii":
        result.raise_for_failed()
    assert fake.count() > before
    assert {request.status for request in fake.requests} <= {200, 202}
