"""Who is reached by a campaign, page by page."""

from __future__ import annotations

from collections.abc import Callable

from ..campaign import Campaign, Part, Row, Stage, customer_id
from ..routing import Asked, operation
from ..world import CANCELED_KEPT, World
from .pages import audience, page, with_attributes


@operation("GET", "customers/GetCustomerExecutionDetailsByCampaign")
def execution_details(world: World, asked: Asked) -> list[Row]:
    """Return all it takes to execute a campaign on a channel."""
    campaign, channel = world.campaign(asked.whole("CampaignID")), asked.whole("ChannelID")
    fixed = {"ActionID": campaign.action_id, "ChannelID": channel}
    then = {"PromoCode": campaign.promo_code, "ScheduleTime": campaign.scheduled_time}

    def row(index: int) -> Row:
        template = campaign.template_of(world.seed, index)
        return {"CustomerID": customer_id(index), **fixed, "TemplateID": template, **then}

    return page(world, asked, [Part(audience(campaign, channel), with_attributes(world, asked, row))])


@operation("GET", "customers/GetCustomerSendDetailsByChannel")
def send_details_by_channel(world: World, asked: Asked) -> list[Row]:
    """Return customers, templates and times of a campaign on a channel."""
    campaign, channel = world.campaign(asked.whole("CampaignID")), asked.whole("ChannelID")

    def row(index: int) -> Row:
        template = campaign.template_of(world.seed, index)
        time = campaign.scheduled_time
        return {"CustomerID": customer_id(index), "TemplateID": template, "ScheduledTime": time}

    return page(world, asked, [Part(audience(campaign, channel), with_attributes(world, asked, row))])


@operation("GET", "customers/GetCustomerSendDetailsByCampaign")
def send_details_by_campaign(world: World, asked: Asked) -> list[Row]:
    """Return customers, channels and send ids of a campaign; a customer comes once for each channel."""
    campaign = world.campaign(asked.whole("CampaignID"))
    with_templates = asked.says("IncludeTemplateIDs")

    def on(channel: int) -> Callable[[int], Row]:
        def row(index: int) -> Row:
            sent = {"ScheduledTime": campaign.scheduled_time, "SendID": f"{channel:X}-{index:X}"}
            template = {"TemplateID": campaign.template_of(world.seed, index)} if with_templates else {}
            return {"CustomerID": customer_id(index), "ChannelID": channel, **sent, **template}

        return row

    reached = audience(campaign)
    return page(world, asked, [Part(reached, on(channel)) for channel in campaign.channels])


@operation("GET", "customers/GetCanceledCampaignCustomers")
def canceled(world: World, asked: Asked) -> list[Row]:
    """Return the customers of a cancelled campaign, for two hours. ``ActionID`` is a string here."""
    campaign = world.campaign(asked.whole("CampaignID"))
    since = campaign.canceled_at
    kept = since is not None and world.clock.moment().monotonic - since < CANCELED_KEPT
    return page(world, asked, [Part(campaign.members if kept else (), _promised(campaign))])


def _promised(campaign: Campaign) -> Callable[[int], Row]:
    fixed = {"ActionID": str(campaign.action_id), "PromoCode": campaign.promo_code}
    return lambda index: {"CustomerID": customer_id(index), **fixed}


@operation("GET", "customers/GetProcessedCampaignCustomers")
def processed(world: World, asked: Asked) -> list[Row]:
    """Return the customers of a campaign on hold; the row is a guess, Optimove does not publish it."""
    campaign = world.campaign(asked.whole("CampaignID"))
    held = campaign.members if campaign.stage is Stage.HELD else ()
    return page(world, asked, [Part(held, _promised(campaign))])
