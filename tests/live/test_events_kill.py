"""A short form of ``make soak``: processes that publish are killed, and nothing is lost."""

from __future__ import annotations

import pytest

from live import soak_events


@pytest.mark.timeout(100)
def test_killing_processes_loses_nothing_and_disorders_nothing() -> None:
    verdict = soak_events.main(3, lease=2.0)
    assert verdict.is_good, verdict
    assert (verdict.rounds, verdict.lost, verdict.unexplained, verdict.out_of_order) == (3, 0, 0, 0)
