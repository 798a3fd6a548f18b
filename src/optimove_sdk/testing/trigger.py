"""A customer who met the trigger of a realtime campaign: what Optimove asks about it, and what it tells."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs

from ..notifications.approval import (
    ApprovalAction,
    ApprovalCampaign,
    ApprovalChannel,
    ApprovalQuestion,
    ApprovalTemplate,
    ApprovalUser,
)


def _codes(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(values)


@attrs.frozen(kw_only=True)
class Trigger:
    """The customer, and the campaign that would be sent. A realtime campaign is nowhere else in the fake."""

    customer_id: str
    campaign_id: int | str
    channel_id: int = 504
    template_id: int = 1
    promo_codes: tuple[str, ...] = attrs.field(default=(), converter=_codes)

    def question(self) -> ApprovalQuestion:
        """Return what the approval gateway is asked before."""
        channel = ApprovalChannel(self.channel_id, templates=(ApprovalTemplate(self.template_id),))
        action = ApprovalAction(promo_codes=self.promo_codes, channels=(channel,))
        return ApprovalQuestion(
            ApprovalUser(self.customer_id), ApprovalCampaign(self.campaign_id, action=action)
        )

    def fields(self) -> dict[str, Any]:
        """Return what the notification says."""
        return {
            "customerID": self.customer_id,
            "campaignID": self.campaign_id,
            "channelID": self.channel_id,
            "templateID": self.template_id,
            "promoCode": list(self.promo_codes),
        }
