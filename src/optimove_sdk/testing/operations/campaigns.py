"""Campaigns that were executed, and the channels."""

from __future__ import annotations

from typing import Any

from ..answers import NOT_FOUND, Refused
from ..campaign import Campaign
from ..routing import Asked, operation
from ..world import World


def _details(campaign: Campaign) -> dict[str, Any]:
    return {
        "TargetGroupID": campaign.target_group_id,
        "CampaignType": "Test/Control",
        "Duration": campaign.duration,
        "LeadTime": 0,
        "Notes": campaign.notes,
        "IsMultiChannel": _truth(len(campaign.channels) > 1),
        "IsRecurrence": _truth(False),
        "Status": "Successful",
        "Error": "",
    }


def _truth(value: bool) -> str:
    """Spell a boolean as the documentation does: as a string."""
    return str(value).lower()


@operation("GET", "actions/GetExecutedCampaignDetails")
def executed_on(world: World, asked: Asked) -> list[dict[str, Any]]:
    """Return the campaigns executed on a date."""
    campaigns = world.executed_on(asked.day("Date"))
    return [{"CampaignID": one.campaign_id, **_details(one)} for one in campaigns]


@operation("GET", "actions/GetCampaignDetails")
def details(world: World, asked: Asked) -> dict[str, Any]:
    """Return one campaign, without its id, and with what newer servers add."""
    campaign = world.campaign(asked.whole("CampaignID"))
    newer = {
        "TestGroupSize": len(campaign.members),
        "ControlGroupSize": 0,
        "Channels": [{"Id": channel} for channel in campaign.channels],
        "Tags": [],
    }
    return {**_details(campaign), **newer}


@operation("GET", "actions/GetExecutionChannels")
def channels(world: World, _: Asked) -> list[dict[str, Any]]:
    """Return all channels."""
    return [{"ChannelID": number, "ChannelName": name} for number, name in world.channels.items()]


@operation("GET", "actions/GetExecutedCampaignsByChannel")
def executed_by_channel(world: World, asked: Asked) -> list[dict[str, Any]]:
    """Return the ids of the campaigns executed through a channel on a date."""
    channel, day = asked.whole("ChannelID"), asked.day("Date")
    return [{"CampaignID": one.campaign_id} for one in world.executed_on(day) if channel in one.channels]


@operation("GET", "actions/GetExecutedCampaignChannelDetails")
def channel_details(world: World, asked: Asked) -> list[dict[str, Any]]:
    """Return one row for each template."""
    campaign = world.campaign(asked.whole("CampaignID"))
    if asked.whole("ChannelID") not in campaign.channels:
        raise Refused(NOT_FOUND)
    return [
        {"TemplateID": template, "ScheduledTime": campaign.scheduled_time, "SendID": ""}
        for template in campaign.template_ids
    ]
