"""Who got which action: the same campaigns, looked at from other sides."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any, Final

from ..answers import NOT_FOUND, Refused
from ..campaign import Campaign, Part, Row, customer_id, customer_index
from ..routing import Asked, operation
from ..world import World
from .pages import audience, page, with_attributes

_TEST_GROUP: Final = 1


def _fixed(campaign: Campaign, channel: int, *keys: str) -> dict[str, Any]:
    """Return what is the same in every row."""
    known = {
        "RecipientGroupID": _TEST_GROUP,
        "ActionID": campaign.action_id,
        "ChannelID": channel,
        "Date": f"{campaign.executed:%Y-%m-%d}",
        "Duration": campaign.duration,
        "TargetGroupID": campaign.target_group_id,
    }
    return {key: known[key] for key in keys}


def _row(fixed: dict[str, Any]) -> Callable[[int], Row]:
    return lambda index: {"CustomerID": customer_id(index), **fixed}


def _by_channel(world: World, asked: Asked, campaigns: Iterable[Campaign], *keys: str) -> list[Row]:
    """Return the rows of all channels of some campaigns, or of the one channel that is asked for."""
    only = asked.whole("ChannelID", 0)
    parts = [
        Part(audience(one), with_attributes(world, asked, _row(_fixed(one, channel, *keys))))
        for one in campaigns
        for channel in one.channels
        if only in (0, channel)
    ]
    return page(world, asked, parts)


@operation("GET", "customers/GetCustomerOneTimeActionsByCampaign")
def one_time_by_campaign(world: World, asked: Asked) -> list[Row]:
    """Return the customers of one campaign."""
    campaign = world.campaign(asked.whole("CampaignID"))
    return _by_channel(world, asked, [campaign], "RecipientGroupID", "ActionID", "ChannelID")


@operation("GET", "customers/GetCustomerOneTimeActionsByDate")
def one_time_by_date(world: World, asked: Asked) -> list[Row]:
    """Return the customers of all campaigns of a day."""
    return _by_channel(world, asked, world.executed_on(asked.day("Date")), "ActionID", "ChannelID")


@operation("GET", "customers/GetCustomerActionDetailsByDate")
def details_by_date(world: World, asked: Asked) -> list[Row]:
    """Return the customers of all campaigns of a day, with their recipient group."""
    campaigns = world.executed_on(asked.day("Date"))
    return _by_channel(world, asked, campaigns, "RecipientGroupID", "ActionID", "ChannelID")


@operation("GET", "customers/GetCustomerActionsByTargetGroup")
def by_target_group(world: World, asked: Asked) -> list[Row]:
    """Return the customers of a target group on a day."""
    group = asked.whole("TargetGroupID")
    campaigns = [one for one in world.executed_on(asked.day("Date")) if one.target_group_id == group]
    more = asked.says("IncludeRecipientGroupID")
    keys = ("RecipientGroupID",) if more else ()
    return _by_channel(world, asked, campaigns, *keys, "ActionID", "ChannelID")


@operation("GET", "customers/GetCustomersByAction")
def by_action(world: World, asked: Asked) -> list[Row]:
    """Return the ids of those who got an action on a day."""
    action, group = asked.whole("ActionID"), asked.whole("RecipientGroupID")
    campaigns = [one for one in world.executed_on(asked.day("Date")) if one.action_id == action]
    row = with_attributes(world, asked, _row({}))
    parts = [Part(audience(one), row) for one in campaigns if group == _TEST_GROUP]
    return page(world, asked, parts)


@operation("GET", "customers/GetCustomersActionEndedByDate")
def ended_on(world: World, asked: Asked) -> list[Row]:
    """Return the customers of all campaigns whose duration ends on a day."""
    day = asked.day("Date")
    campaigns = list(world.campaigns.values())
    ended = [one for one in campaigns if one.executed.date() + timedelta(one.duration) == day]
    return _by_channel(world, asked, ended, "ActionID", "ChannelID", "Date", "Duration", "TargetGroupID")


@operation("GET", "customers/GetCurrentlyTargetedCustomers")
def currently(world: World, asked: Asked) -> list[Row]:
    """Return everyone whose campaign has not ended."""
    today = world.now().date()
    parts = []
    for one in list(world.campaigns.values()):
        ends = one.executed.date() + timedelta(one.duration)
        dates = {"StartDate": f"{one.executed:%Y-%m-%d}", "EndDate": ends.isoformat()}
        if one.executed.date() <= today <= ends:
            row = _row({"CampaignID": one.campaign_id, "ActionID": one.action_id, **dates})
            parts.append(Part(audience(one), row))
    return page(world, asked, parts)


@operation("GET", "customers/GetCustomerLastActionExecuted")
def last_action(world: World, asked: Asked) -> dict[str, Any]:
    """Return the last action a customer got."""
    index = customer_index(asked.text("CustomerID"))
    got = [one for one in list(world.campaigns.values()) if index in audience(one)]
    if not got:
        raise Refused(NOT_FOUND)
    last = max(got, key=lambda one: one.executed)
    return _fixed(last, 0, "ActionID", "Date", "Duration", "TargetGroupID")
