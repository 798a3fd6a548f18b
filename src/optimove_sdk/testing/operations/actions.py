"""What campaigns offer: actions and promotion codes, by campaign, day and target group.

Campaigns of the fake have one recipient group, the test group.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..campaign import Campaign
from ..routing import Asked, operation
from ..world import World

_TEST_GROUP = {"RecipientGroupID": 1}


def _offered(world: World, asked: Asked) -> list[Campaign]:
    """Return what a target group got on a day."""
    group, day = asked.whole("TargetGroupID"), asked.day("Date")
    return [one for one in world.executed_on(day) if one.target_group_id == group]


def _codes(campaigns: Iterable[Campaign]) -> list[dict[str, Any]]:
    return [{**_TEST_GROUP, "ActionID": one.action_id, "PromoCode": one.promo_code} for one in campaigns]


@operation("GET", "actions/GetActionsByTargetGroup")
def by_target_group(world: World, asked: Asked) -> list[dict[str, Any]]:
    """Return the actions a target group got on a day."""
    return [{**_TEST_GROUP, "ActionID": one.action_id} for one in _offered(world, asked)]


@operation("GET", "actions/GetActionDetailsByTargetGroup")
def details_by_target_group(world: World, asked: Asked) -> list[dict[str, Any]]:
    """Return the same for each channel, with times."""
    return [
        {
            **_TEST_GROUP,
            "ActionID": one.action_id,
            "Duration": one.duration,
            "LeadTime": 0,
            "ChannelID": channel,
        }
        for one in _offered(world, asked)
        for channel in one.channels
    ]


@operation("GET", "actions/GetPromoCodes")
def promo_codes(world: World, asked: Asked) -> list[dict[str, Any]]:
    """Return the promotion codes of a day."""
    campaigns = list(world.executed_on(asked.day("Date")))
    codes = zip(campaigns, _codes(campaigns), strict=True)
    return [{"TargetGroupID": one.target_group_id, **row} for one, row in codes]


@operation("GET", "actions/GetPromoCodesByCampaign")
def promo_codes_by_campaign(world: World, asked: Asked) -> list[dict[str, Any]]:
    """Return the promotion codes of a campaign; the code is empty where there is none."""
    return _codes([world.campaign(asked.whole("CampaignID"))])


@operation("GET", "actions/GetPromoCodesByTargetGroup")
def promo_codes_by_target_group(world: World, asked: Asked) -> list[dict[str, Any]]:
    """Return the promotion codes a target group got on a day."""
    return _codes(_offered(world, asked))


@operation("GET", "groups/GetTargetGroupsByDate")
def target_groups(world: World, asked: Asked) -> list[dict[str, Any]]:
    """Return the target groups that got something on a day."""
    groups = dict.fromkeys(one.target_group_id for one in world.executed_on(asked.day("Date")))
    return [{"TargetGroupID": group} for group in groups]
