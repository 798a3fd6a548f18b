"""The flows without a chain of pages: realtime (11), cancellation (4), and actions that ended."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from functools import partial
from typing import Any, Final

from ..core.call import Call, Page
from ..notifications.models import RealtimeTriggered
from .base import Campaign, CampaignId, DeliveryBatch, Grant, Recipient
from .batches import Delivered, deliver
from .durable import step
from .granting import grant_all, take_back
from .kit import Kit, canceled_mark, log
from .ledger import grant_for, prefixed
from .pages import at_row

_TAKE: Final = "take back"


def realtime_arguments(notification: RealtimeTriggered) -> dict[str, Any]:
    """Return what a realtime flow is started with, as it is stored."""
    stamp = notification.time_stamp
    return {
        "customer_id": notification.customer_id,
        "campaign_id": "" if notification.campaign_id is None else notification.campaign_id,
        "channel_id": notification.channel_id,
        "template_id": notification.template_id,
        "promo_codes": list(notification.promo_codes),
        "occasion": notification.key.rpartition(":")[2] if stamp is None else f"{stamp:%Y%m%d%H%M%S}",
        "digest": notification.key.rpartition(":")[2],
    }


async def run_realtime(kit: Kit, flow: str, tenant: str, given: dict[str, Any]) -> list[str]:
    """Grant and deliver to one customer, from the notification alone (11)."""
    campaign = Campaign(tenant, given["campaign_id"], given["channel_id"])
    number: CampaignId = given["campaign_id"]
    key = prefixed(tenant, f"{number}-{given['channel_id']}-{given['template_id']}-rt-{given['digest']}")
    recipient = Recipient(given["customer_id"], promo_codes=tuple(given["promo_codes"]))
    batch = DeliveryBatch(key, campaign, given["template_id"], (recipient,))
    customer = recipient.customer_id
    grants = [grant_for(campaign, customer, code, given["occasion"]) for code in recipient.promo_codes]
    await step("grant and deliver", partial(_reach, kit, flow, batch, grants))
    return []


async def _reach(kit: Kit, flow: str, batch: DeliveryBatch, grants: Sequence[Grant]) -> None:
    granted = await grant_all(kit, batch.key, {"": grants}, {})
    delivered = Delivered(failed=1) if granted.failed else await deliver(kit, batch)
    await kit.count(flow, batch.key, audience=1, **delivered.counts(), **granted.counts())


async def run_cancellation(
    kit: Kit, flow: str, tenant: str, campaign_id: int, channel_id: int | None
) -> list[str]:
    """Stop a campaign, and take its promotions back, within Optimove's two hours (4)."""
    campaign = Campaign(tenant, campaign_id, channel_id)
    await step("mark", partial(kit.store.run, kit.store.mark, canceled_mark(campaign)))
    await step("cancel", partial(_cancel, kit, campaign))
    if kit.vendor.promotions is not None:
        call = kit.client(tenant).plan.customers.canceled(campaign_id, page_size=kit.settings.page_size)
        await _take_back(kit, flow, tenant, call, partial(_of_campaign, kit, campaign))
    return []


async def _cancel(kit: Kit, campaign: Campaign) -> None:
    delivery = kit.vendor.delivery
    if delivery is not None:
        await kit.again(lambda: delivery.cancel(campaign))


async def run_ended(kit: Kit, flow: str, tenant: str, day: str) -> list[str]:
    """Take back the promotions whose action ended on a day."""
    call = kit.client(tenant).plan.customers.action_ended_on(day, page_size=kit.settings.page_size)
    await _take_back(kit, flow, tenant, call, partial(_of_action, kit, tenant))
    return []


async def _take_back(
    kit: Kit,
    flow: str,
    tenant: str,
    call: Call[Any],
    find: Callable[[Sequence[Any]], Awaitable[list[Grant]]],
) -> None:
    skip, received = 0, -1
    while received:
        once = partial(_page_back, kit, flow, tenant, at_row(call, skip), f"{_TAKE}:{skip}", find)
        received = await step(_TAKE, partial(kit.again, once))
        skip += received


async def _page_back(
    kit: Kit,
    flow: str,
    tenant: str,
    call: Call[Page[Any]],
    key: str,
    find: Callable[[Sequence[Any]], Awaitable[list[Grant]]],
) -> int:
    page = await kit.client(tenant).send(call)
    grants = await find(page.items)
    await take_back(kit, grants)
    log.info("connector: %s: %d promotions taken back", flow, len(grants))
    await kit.count(flow, key, audience=len(page.items), revoked=len(grants))
    return len(page.items)


async def _of_campaign(kit: Kit, campaign: Campaign, rows: Sequence[Any]) -> list[Grant]:
    return await kit.store.run(kit.ledger.of_campaign, campaign, {row.customer_id for row in rows})


async def _of_action(kit: Kit, tenant: str, rows: Sequence[Any]) -> list[Grant]:
    """Find what was granted for actions that ended. Optimove does not say of which campaign they were."""
    by_action: dict[int | None, dict[str, date | None]] = {}
    for row in rows:
        by_action.setdefault(row.action_id, {})[row.customer_id] = row.date
    found = [
        await kit.store.run(kit.ledger.of_action, tenant, customers, action)
        for action, customers in by_action.items()
        if action is not None
    ]
    return [grant for some in found for grant in some]
