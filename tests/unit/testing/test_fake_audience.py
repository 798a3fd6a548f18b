from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta

import pytest

from optimove_sdk.errors import InvalidInput
from optimove_sdk.testing import FakeOptimove
from optimove_sdk.testing.campaign import customer_id, customer_index

EXECUTION = "/current/customers/GetCustomerExecutionDetailsByCampaign"


def test_the_whole_audience_is_read_page_by_page(fake) -> None:
    campaign = fake.add_campaign(customers=25_000, channels=[504])
    rows = fake.client().customers.execution_details(campaign.campaign_id, 504).to_list()
    assert [row.customer_id for row in rows] == list(campaign.customer_ids())
    assert fake.count("GetCustomerExecutionDetailsByCampaign") == 4


def test_the_asyncio_client_reads_the_same(fake) -> None:
    campaign = fake.add_campaign(customers=2_500, template_ids=[1, 2, 3])

    async def main() -> list:
        return await fake.async_client().customers.execution_details(campaign.campaign_id, 504).to_list()

    assert (
        asyncio.run(main()) == fake.client().customers.execution_details(campaign.campaign_id, 504).to_list()
    )


def test_a_row_has_what_it_takes_to_execute(fake) -> None:
    campaign = fake.add_campaign(customers=50, template_ids=[7, 8], promo_codes=["A", "B"], action_id=3)
    rows = fake.client().customers.execution_details(campaign.campaign_id, 504).to_list()
    assert {row.template_id for row in rows} == {7, 8}
    assert {(row.action_id, row.channel_id, row.promo_codes) for row in rows} == {(3, 504, ("A", "B"))}
    assert {row.scheduled_time for row in rows} == {datetime(2026, 1, 5, 10)}


def test_attributes_come_by_position_and_are_the_same_everywhere(fake) -> None:
    campaign = fake.add_campaign(customers=1)
    client = fake.client()
    (row,) = client.customers.execution_details(campaign.campaign_id, 504, attributes=["EMAIL", "COUNTRY"])
    known = {one.real_field_name: one.value for one in client.attributes.get(row.customer_id)}
    assert row.attributes == {"EMAIL": known["Email"], "COUNTRY": known["Country"]}


def test_top_is_capped_silently() -> None:
    fake = FakeOptimove(page_cap=10)
    campaign = fake.add_campaign(customers=25)
    pages = list(fake.client().customers.execution_details(campaign.campaign_id, 504).pages())
    assert [len(page.items) for page in pages] == [10, 10, 5, 0]


def test_past_the_end_is_an_empty_list(fake, ask) -> None:
    number = fake.add_campaign(customers=5).campaign_id
    assert ask("GET", f"{EXECUTION}?CampaignID={number}&ChannelID=504&$top=10&$skip=5").body == b"[]"


def test_an_audience_of_any_size_costs_nothing_until_it_is_read(fake, ask) -> None:
    number = fake.add_campaign(customers=2_000_000_000).campaign_id
    response = ask("GET", f"{EXECUTION}?CampaignID={number}&ChannelID=504&%24top=2&%24skip=1999999998")
    assert [row["CustomerID"] for row in json.loads(response.body)] == ["C1999999999", "C2000000000"]


@pytest.mark.parametrize("query", ["$top=x", "$skip=-1", "$top=1.5"])
def test_a_window_that_is_no_number_is_refused(fake, ask, query) -> None:
    number = fake.add_campaign().campaign_id
    assert ask("GET", f"{EXECUTION}?CampaignID={number}&ChannelID=504&{query}").status == 400


def test_the_same_seed_gives_the_same_audience_and_another_another() -> None:
    def bodies(seed: int) -> list:
        fake = FakeOptimove(seed=seed)
        number = fake.add_campaign(customers=40, template_ids=range(10)).campaign_id
        return fake.client().customers.execution_details(number, 504, attributes=["Alias"]).to_list()

    assert bodies(1) == bodies(1) != bodies(2)


def test_a_customer_has_a_number_and_back() -> None:
    assert [customer_index(customer_id(i)) for i in (0, 9_999_999, 123_456_789)] == [
        0,
        9_999_999,
        123_456_789,
    ]
    assert [customer_index(text) for text in ("", "C", "C1", "X0000001", "C0000000", "C00000001")] == [
        None
    ] * 6


def test_send_details_by_channel_spell_the_time_otherwise(fake, ask) -> None:
    number = fake.add_campaign(customers=1).campaign_id
    body = ask(
        "GET", f"/current/customers/GetCustomerSendDetailsByChannel?CampaignID={number}&ChannelID=504"
    ).body
    assert json.loads(body)[0]["ScheduledTime"] == "2026-01-05 10:00:00"
    (row,) = fake.client().customers.send_details_by_channel(504, number, attributes=["Email"])
    assert row.attributes["Email"] == "c0000001@example.test"


def test_send_details_by_campaign_go_through_all_channels() -> None:
    fake = FakeOptimove(page_cap=4)
    number = fake.add_campaign(customers=5, channels=[504, 505]).campaign_id
    rows = fake.client().customers.send_details_by_campaign(number, include_template_ids=True).to_list()
    assert [row.channel_id for row in rows] == [504] * 5 + [505] * 5
    assert len({row.send_id for row in rows}) == 10
    assert {row.template_id for row in rows} == {1}


def test_a_cancelled_campaign_can_be_read_for_two_hours(fake) -> None:
    number = fake.add_campaign(customers=3, promo_codes=["A"]).campaign_id
    client = fake.client()
    assert client.customers.canceled(number).to_list() == []
    fake.cancel(number)
    assert [row.promo_codes for row in client.customers.canceled(number)] == [("A",)] * 3
    assert client.customers.execution_details(number, 504).to_list() == []
    fake.clock.advance(2 * 3600)
    assert client.customers.canceled(number).to_list() == []


def test_a_held_campaign_goes_to_those_whose_promotion_was_activated(fake) -> None:
    number = fake.add_campaign(customers=5, promo_codes=["A"], conditional=True).campaign_id
    client = fake.client()
    assert client.customers.execution_details(number, 504).to_list() == []
    held = [row["customer_id"] for row in client.customers.processed(number)]
    statuses = {customer: customer != held[0] for customer in held[:3]}
    client.send(
        next(iter(client.plan.promotions.update_status(number, _updates({**statuses, "C9999999": True}))))
    )
    fake.release(number)
    assert [row.customer_id for row in client.customers.execution_details(number, 504)] == held[1:3]
    assert client.customers.processed(number).to_list() == []
    with pytest.raises(InvalidInput, match="not on hold"):
        fake.release(number)


def _updates(statuses: dict[str, bool]) -> list:
    from optimove_sdk import CustomerPromotionStatus

    return [CustomerPromotionStatus(customer, status) for customer, status in statuses.items()]


def test_actions_end_after_their_duration(fake) -> None:
    fake.add_campaign(customers=2, duration=7)
    fake.add_campaign(customers=9, duration=8)
    today = fake.now().date()
    rows = fake.client().customers.action_ended_on(today + timedelta(7)).to_list()
    assert [(row.customer_id, row.date, row.duration) for row in rows] == [
        ("C0000001", today, 7),
        ("C0000002", today, 7),
    ]


@pytest.mark.parametrize("what", ["channels", "template_ids"])
def test_a_campaign_needs_channels_and_templates(fake, what) -> None:
    with pytest.raises(InvalidInput, match=what):
        fake.add_campaign(**{what: []})
