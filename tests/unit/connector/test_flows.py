"""The five flows, from the notification to what the vendor and Optimove have of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import attrs
import pytest

from optimove_sdk import AsyncOptimove, CampaignMetric, ConfigurationError, Event, Metric
from optimove_sdk.connector import (
    Campaign,
    ConnectorSettings,
    DeliveryBatch,
    DeliveryOutcome,
    Grant,
    GrantOutcome,
    PartlyDelivered,
)
from optimove_sdk.connector.by_hand import retry
from optimove_sdk.testing import faults
from optimove_sdk.testing.fake import FakeOptimove
from unit.connector.conftest import Bank, Deliverer, eventually, running, stamp


async def test_a_campaign_reaches_everybody_once_in_batches_by_template(
    fake: FakeOptimove, settings: ConnectorSettings
) -> None:
    campaign = fake.add_campaign(customers=100, template_ids=[7, 8])
    vendor = Deliverer()
    async with running(fake, settings, vendor, attributes=["Country"]) as connector:
        assert await connector.executed(campaign.campaign_id, 504) == 200
        flow = await connector.flow("campaign")
    assert (flow["state"], flow["expected"], flow["audience"]) == ("done", 100, 100)
    assert (flow["delivered"], flow["failed"]) == (100, 0)
    assert vendor.reached() == dict.fromkeys(((504, one) for one in campaign.customer_ids()), 1)
    assert len({batch.key for batch in vendor.batches}) == len(vendor.batches)
    assert all(batch.key.startswith(f"1-504-{batch.template_id}-") for batch in vendor.batches)
    assert {batch.template_id for batch in vendor.batches} == {7, 8}
    assert max(len(batch.recipients) for batch in vendor.batches) == 15
    assert set(vendor.batches[0].recipients[0].attributes) == {"Country"}
    assert sum(metric.metric_value for metric in fake.metrics) == 100


async def test_a_repeated_notification_joins_the_flow(
    fake: FakeOptimove, settings: ConnectorSettings
) -> None:
    campaign = fake.add_campaign(customers=30).campaign_id
    vendor = Deliverer()
    async with running(fake, settings, vendor) as connector:
        await asyncio.gather(*(connector.executed(campaign, 504) for _ in range(4)))
        await connector.flow("campaign")
        assert await connector.executed(campaign, 504) == 200
        status = await connector.status()
    assert set(vendor.reached().values()) == {1}
    assert status["duplicates_suppressed"] == 4
    assert len(fake.metrics) == 1


async def test_a_promotion_is_granted_once_across_channels(
    fake: FakeOptimove, settings: ConnectorSettings
) -> None:
    campaign = fake.add_campaign(customers=60, channels=[504, 505, 506], promo_codes=["A", "B"])
    vendor, bank = Deliverer(), Bank()
    async with running(fake, settings, vendor, bank) as connector:
        for channel in campaign.channels:
            await connector.executed(campaign.campaign_id, channel)
        flows = [await connector.flow("campaign", channel) for channel in campaign.channels]
    assert len(bank.granted()) == 120
    assert set(bank.granted().values()) == {1}
    assert len(vendor.reached()) == 180
    assert sum(flow["granted"] for flow in flows) == 120
    assert sum(flow["grants_suppressed"] for flow in flows) == 240
    assert not any("C0000001" in one.key for one in bank.grants)


async def test_who_was_refused_the_promotion_is_not_told_of_it(
    fake: FakeOptimove, settings: ConnectorSettings
) -> None:
    campaign = fake.add_campaign(customers=10, promo_codes=["A"]).campaign_id
    vendor, bank = Deliverer(), Bank()
    bank.refuses = {"C0000003"}
    async with running(fake, settings, vendor, bank) as connector:
        await connector.executed(campaign, 504)
        flow = await connector.flow("campaign")
    assert (504, "C0000003") not in vendor.reached()
    assert (flow["delivered"], flow["failed"], flow["grants_failed"]) == (9, 1, 1)


async def test_a_vendor_that_fails_is_asked_again_with_the_same_key_and_then_counts_as_failed(
    fake: FakeOptimove, settings: ConnectorSettings, caplog: pytest.LogCaptureFixture
) -> None:
    one, two = (fake.add_campaign(customers=10).campaign_id for _ in range(2))
    vendor = Deliverer()
    vendor.failures, vendor.refuses = 2, {"C0000004"}
    async with running(fake, settings, vendor) as connector:
        await connector.executed(one, 504)
        flow = await connector.flow("campaign")
        assert (flow["delivered"], flow["failed"]) == (9, 1)
        assert [batch.key for batch in vendor.batches] == ["1-504-1-0-0"]
        vendor.failures = 1_000
        await connector.executed(two, 504)
        done = await eventually(lambda: _state(connector, "default:13:2:504"))
    assert (done["delivered"], done["failed"]) == (0, 10)
    assert "secret of the vendor" not in caplog.text


class Interrupted(Deliverer):
    """Sends to the first three, and fails; each time."""

    async def deliver(self, batch: DeliveryBatch) -> Sequence[DeliveryOutcome]:
        raise PartlyDelivered(batch.all_sent()[:3])


async def test_who_was_sent_before_a_batch_broke_off_for_good_counts_as_sent(
    fake: FakeOptimove, settings: ConnectorSettings
) -> None:
    campaign = fake.add_campaign(customers=10).campaign_id
    async with running(fake, settings, Interrupted()) as connector:
        await connector.executed(campaign, 504)
        flow = await connector.flow("campaign")
    assert (flow["delivered"], flow["failed"], flow["gave_up"]) == (3, 7, 7)


async def test_a_flow_is_run_again_by_hand_for_what_it_left_undone(
    fake: FakeOptimove, settings: ConnectorSettings
) -> None:
    campaign = fake.add_campaign(customers=50, template_ids=[1]).campaign_id
    name = f"default:13:{campaign}:504"
    vendor = Deliverer()
    vendor.refuses = {"C0000002"}
    one_at_a_time = attrs.evolve(settings, pages_at_once=1, page_size=20, batch_size=10)
    async with running(fake, one_at_a_time, vendor) as connector:
        vendor.fails_for = {"C0000011", "C0000049"}
        await connector.executed(campaign, 504)
        flow = await connector.flow("campaign")
        assert (flow["delivered"], flow["failed"], flow["gave_up"]) == (29, 21, 20)
        vendor.fails_for = set()
        for _ in range(2):
            await eventually(lambda: _retried(settings.database_url, name))
            flow = await eventually(lambda: _state(connector, name))
    assert (flow["delivered"], flow["failed"], flow["gave_up"]) == (49, 1, 0)
    assert set(vendor.reached().values()) == {1}
    assert len(vendor.reached()) == 50


async def _retried(database_url: str, name: str) -> bool:
    """Run a flow again; False while DBOS has not noted yet that it ended."""
    try:
        await asyncio.to_thread(retry, database_url, name)
    except ConfigurationError:
        return False
    return True


async def test_only_a_known_flow_that_ended_is_run_again(
    fake: FakeOptimove, settings: ConnectorSettings
) -> None:
    campaign = fake.add_campaign(customers=5).campaign_id
    vendor = Deliverer()
    vendor.gate = asyncio.Event()
    async with running(fake, settings, vendor) as connector:
        await connector.executed(campaign, 504)
        await eventually(lambda: _some(vendor.batches))
        with pytest.raises(ConfigurationError, match="still runs"):
            await asyncio.to_thread(retry, settings.database_url, f"default:13:{campaign}:504")
        with pytest.raises(ConfigurationError, match="there is no flow default:13:99:504"):
            await asyncio.to_thread(retry, settings.database_url, "default:13:99:504")
        vendor.gate.set()
        await connector.flow("campaign")


class LateRefusal(Bank):
    """Refuses the first batch, but only when another one has asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        self.other_waits = asyncio.Event()

    async def grant(self, grants: Sequence[Grant]) -> Sequence[GrantOutcome]:
        self.asked += 1
        if self.asked == 1:
            await self.other_waits.wait()
            return [GrantOutcome.of(one, "no") for one in grants]
        return await super().grant(grants)


async def test_a_channel_waits_for_the_grants_of_another_and_makes_them_if_they_fail_there(
    fake: FakeOptimove, settings: ConnectorSettings
) -> None:
    campaign = fake.add_campaign(customers=10, channels=[504, 505], promo_codes=["A"])
    vendor, bank = Deliverer(), LateRefusal()
    async with running(fake, settings, vendor, bank) as connector:
        await connector.executed(campaign.campaign_id, 504)
        await eventually(lambda: _asked(bank))
        await connector.executed(campaign.campaign_id, 505)
        await eventually(lambda: _claims(connector, bank))
        assert vendor.batches == []
        bank.other_waits.set()
        first, second = [await connector.flow("campaign", channel) for channel in (504, 505)]
    assert (first["delivered"], first["grants_failed"]) == (0, 10)
    assert (second["delivered"], second["granted"], second["grants_suppressed"]) == (10, 10, 0)
    assert {channel for channel, _ in vendor.reached()} == {505}


async def _asked(bank: LateRefusal) -> bool:
    return bank.asked > 0


async def _claims(connector, bank: LateRefusal) -> bool:  # type: ignore[no-untyped-def]
    """Whether the second channel's page was looked at: what it does next is to claim."""
    flows = (await connector.status())["flows"]
    return any(one["channel"] == 505 and one.get("audience") == 10 for one in flows)


async def _state(connector, flow: str):  # type: ignore[no-untyped-def]
    found = [one for one in (await connector.status())["flows"] if one["flow"] == flow]
    return found[0] if found and found[0]["state"] != "running" else None


class Timed(Deliverer):
    def __init__(self) -> None:
        super().__init__()
        self.times: list[datetime] = []

    async def deliver(self, batch: DeliveryBatch) -> Sequence[DeliveryOutcome]:
        self.times.append(datetime.now(UTC))
        return await super().deliver(batch)


async def test_batches_wait_for_their_time(fake: FakeOptimove, settings: ConnectorSettings) -> None:
    campaign = fake.add_campaign(customers=20)
    due = datetime.strptime(campaign.scheduled_time, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    ahead = timedelta(0)
    held = attrs.evolve(
        settings, hold_until_scheduled=True, page_size=15, now=lambda: datetime.now(UTC) + ahead
    )
    vendor = Timed()
    async with running(fake, held, vendor) as connector:
        # The campaign is for the next full hour; the connector's clock now stands shortly before it.
        ahead = due - timedelta(seconds=1.5) - datetime.now(UTC)
        await connector.executed(campaign.campaign_id, 504)
        await eventually(lambda: _audience(connector, 20))
        flow = await connector.flow("campaign")
    assert min(vendor.times) + ahead >= due
    assert (flow["audience"], flow["delivered"]) == (20, 20)
    assert set(vendor.reached().values()) == {1}
    assert len(vendor.reached()) == 20


async def _audience(connector, count: int) -> bool:  # type: ignore[no-untyped-def]
    return any(one.get("audience") == count for one in (await connector.status())["flows"])


class Counting(Deliverer):
    async def metrics(self, campaign: Campaign) -> Sequence[CampaignMetric]:
        return [CampaignMetric(campaign.channel_id or 0, int(campaign.campaign_id), 1, Metric.CLICKED, 3)]


async def test_the_vendors_own_metrics_are_reported(fake: FakeOptimove, settings: ConnectorSettings) -> None:
    campaign = fake.add_campaign(customers=5).campaign_id
    async with running(fake, settings, Counting()) as connector:
        await connector.executed(campaign, 504)
        await connector.flow("campaign")
    assert [(one.metric_id, one.metric_value) for one in fake.metrics] == [(Metric.CLICKED, 3)]


class Telling(Deliverer):
    """Knows what customers did."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    async def metrics(self, campaign: Campaign) -> Sequence[Event]:
        self.asked += 1
        return [Event(event="opened", customer=one) for _, one in self.reached()]


def telling_client(fake: FakeOptimove) -> AsyncOptimove:
    return AsyncOptimove(
        base_url="https://fake.optimove.test",
        api_key=fake.api_key,
        metrics_url="https://metric-1.optimove.test",
        events_token=fake.events_token,
        tenant_id=fake.tenant_id,
        transport=fake,
        rate_limit=None,
    )


async def test_what_customers_did_is_reported_as_engagement_metrics(
    fake: FakeOptimove, settings: ConnectorSettings
) -> None:
    campaign = fake.add_campaign(customers=130)
    delayed = attrs.evolve(settings, metrics_delay=timedelta(seconds=0.3))
    vendor = Telling()
    async with running(fake, delayed, vendor, client=lambda: telling_client(fake)) as connector:
        await connector.executed(campaign.campaign_id, 504)
        flow = await connector.flow("campaign")
    assert flow["state"] == "done"
    assert flow["finished_at"] - flow["started_at"] >= 0.3
    assert {event["customer"] for event in fake.engagement_metrics} == set(campaign.customer_ids())
    assert fake.metrics == []


async def test_metrics_that_may_have_been_reported_before_a_crash_are_not_reported_again(
    fake: FakeOptimove, settings: ConnectorSettings, caplog: pytest.LogCaptureFixture
) -> None:
    campaign = fake.add_campaign(customers=3).campaign_id
    async with running(fake, settings, Deliverer()) as connector:
        connector.app.kit.store.mark(f"metrics:default:13:{campaign}:504")
        await connector.executed(campaign, 504)
        flow = await connector.flow("campaign")
    assert (flow["state"], flow["delivered"]) == ("done", 3)
    assert fake.metrics == []
    assert "may have been reported" in caplog.text


async def test_conditional_execution_reports_who_was_granted(
    fake: FakeOptimove, settings: ConnectorSettings
) -> None:
    campaign = fake.add_campaign(customers=100, promo_codes=["A"], conditional=True).campaign_id
    bank = Bank()
    bank.refuses = {"C0000001", "C0000050"}
    due = datetime.now(UTC) + timedelta(minutes=30)
    async with running(fake, settings, bank) as connector:
        await connector.notify(EventTypeID=5, CampaignID=campaign, ClearanceRequiredBy=stamp(due))
        flow = await connector.flow("clearance")
    statuses = fake.promotion_statuses[campaign]
    assert len(statuses) == 100
    assert {one for one, granted in statuses.items() if not granted} == bank.refuses
    assert (flow["reported"], flow["granted"], flow["grants_failed"]) == (100, 98, 2)


async def test_who_is_granted_too_late_counts_as_no_and_the_shortage_is_told(
    fake: FakeOptimove, settings: ConnectorSettings, caplog: pytest.LogCaptureFixture
) -> None:
    campaign = fake.add_campaign(customers=30, promo_codes=["A"], conditional=True).campaign_id
    bank = Bank()
    bank.slow_for = {"C0000020"}
    quick = attrs.evolve(settings, clearance_margin=timedelta(seconds=6))
    async with running(fake, quick, bank) as connector:
        due = datetime.now(UTC) + timedelta(seconds=12)
        await connector.notify(EventTypeID=5, CampaignID=campaign, ClearanceRequiredBy=stamp(due))
        flow = await connector.flow("clearance")
        status = await connector.status()
    statuses = fake.promotion_statuses[campaign]
    assert [statuses[f"C{n:07d}"] for n in (1, 15, 16, 30)] == [True, True, False, False]
    assert datetime.now(UTC) < due
    assert flow["reported"] == 30
    assert status["clearances_short_of_time"] == 1
    assert "runs short" in caplog.text


async def test_a_flow_that_cannot_even_begin_ends_as_failed_and_says_why(
    fake: FakeOptimove, settings: ConnectorSettings
) -> None:
    campaign = fake.add_campaign(customers=5, promo_codes=["A"], conditional=True).campaign_id
    fake.faults.add(faults.html_502(), on="GetPromoCodesByCampaign", times=1_000)
    due = datetime.now(UTC) + timedelta(minutes=30)
    async with running(fake, settings, Bank()) as connector:
        await connector.notify(EventTypeID=5, CampaignID=campaign, ClearanceRequiredBy=stamp(due))
        flow = await connector.flow("clearance")
    assert flow["state"] == "failed"
    assert "ServerError" in flow["error"]


async def test_realtime_grants_and_delivers_from_the_payload_alone(
    fake: FakeOptimove, settings: ConnectorSettings
) -> None:
    vendor, bank = Deliverer(), Bank()
    payload = {
        "eventTypeId": 11,
        "timeStamp": "2026-01-31 05:04:54",
        "customerID": "Zoë",
        "campaignID": "RT-7",
        "channelID": 504,
        "templateID": 9,
        "promoCode": ["A", "B"],
    }
    async with running(fake, settings, vendor, bank) as connector:
        await eventually(lambda: _looked_back(connector))
        before = fake.count()
        for again in (payload, payload, {**payload, "channelID": 505}):
            await connector.notify(**again)
        await eventually(lambda: _realtime(connector, 2))
        status = await connector.status()
    assert status["realtime"]["delivered"] == 2
    assert status["realtime"]["repeats"] == 1
    assert fake.count() == before
    assert bank.granted() == {("Zoë", "A"): 1, ("Zoë", "B"): 1}
    assert vendor.reached() == {(504, "Zoë"): 1, (505, "Zoë"): 1}
    assert vendor.batches[0].template_id == 9


async def _looked_back(connector) -> bool:  # type: ignore[no-untyped-def]
    flows = (await connector.status())["flows"]
    return [one["state"] for one in flows if one["kind"] == "ended"] == ["done"] * 3


async def _realtime(connector, done: int) -> bool:  # type: ignore[no-untyped-def]
    return (await connector.status())["realtime"]["done"] == done


async def test_a_cancellation_stops_the_delivery_and_takes_promotions_back(
    fake: FakeOptimove, settings: ConnectorSettings
) -> None:
    campaign = fake.add_campaign(customers=100, promo_codes=["A"]).campaign_id
    vendor, bank = Deliverer(), Bank()
    vendor.gate = asyncio.Event()
    async with running(fake, attrs.evolve(settings, pages_at_once=1), vendor, bank) as connector:
        await connector.executed(campaign, 504)
        await eventually(lambda: _some(vendor.batches))
        fake.cancel(campaign)
        await connector.notify(EventTypeID=4, CampaignID=campaign)
        cancellation = await connector.flow("cancellation")
        vendor.gate.set()
        flow = await connector.flow("campaign")
    assert vendor.canceled == [Campaign("default", campaign)]
    assert (flow["delivered"], flow["canceled"]) == (15, 25)
    assert {one.customer_id for one in bank.taken} == {one.customer_id for one in bank.grants}
    assert cancellation["revoked"] == len(bank.taken) == 15


async def _some(found: list[object]) -> bool:
    return bool(found)


class Slow(Bank):
    """Grants when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = asyncio.Event()
        self.let = asyncio.Event()

    async def grant(self, grants: Sequence[Grant]) -> Sequence[GrantOutcome]:
        self.asked.set()
        await self.let.wait()
        return await super().grant(grants)


@pytest.mark.parametrize("conditional", [False, True])
async def test_what_is_granted_while_the_campaign_is_cancelled_is_taken_back(
    fake: FakeOptimove, settings: ConnectorSettings, conditional: bool
) -> None:
    campaign = fake.add_campaign(customers=10, promo_codes=["A"], conditional=conditional).campaign_id
    vendor, bank = Deliverer(), Slow()
    due = datetime.now(UTC) + timedelta(minutes=30)
    async with running(fake, settings, vendor, bank) as connector:
        if conditional:
            await connector.notify(EventTypeID=5, CampaignID=campaign, ClearanceRequiredBy=stamp(due))
        else:
            await connector.executed(campaign, 504)
        await bank.asked.wait()
        fake.cancel(campaign)
        await connector.notify(EventTypeID=4, CampaignID=campaign)
        await connector.flow("cancellation")
        assert bank.taken == []
        bank.let.set()
        flow = await connector.flow("clearance" if conditional else "campaign")
    assert {one.key for one in bank.taken} == {one.key for one in bank.grants}
    assert len(bank.taken) == flow["revoked"] == flow["canceled"] == 10
    assert vendor.batches == []
    assert not any(fake.promotion_statuses.get(campaign, {}).values())


async def test_promotions_are_taken_back_when_the_action_ended(
    fake: FakeOptimove, settings: ConnectorSettings
) -> None:
    began = datetime.now(UTC)
    campaign = fake.add_campaign(customers=50, promo_codes=["A"], duration=7, executed=began).campaign_id
    bank = Bank()
    async with running(fake, settings, bank) as connector:
        await connector.executed(campaign, 504)
        await connector.flow("campaign")
        assert bank.taken == []
        await connector.app.runtime.actions_ended("default", f"{began + timedelta(days=7):%Y-%m-%d}")
        await eventually(lambda: _some(bank.taken and [1]))
        await eventually(lambda: _all(bank))
    assert {one.key for one in bank.taken} == {one.key for one in bank.grants}


async def _all(bank: Bank) -> bool:
    return len(bank.taken) == 50
