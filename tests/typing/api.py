"""Never run: type checkers must infer exactly this, on all three faces."""

from collections.abc import Mapping
from datetime import date
from typing import Any, assert_type

from optimove_sdk import (
    AsyncOptimove,
    AsyncPager,
    Batch,
    BatchResult,
    Call,
    CampaignDetails,
    ChannelTemplate,
    CustomerExecution,
    Event,
    EventReceipt,
    EventType,
    Optimove,
    Page,
    Pager,
    Progress,
    Promotion,
    Recipient,
    Reply,
)
from optimove_sdk.connector import Tenant


def sync(client: Optimove) -> None:
    assert_type(client.campaigns.get(21), CampaignDetails)
    assert_type(client.general.last_data_update(), date)
    assert_type(client.templates.list(channel_id=3), list[ChannelTemplate])
    assert_type(client.customers.execution_details(1, 2, attributes=["Email"]), Pager[CustomerExecution])
    assert_type([row.customer_id for row in client.customers.execution_details(1, 2)], list[str])
    rows = client.customers.execution_details(1, 2).with_options(prefetch=0)
    assert_type(rows, Pager[CustomerExecution])
    assert_type(next(rows.pages()).items, list[CustomerExecution])
    assert_type(client.customers.processed(1).to_list(), list[Mapping[str, Any]])
    assert_type(client.customers.processed(1).to_csv("a.csv", resume=True, progress=print), Progress)
    assert_type(client.promotions.add([Promotion("WB23", "Welcome back")]), BatchResult[Promotion])
    assert_type(client.events.report(Event(event="deposit", customer="C1")), EventReceipt)
    assert_type(client.with_options(deadline=5).campaigns.get(21), CampaignDetails)
    assert_type(client.listeners.register(EventType.CHANNEL_EXECUTED, "https://example.com"), None)
    client.listeners.register(13, "https://example.com", channel_id=504)
    client.campaigns.get("21")  # type: ignore[arg-type]
    client.templates.list(channel=3)  # type: ignore[call-arg]


async def asynchronous(client: AsyncOptimove) -> None:
    assert_type(await client.campaigns.get(21), CampaignDetails)
    assert_type(await client.templates.list(channel_id=3), list[ChannelTemplate])
    assert_type(client.customers.execution_details(1, 2), AsyncPager[CustomerExecution])
    assert_type([row async for row in client.customers.execution_details(1, 2)], list[CustomerExecution])
    rows = client.customers.execution_details(1, 2).with_options(prefetch=0)
    assert_type(rows, AsyncPager[CustomerExecution])
    assert_type(await rows.to_list(), list[CustomerExecution])
    assert_type(await client.customers.execution_details(1, 2).to_jsonl("a.jsonl"), Progress)
    assert_type(await client.promotions.add([Promotion("WB23", "Welcome back")]), BatchResult[Promotion])
    assert_type(await client.send(Call("GET", "customers/New", into=dict[str, Any])), dict[str, Any])


def values() -> None:
    Recipient("a@example.com", [{"Name": "Ann"}])
    Tenant(AsyncOptimove, "a secret path", attributes=["Email"], channels=(504,))
    Tenant(AsyncOptimove, "a secret path", attributes=[504])  # type: ignore[list-item]


def plan(client: Optimove) -> None:
    assert_type(client.plan.campaigns.get(21), Call[CampaignDetails])
    assert_type(client.plan.customers.execution_details(1, 2), Call[Page[CustomerExecution]])
    assert_type(client.plan.templates.add(3, []), Batch[ChannelTemplate])
    assert_type(client.send(client.plan.campaigns.get(21)), CampaignDetails)
    assert_type(client.reply(client.plan.campaigns.get(21)), Reply[CampaignDetails])
    assert_type(client.pager(client.plan.customers.execution_details(1, 2)), Pager[CustomerExecution])
    assert_type(client.send(Call("POST", "general/Nothing")), None)
    assert_type(client.send(Call("GET", "actions/GetAll", into=list[CampaignDetails])), list[CampaignDetails])
