"""All flows, one after the other."""

from __future__ import annotations

from ..progress import Progress
from . import bonus, cancellation, clearance, realtime, scheduled
from .report import Line
from .stage import set_up


def play(customers: int, progress: Progress) -> list[Line]:
    """Run every flow in one connector, and return what was recorded."""
    with set_up(customers, progress) as stage:
        return [
            *scheduled.play(stage),
            realtime.play(stage),
            *clearance.play(stage),
            cancellation.play(stage),
            realtime.play_bonus(stage),
            *bonus.play(stage),
        ]
