"""What is done with a batch: its promotions are granted, its messages delivered, both counted.

All of it is one step, which a crash lets run again. So each part finds out what was done before: the ledger
knows the grants, the counts know the batch, and the vendor knows its key.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Self

import attrs

from ..api.promotions import CustomerPromotionStatus
from .base import DeliveryBatch, DeliveryOutcome, PartlyDelivered
from .granting import Granted, grant_all, take_back
from .kit import GaveUp, Kit, log
from .pages import Customers, PageRef, Part


@attrs.frozen
class Delivered:
    """What became of a batch. Those without an outcome, because the vendor kept raising, failed too."""

    sent: int = 0
    failed: int = 0
    gave_up: int = 0

    @classmethod
    def of(cls, batch: DeliveryBatch, outcomes: Iterable[DeliveryOutcome], *, gave_up: bool) -> Self:
        """Count the recipients."""
        known = {one.customer_id: one.ok for one in outcomes}
        sent = sum(1 for one in batch.recipients if known.get(one.customer_id))
        unknown = sum(1 for one in batch.recipients if one.customer_id not in known)
        return cls(sent, len(batch.recipients) - sent, unknown if gave_up else 0)

    def counts(self) -> dict[str, int]:
        """Return it as it is counted."""
        return {"delivered": self.sent, "failed": self.failed, "gave_up": self.gave_up}


async def work_on(kit: Kit, ref: PageRef, part: Part) -> None:
    """Grant and deliver a batch of an audience, unless that was done, or the campaign was cancelled."""
    batch = part.batch
    if await kit.store.run(kit.store.is_counted, ref.flow, batch.key):
        return
    granted = await _grant(kit, ref, part)
    if granted is None:
        return
    delivered = await deliver(kit, _without(batch, granted.without))
    held_back = 0 if kit.vendor.delivery is None else len(granted.without)
    counts = {**delivered.counts(), "failed": delivered.failed + held_back, **granted.counts()}
    template = -1 if batch.template_id is None else batch.template_id
    await kit.count(ref.flow, batch.key, template=template, **counts)


async def _grant(kit: Kit, ref: PageRef, part: Part, until: datetime | None = None) -> Granted | None:
    """Grant the promotions of a batch; None if the campaign is cancelled, be it while they were granted."""
    if not await kit.is_canceled(ref.campaign):
        grants = part.grants() if kit.vendor.promotions is not None else {}
        granted = await grant_all(kit, part.batch.key, grants, part.actions(), until)
        if not granted.granted or not await kit.is_canceled(ref.campaign):
            return granted
    await _abandon(kit, ref, part)
    return None


async def _abandon(kit: Kit, ref: PageRef, part: Part) -> None:
    """Take back what a batch granted while the cancellation, which takes back the rest, did not see it."""
    batch = part.batch
    customers = {one.customer_id for one in batch.recipients}
    grants = await kit.store.run(kit.ledger.of_batch, batch.key, batch.campaign, customers)
    await take_back(kit, grants)
    await kit.count(ref.flow, batch.key, canceled=len(batch.recipients), revoked=len(grants))


def _without(batch: DeliveryBatch, customers: frozenset[str]) -> DeliveryBatch:
    """Leave out whose promotion failed: nobody should be told of a bonus that is not there."""
    if not customers:
        return batch
    return attrs.evolve(
        batch, recipients=tuple(one for one in batch.recipients if one.customer_id not in customers)
    )


async def deliver(kit: Kit, batch: DeliveryBatch) -> Delivered:
    """Have the vendor deliver, again and again if it must be."""
    delivery = kit.vendor.delivery
    if delivery is None or not batch.recipients:
        return Delivered()
    outcomes: Sequence[DeliveryOutcome] = ()

    async def attempt() -> None:
        nonlocal outcomes
        try:
            outcomes = await delivery.deliver(batch)
        except PartlyDelivered as error:
            outcomes = error.outcomes
            raise

    gave_up = False
    try:
        await kit.again(attempt)
    except GaveUp as error:
        log.error("connector: batch %s was not delivered: %s", batch.key, error)
        gave_up = True
    return Delivered.of(batch, outcomes, gave_up=gave_up)


async def clear(kit: Kit, ref: PageRef, part: Part) -> None:
    """Grant the promotions of a batch that is on hold, while there is time."""
    granted = await _grant(kit, ref, part, last_moment(kit, ref))
    if granted is not None:
        await kit.count(ref.flow, part.batch.key, **granted.counts())


async def report_statuses(kit: Kit, ref: PageRef, customers: Customers, digest: str) -> None:
    """Tell Optimove for whom the promotion was activated in time. The rest of the page counts as no."""
    statuses = await _statuses(kit, ref, customers, digest)
    client = kit.client(ref.tenant)

    async def tell() -> None:
        (await client.promotions.update_status(ref.campaign_id, statuses)).raise_for_failed()

    by = deadline(ref)
    if by is not None and kit.settings.now() >= by:
        log.error("connector: %s: %d statuses are too late", ref.flow, len(statuses))
        await kit.count(ref.flow, f"statuses:{ref.skip}", failed=len(statuses))
        return
    await kit.again(tell, until=by)
    yes = sum(status.status for status in statuses)
    await kit.count(
        ref.flow, f"statuses:{ref.skip}", reported=len(statuses), delivered=yes, failed=len(statuses) - yes
    )


async def _statuses(
    kit: Kit, ref: PageRef, customers: Customers, digest: str
) -> list[CustomerPromotionStatus]:
    keys: dict[str, set[str]] = {}
    for part in await customers.parts(digest):
        for customer, grants in part.grants().items():
            keys.setdefault(customer, set()).update(grant.key for grant in grants)
    every = {key for some in keys.values() for key in some}
    granted = await kit.store.run(kit.ledger.granted, every, ref.clearance_by)
    # Who has no promotion has none that could be confirmed.
    return [CustomerPromotionStatus(one, bool(mine) and mine <= granted) for one, mine in keys.items()]


def deadline(ref: PageRef) -> datetime | None:
    """Return when statuses are due."""
    return None if ref.clearance_by is None else datetime.fromtimestamp(ref.clearance_by, UTC)


def last_moment(kit: Kit, ref: PageRef) -> datetime | None:
    """Return when granting must stop, for the statuses to be reported in time."""
    due = deadline(ref)
    return None if due is None else due - kit.settings.clearance_margin
