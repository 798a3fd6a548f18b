"""Pre-scheduled (13): the worker is killed in the middle, and started again."""

from __future__ import annotations

import time
from typing import Final

from ...api.metrics import Metric
from .netmera import Message, Reached
from .report import Line
from .stage import Stage, Template
from .surroundings import CHANNELS

_HALF: Final = 0.45  # not where a page ends, and nothing is under way
_SETTLE: Final = 0.1
_AT_ONCE: Final = 8  # requests that NetmeraDelivery has under way, by default


def play(stage: Stage) -> list[Line]:
    """Run a campaign, kill the worker at half of it, and compare all records."""
    stage.sandbox("faults", {"fault": "duplicate_notification"})
    campaign = stage.run_campaign(Template.SCHEDULED, stage.customers)
    stage.worker.wait(lambda: stage.sent(Template.SCHEDULED) >= stage.customers * _HALF)
    stage.worker.kill()
    time.sleep(_SETTLE)  # what was on its way to Netmera arrives
    at = stage.sent(Template.SCHEDULED)
    stage.progress.step(f"kill -9 at {at:,} of {stage.customers:,} messages")
    stage.worker.start()
    stage.progress.step("the worker is started again")
    flow = stage.worker.flow("campaign", campaign, CHANNELS[0])
    stage.progress.step(f"campaign {campaign} is delivered")
    reached = stage.reached(Template.SCHEDULED, stage.customer_ids(campaign))
    return [
        _campaign(stage, campaign, reached, flow["repeats"]),
        _kill(stage, campaign, reached, at, flow["failed"]),
    ]


def _campaign(stage: Stage, campaign: int, reached: Reached, repeats: int) -> Line:
    reported = _reported(stage, campaign)
    recorded = f"{reached}; {reported:,} reported as sent; notified {repeats + 1} times"
    is_right = reached.twice == reached.others == 0 and reported <= reached.customers
    return Line("pre-scheduled (13)", recorded, is_right)


def _reported(stage: Stage, campaign: int) -> int:
    return sum(
        one.metric_value
        for one in stage.fake.metrics
        if one.campaign_id == campaign and one.metric_id is Metric.SENT
    )


def _kill(stage: Stage, campaign: int, reached: Reached, at: int, unknown: int) -> Line:
    """Compare what the kill left open, as the connector says, with who was missed.

    Netmera has no idempotency key. So who was being sent to at the kill is not sent to again.
    """
    messages = stage.netmera.of(stage.messages[Template.SCHEDULED])
    recorded = (
        f"at {at:,} messages; batches repeated, same keys: {len(_resumed(messages, at))};"
        f" in flight, never resent: {unknown}, missed: {reached.missed}"
    )
    all_told = _reported(stage, campaign) + unknown == stage.customers
    return Line("  killed, started again", recorded, all_told and reached.missed <= unknown <= _AT_ONCE)


def _resumed(messages: list[Message], at: int) -> set[str]:
    """Return the batches that were begun before the kill, and went on after it."""
    return {one.batch for one in messages[:at]} & {one.batch for one in messages[at:]}
