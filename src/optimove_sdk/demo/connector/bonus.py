"""Bonus, scheduled (13): a promotion on two channels is granted once, and taken back when the action ends."""

from __future__ import annotations

from typing import Final

from .report import Line
from .stage import Stage, Template
from .surroundings import CHANNELS

_DURATION: Final = 7
_ACTION: Final = 30


def play(stage: Stage) -> list[Line]:
    """Run a campaign on both channels; then let a week pass for the connector."""
    campaign = stage.run_campaign(
        Template.BONUS,
        stage.few,
        channels=CHANNELS,
        promo_codes=["WB23"],
        duration=_DURATION,
        action_id=_ACTION,
    )
    for channel in CHANNELS:
        stage.worker.flow("campaign", campaign, channel)
    stage.progress.step(f"campaign {campaign} is delivered on {len(CHANNELS)} channels")
    return [_granted(stage, campaign), _ended(stage, campaign)]


def _granted(stage: Stage, campaign: int) -> Line:
    granted = stage.bonuses.of(campaign)
    customers = {one.customer for one in granted.values()}
    # Whose promotion failed is told nothing of it.
    reached = stage.reached(Template.BONUS, customers, times=len(CHANNELS))
    recorded = (
        f"{stage.few:,} customers on {len(CHANNELS)} channels, {len(customers):,} accounts open:"
        f" {len(granted):,} bonuses; {reached}"
    )
    once = len(granted) == len(customers)
    is_right = once and customers == set(stage.customer_ids(campaign)) - stage.bonuses.closed
    return Line("bonus, scheduled (13)", recorded, is_right and reached.is_right)


def _ended(stage: Stage, campaign: int) -> Line:
    """Start the worker with a clock that is ahead: it then asks Optimove whose action has ended."""
    stage.worker.stop()
    stage.worker.start(days_ahead=_DURATION + 1)
    granted = stage.bonuses.of(campaign)
    stage.worker.wait(lambda: granted.keys() <= stage.bonuses.revoked.keys())
    stage.progress.step("a week later, by the worker's clock: the action has ended")
    times = [stage.bonuses.revoked[key] for key in granted]
    recorded = f"a week later {len(times):,} of {len(granted):,} bonuses are taken back, each once"
    return Line("  when the action ends", recorded, set(times) == {1})
