"""A fake Optimove for your tests: stateful, in process, and in simulated time.

>>> from optimove_sdk.testing import FakeOptimove, faults
>>> fake = FakeOptimove()
>>> campaign = fake.add_campaign(customers=25_000, channels=[504])
>>> fake.faults.add(faults.html_502(), on="GetCustomerExecutionDetailsByCampaign")
>>> rows = fake.client().customers.execution_details(campaign.campaign_id, 504)
>>> len(rows.to_list())
25000

With pytest, ask for the fixture ``fake_optimove``. Names are imported when first used, so that the pytest
plugin loads nothing before a test asks for it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .answers import Answer as Answer
    from .campaign import Campaign as Campaign
    from .clock import SimulatedClock as SimulatedClock
    from .fake import FakeOptimove as FakeOptimove
    from .faults import Fault as Fault
    from .journal import Received as Received
    from .notifications import Casing as Casing
    from .notifications import NotificationPoster as NotificationPoster
    from .notifications import Posted as Posted
    from .notifications import as_sent as as_sent
    from .notifications import sample as sample
    from .notifications import samples as samples
    from .trigger import Trigger as Trigger
    from .world import Delivery as Delivery

_HOMES = {
    "Answer": "answers",
    "Campaign": "campaign",
    "Casing": "notifications",
    "Delivery": "world",
    "FakeOptimove": "fake",
    "Fault": "faults",
    "NotificationPoster": "notifications",
    "Posted": "notifications",
    "Received": "journal",
    "SimulatedClock": "clock",
    "Trigger": "trigger",
    "as_sent": "notifications",
    "sample": "notifications",
    "samples": "notifications",
}

__all__ = [
    "Answer",
    "Campaign",
    "Casing",
    "Delivery",
    "FakeOptimove",
    "Fault",
    "NotificationPoster",
    "Posted",
    "Received",
    "SimulatedClock",
    "Trigger",
    "as_sent",
    "sample",
    "samples",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
