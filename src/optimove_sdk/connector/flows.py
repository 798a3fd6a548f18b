"""The flows that go over an audience: pre-scheduled and bonus (13), conditional execution (5).

A flow is a chain of pages. Each page, as soon as it is fetched, enqueues the next one, so that any worker
can go on with it; the flow itself only follows the chain and waits.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any, Final

import attrs
from dbos import DBOS

from ..api.metrics import CampaignMetric, Metric
from ..events.event import Event
from .base import Campaign
from .batches import clear, report_statuses, work_on
from .durable import PageWorkflow, start_page, step, walk
from .kit import GaveUp, Kit, log
from .pages import PROCESSED, Customers, PageRef

_NO_WAIT: Final = timedelta(0)
_EVENTS_AT_ONCE: Final = 100  # how many Optimove takes in one request is not published


async def run_page(kit: Kit, page: PageWorkflow, ref: PageRef) -> dict[str, Any]:
    """Work on one page, and say which follow from it."""
    tenant = kit.tenants[ref.tenant]
    customers = Customers(ref, kit.client(ref.tenant), tenant.attributes, kit.settings)
    then: list[str] = []
    try:
        found = await step("fetch", partial(_look, kit, ref, customers))
        if found["received"] and ref.at is None:
            then = await _follow(kit, page, ref, found)
        for index, (_, when) in enumerate(found["batches"]):
            if when not in found["later"] and ref.at in (None, when):
                await _batch(kit, ref, customers, index, found["digest"])
        if ref.kind == PROCESSED and found["received"]:
            report = partial(report_statuses, kit, ref, customers, found["digest"])
            await step("report statuses", report)
    except GaveUp as error:
        log.error("connector: page %s: %s", ref.id, error)
        return {"then": then, "error": str(error)}
    return {"then": then}


async def _look(kit: Kit, ref: PageRef, customers: Customers) -> dict[str, Any]:
    found = await kit.again(customers.look)
    if ref.at is None:
        await kit.count(ref.flow, f"page:{ref.cursor}", audience=found["received"])
    return found


async def _follow(kit: Kit, page: PageWorkflow, ref: PageRef, found: dict[str, Any]) -> list[str]:
    """Enqueue the next page, and this one again for each time that has not come yet."""
    next_page = ref.following(found["received"], found["digest"])
    await start_page(page, next_page)
    waiting = [attrs.evolve(ref, at=when, previous="") for when in found["later"]]
    for one in waiting:
        delay = (one.at or 0.0) - kit.settings.now().timestamp()
        await start_page(page, one, delay=max(delay, 0.0))
    return [next_page.id, *(one.id for one in waiting)]


async def _batch(kit: Kit, ref: PageRef, customers: Customers, index: int, digest: str) -> None:
    async def once() -> None:
        part = (await customers.parts(digest))[index]
        await (clear if ref.kind == PROCESSED else work_on)(kit, ref, part)

    # The vendor's calls are patient themselves; here it is the page, fetched anew, that may fail.
    await step(f"batch {index}", partial(kit.again, once))


async def run_campaign(kit: Kit, page: PageWorkflow, ref: PageRef) -> list[str]:
    """Execute a campaign on a channel (13), and report what was sent. Returns what went wrong."""
    await step("details", partial(_details, kit, ref))
    await start_page(page, ref)
    errors = await walk(kit, ref.id)
    if kit.settings.metrics_delay > _NO_WAIT and kit.vendor.metrics is not None:
        await DBOS.sleep_async(kit.settings.metrics_delay.total_seconds())
    try:
        await step("metrics", partial(_report, kit, ref))
    except GaveUp as error:
        errors.append(f"metrics: {error}")
    return errors


async def run_clearance(kit: Kit, page: PageWorkflow, ref: PageRef) -> list[str]:
    """Grant the promotions of a campaign on hold, and report for whom, in time (5)."""
    codes = await step("promotion codes", partial(_codes, kit, ref))
    first = attrs.evolve(ref, codes=codes)
    await start_page(page, first)
    return await walk(kit, first.id)


async def _details(kit: Kit, ref: PageRef) -> None:
    """Note how many customers Optimove announces. The campaign is executed without that, too."""
    try:
        details = await kit.client(ref.tenant).campaigns.get(ref.campaign_id)
    except Exception as error:
        log.warning("connector: %s: no details (%s)", ref.flow, type(error).__name__)
        return
    await kit.count(ref.flow, "details", expected=details.test_group_size or 0)


async def _codes(kit: Kit, ref: PageRef) -> dict[str, list[str]]:
    """Return the promotions of each action, for rows that do not name them."""
    client = kit.client(ref.tenant)
    rows = await kit.again(lambda: client.actions.promo_codes_by_campaign(ref.campaign_id))
    return {str(row.action_id): list(row.promo_codes) for row in rows if row.promo_codes}


async def _report(kit: Kit, ref: PageRef) -> None:
    """Report metrics once. If it is not known whether a report arrived, it is not sent again."""
    rows = await _metrics(kit, ref.flow, ref.campaign)
    if not rows:
        return
    if not await kit.store.run(kit.store.mark, f"metrics:{ref.flow}"):
        log.warning("connector: %s: metrics may have been reported before a crash; not repeated", ref.flow)
        return
    client = kit.client(ref.tenant)
    counts = [row for row in rows if isinstance(row, CampaignMetric)]
    events = [row for row in rows if isinstance(row, Event)]
    if counts:
        (await client.metrics.update_campaign_metrics(counts)).raise_for_failed()
    for start in range(0, len(events), _EVENTS_AT_ONCE):
        await client.engagement_metrics.report(events[start : start + _EVENTS_AT_ONCE])


async def _metrics(kit: Kit, flow: str, campaign: Campaign) -> Sequence[CampaignMetric | Event]:
    source = kit.vendor.metrics
    if source is not None:
        return await kit.again(lambda: source.metrics(campaign))
    if kit.vendor.delivery is None or not kit.settings.report_sent:
        return []
    sent = await kit.store.run(kit.store.delivered, flow)
    channel, number = campaign.channel_id or 0, int(campaign.campaign_id)
    return [
        CampaignMetric(channel, number, template, Metric.SENT, count)
        for template, count in sorted(sent.items())
        if template >= 0
    ]
