"""Realtime (11): one customer at a time, without and with a bonus."""

from __future__ import annotations

from typing import Final

from .report import Line
from .stage import Stage, Template

_CAMPAIGN: Final = 7_001
_BONUS_CAMPAIGN: Final = 7_002
_CODE: Final = "FRIEND"


def play(stage: Stage) -> Line:
    """Let customers meet the trigger of a campaign."""
    customers = _customers(stage)
    for customer in customers:
        stage.trigger(_CAMPAIGN, Template.REALTIME, customer)
    stage.worker.wait_for_realtime(len(customers))
    reached = stage.reached(Template.REALTIME, customers)
    stage.progress.step(f"{len(customers):,} customers met a trigger")
    recorded = f"{len(customers):,} triggers: {reached}"
    return Line("realtime (11)", recorded, reached.is_right)


def play_bonus(stage: Stage) -> Line:
    """Let customers meet the trigger of a campaign with a promotion, which Optimove has approved before."""
    stage.open_gateway()
    customers = _customers(stage)
    before = stage.worker.status()["realtime"]["done"]
    allowed = [
        customer
        for customer in customers
        if stage.trigger(_BONUS_CAMPAIGN, Template.REALTIME_BONUS, customer, _CODE)
    ]
    stage.worker.wait_for_realtime(before + len(allowed))
    reached = stage.reached(Template.REALTIME_BONUS, allowed)
    granted = stage.bonuses.of(_BONUS_CAMPAIGN)
    stage.progress.step(f"{len(stage.bonuses.questions):,} customers met a trigger with an approval gateway")
    recorded = (
        f"{len(stage.bonuses.questions):,} questions, {len(allowed):,} approved:"
        f" {len(granted):,} bonuses; {reached}"
    )
    is_right = (
        stage.bonuses.questions == customers
        and {one.customer for one in granted.values()}
        == set(allowed)
        == set(customers) - stage.bonuses.closed
        and len(granted) == len(allowed)
    )
    return Line("bonus, realtime (11)", recorded, is_right and reached.is_right)


def _customers(stage: Stage) -> list[str]:
    return [stage.fake.customer_id(index) for index in range(stage.few)]
