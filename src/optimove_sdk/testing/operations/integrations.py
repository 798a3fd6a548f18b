"""What external systems tell Optimove: templates, promotions, metrics."""

from __future__ import annotations

from typing import Any, Final

import attrs

from ...api.metrics import CampaignMetric, Metric
from ...api.promotions import CustomerPromotionStatus, Promotion
from ...api.templates import ChannelTemplate
from ...wire import codec
from ...wire.fields import Model
from ..answers import NOT_FOUND, Refused, bad_request
from ..routing import Asked, checked_list, operation, read
from ..world import World

_MAX_ROWS: Final = 100
_MAX_CUSTOMERS: Final = 10_000


@attrs.frozen
class _TemplateKey(Model):
    channel_id: int
    template_id: int


@attrs.frozen
class _PromotionKey(Model):
    promo_code: str


@attrs.frozen
class _Metric(Model):
    channel_id: int
    campaign_id: int
    template_id: int
    metric_id: int
    metric_value: int


@operation("GET", "integrations/GetChannelTemplates")
def channel_templates(world: World, asked: Asked) -> list[dict[str, Any]]:
    """Return the templates of a channel."""
    channel = asked.whole("ChannelID")
    if channel not in world.channels and channel not in world.templates:
        raise Refused(NOT_FOUND)
    return [codec.encode(template) for template in world.templates.get(channel, {}).values()]


@operation("GET", "integrations/GetChannelTemplateDetails")
def template_details(world: World, asked: Asked) -> list[dict[str, Any]]:
    """Return one template in a list, without its id."""
    template = world.templates.get(asked.whole("ChannelID"), {}).get(asked.whole("TemplateID"))
    if template is None:
        raise Refused(NOT_FOUND)
    name = template.template_name
    content = f"<html><body>{name}</body></html>"
    attributes = ["Fake Optimove", "mail@example.test", name]
    return [{"TemplateContent": content, "TemplateAttributes": attributes}]


@operation("POST", "integrations/AddChannelTemplates")
def add_templates(world: World, asked: Asked) -> None:
    """Add templates; one whose id exists is replaced."""
    channel = asked.whole("ChannelID")
    templates = asked.rows(ChannelTemplate, _MAX_ROWS)
    if not all(template.template_name for template in templates):
        raise bad_request("TemplateName must not be empty")
    world.templates.setdefault(channel, {}).update({one.template_id: one for one in templates})


@operation("POST", "integrations/DeleteChannelTemplates")
def delete_templates(world: World, asked: Asked) -> None:
    """Remove templates."""
    for key in asked.rows(_TemplateKey, _MAX_ROWS):
        world.templates.get(key.channel_id, {}).pop(key.template_id, None)


@operation("GET", "integrations/GetPromotions")
def promotions(world: World, _: Asked) -> list[dict[str, str]]:
    """Return all promotions."""
    return [{"PromoCode": code, "PromotionName": name} for code, name in world.promotions.items()]


@operation("POST", "integrations/AddPromotions")
def add_promotions(world: World, asked: Asked) -> None:
    """Add promotions; one whose code exists is replaced."""
    added = asked.rows(Promotion, _MAX_ROWS)
    if not all(one.promo_code and one.promotion_name for one in added):
        raise bad_request("PromoCode and PromotionName must not be empty")
    world.promotions.update({one.promo_code: one.promotion_name or "" for one in added})


@operation("POST", "integrations/DeletePromotions")
def delete_promotions(world: World, asked: Asked) -> None:
    """Remove promotions."""
    for key in asked.rows(_PromotionKey, _MAX_ROWS):
        world.promotions.pop(key.promo_code, None)


@operation("POST", "integrations/UpdateCustomerPromotionStatus")
def update_promotion_status(world: World, asked: Asked) -> None:
    """Note for whom the promotion of a campaign was activated."""
    given = asked.fields()
    campaign = world.campaign(read(given.get("campaignid"), int))
    updated = checked_list(given.get("promosupdated"), "PromosUpdated", _MAX_CUSTOMERS)
    statuses = read(updated, list[CustomerPromotionStatus])
    known = world.promotion_statuses.setdefault(campaign.campaign_id, {})
    known.update({one.customer_id: one.status for one in statuses})


@operation("POST", "integrations/UpdateCampaignMetrics")
def update_metrics(world: World, asked: Asked) -> None:
    """Keep the counts that are reported."""
    world.metrics += [
        CampaignMetric(
            row.channel_id, row.campaign_id, row.template_id, Metric(row.metric_id), row.metric_value
        )
        for row in asked.rows(_Metric, _MAX_ROWS)
    ]
