"""Cancellation (4): what is under way stops, and the promotions are taken back."""

from __future__ import annotations

from .report import Line
from .stage import Stage, Template
from .surroundings import CHANNELS


def play(stage: Stage) -> Line:
    """Cancel a campaign when some messages are sent."""
    campaign = stage.run_campaign(Template.CANCELED, stage.customers, promo_codes=["OOPS"])
    stage.worker.wait(lambda: stage.sent(Template.CANCELED) >= stage.customers // 5)
    stage.sandbox(f"campaigns/{campaign}/cancel")
    stage.worker.flow("cancellation", campaign)
    stage.worker.flow("campaign", campaign, CHANNELS[0])
    stage.progress.step(f"campaign {campaign} is cancelled")
    sent, due = stage.sent(Template.CANCELED), stage.customers - len(stage.bonuses.closed)
    granted = stage.bonuses.of(campaign)
    kept = granted.keys() - stage.bonuses.revoked.keys()
    recorded = (
        f"stopped at {sent:,} of {due:,} messages;"
        f" {len(granted) - len(kept):,} of {len(granted):,} bonuses taken back"
    )
    return Line("cancelled (4)", recorded, sent < due and not kept)
