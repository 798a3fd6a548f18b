"""What customers did: reported by other systems, and read back."""

from __future__ import annotations

from typing import Any, Final

import attrs

from ...wire.fields import Model
from ..campaign import Row
from ..routing import Asked, checked_list, operation, read
from ..world import World
from .pages import days_of, page_of

_MAX_CUSTOMERS: Final = 10_000
_TEST_GROUP: Final = 1
"""What is meant where no recipient group is reported."""


@attrs.frozen
class _Report(Model):
    campaign_id: int
    channel_id: int
    interaction_date: str
    template_id: int
    event_id: int
    customer_ids: list[str]
    recipient_group_id: int | None = None


@operation("POST", "integrations/UpdateCampaignInteractions")
def update_interactions(world: World, asked: Asked) -> None:
    """Keep the interactions that are reported."""
    checked_list(asked.fields().get("customerids"), "CustomerIDs", _MAX_CUSTOMERS)
    read(asked.json, _Report)
    world.interactions.append(dict(asked.json))


@operation("GET", "customers/GetCustomerChannelInteractions")
def of_customer(world: World, asked: Asked) -> list[dict[str, Any]]:
    """Return what was reported of a customer in a range of days; channel 0 is any."""
    customer, channel = asked.text("CustomerID"), asked.whole("ChannelID", 0)
    first, last = (day.isoformat() for day in days_of(world, asked))
    return [
        _interaction(world, report)
        for report in _reported(world)
        if customer in report.customer_ids
        and first <= report.interaction_date[:10] <= last
        and channel in (0, report.channel_id)
    ]


def _interaction(world: World, report: _Report) -> dict[str, Any]:
    campaign = world.campaigns.get(report.campaign_id)
    return {
        "Date": report.interaction_date[:10],
        "CampaignID": report.campaign_id,
        "RecipientGroupID": report.recipient_group_id or _TEST_GROUP,
        "ActionID": None if campaign is None else campaign.action_id,
        "ChannelID": report.channel_id,
        "TemplateID": report.template_id,
        "EventID": report.event_id,
    }


@operation("GET", "customers/GetCampaignInteractionCustomers")
def of_campaigns(world: World, asked: Asked) -> list[Row]:
    """Return who did something on a channel on a day.

    The rows have what the old documentation describes; that the day is the one reported is the fake's choice.
    """
    wanted = (asked.day("Date").isoformat(), asked.whole("ChannelID"), asked.whole("EventID"))
    rows = [
        {"CustomerID": customer, "CampaignID": report.campaign_id, "TemplateID": report.template_id}
        for report in _reported(world)
        if (report.interaction_date[:10], report.channel_id, report.event_id) == wanted
        for customer in report.customer_ids
    ]
    return page_of(world, asked, rows)


@operation("GET", "customers/GetCustomersActivityEventAttributes")
def activity(world: World, asked: Asked) -> list[Row]:
    """Return the customers of whom events were reported. Parameters and rows are not published."""
    customers = dict.fromkeys(event["customer"] for event in world.events if event.get("customer"))
    return page_of(world, asked, [{"CustomerID": customer} for customer in customers])


def _reported(world: World) -> list[_Report]:
    return [read(report, _Report) for report in world.interactions]
