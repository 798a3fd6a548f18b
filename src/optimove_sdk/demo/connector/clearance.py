"""Conditional execution (5): promotions are granted while the campaign is on hold, and reported in time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from .report import Line
from .stage import Stage, Template
from .surroundings import CHANNELS

_STATUSES = "UpdateCustomerPromotionStatus"


def play(stage: Stage) -> list[Line]:
    """Put a campaign on hold; when its statuses are reported, let it go out to those who have the bonus."""
    campaign = stage.run_campaign(Template.CLEARED, stage.few, promo_codes=["HELD"], conditional=True)
    stage.worker.flow("clearance", campaign)
    stage.progress.step(f"campaign {campaign} is cleared")
    cleared = _cleared(stage, campaign)
    stage.sandbox(f"campaigns/{campaign}/release")
    stage.worker.flow("campaign", campaign, CHANNELS[0])
    stage.progress.step(f"campaign {campaign} is released and delivered")
    return [cleared, _released(stage, campaign)]


def _cleared(stage: Stage, campaign: int) -> Line:
    customers = set(stage.customer_ids(campaign))
    statuses = stage.fake.promotion_statuses[campaign]
    yes = {customer for customer, status in statuses.items() if status}
    left = _left(stage)
    recorded = (
        f"{len(customers):,} on hold: {len(yes):,} yes, {len(statuses) - len(yes):,} no,"
        f" reported {left} before it was due"
    )
    is_right = statuses.keys() == customers and yes == customers - stage.bonuses.closed
    return Line("conditional (5)", recorded, is_right and left > timedelta(0))


def _left(stage: Stage) -> timedelta:
    """Return how much time was left when the last statuses came."""
    (due,) = (
        datetime.strptime(one.payload["ClearanceRequiredBy"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
        for one in stage.fake.outbox
        if one.payload["EventTypeID"] == 5
    )
    at = max(one.at for one in stage.fake.requests if one.operation == _STATUSES)
    ago = stage.fake.clock.moment().monotonic - at
    return timedelta(seconds=round((due - stage.fake.now()).total_seconds() + ago))


def _released(stage: Stage, campaign: int) -> Line:
    granted = [one.customer for one in stage.bonuses.of(campaign).values()]
    reached = stage.reached(Template.CLEARED, granted)
    recorded = f"{len(granted):,} bonuses; {reached}"
    return Line("  released (13)", recorded, len(set(granted)) == len(granted) and reached.is_right)
