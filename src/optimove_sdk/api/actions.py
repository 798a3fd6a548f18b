"""Actions: what a campaign offers, and to which target group."""

from __future__ import annotations

import attrs

from ..core.answer import Field
from ..core.call import Call, ListOf
from ..core.endpoint import Face, Resource, endpoint
from ..wire import inputs
from ..wire.fields import Model, spelled


@attrs.frozen
class Action(Model):
    """An action. Number 1 stands for the control group, whose members get nothing."""

    action_id: int
    action_name: str | None = None


@attrs.frozen
class RecipientGroupAction(Model):
    """The action that a recipient group of a target group gets."""

    recipient_group_id: int | None = None
    action_id: int | None = None


@attrs.frozen
class RecipientGroupActionDetails(Model):
    """An action of a recipient group on a channel. ``duration`` and ``lead_time`` are days."""

    recipient_group_id: int | None = None
    action_id: int | None = None
    duration: int | None = None
    lead_time: int | None = None
    channel_id: int | None = None


@attrs.frozen
class ActionPromoCodes(Model):
    """The promotion codes of an action. ``target_group_id`` comes only where several groups are asked for."""

    recipient_group_id: int | None = None
    action_id: int | None = None
    promo_codes: tuple[str, ...] = attrs.field(default=(), metadata=spelled("PromoCode", "PromoCodes"))
    target_group_id: int | None = None


class Actions(Resource[Face]):
    """Actions: what a campaign offers, and to which target group."""

    @endpoint
    def list(self) -> Call[ListOf[Action]]:
        """GetAllActions: all actions.

        Returns:
            The actions.

        Raises:
            APIError: Optimove refused.

        Evidence: old documentation, through a client's test data.

        Source: https://docs.optimove.com/api-usage-guide
        """
        return Call("GET", "actions/GetAllActions", into=list[Action])

    @endpoint
    def id_of(self, action_name: str) -> Call[int]:
        """GetActionID: the number of an action.

        Args:
            action_name: the action's name.

        Returns:
            The number.

        Raises:
            NotFound: there is no such action.
            APIError: Optimove refused.

        Evidence: old documentation, through a client's test data.

        Source: https://docs.optimove.com/api-usage-guide
        """
        params = {"ActionName": inputs.text("action_name", action_name)}
        return Call("GET", "actions/GetActionID", params=params, read=Field("ActionID", int))

    @endpoint
    def name_of(self, action_id: int) -> Call[str]:
        """GetActionName: the name of an action.

        Args:
            action_id: the action's number.

        Returns:
            The name.

        Raises:
            NotFound: there is no such action.
            APIError: Optimove refused.

        Evidence: old documentation, through a client's test data.

        Source: https://docs.optimove.com/api-usage-guide
        """
        params = inputs.ids(action_id=action_id)
        return Call("GET", "actions/GetActionName", params=params, read=Field("ActionName", str))

    @endpoint
    def by_target_group(
        self, target_group_id: int, date: inputs.DateLike
    ) -> Call[ListOf[RecipientGroupAction]]:
        """GetActionsByTargetGroup: the actions a target group got on a date.

        Args:
            target_group_id: the target group.
            date: the day, a date or ``YYYY-MM-DD``.

        Returns:
            One row for each recipient group and action.

        Raises:
            InvalidInput: not a date.
            APIError: Optimove refused.

        Evidence: old documentation, through a client's test data.

        Source: https://docs.optimove.com/api-usage-guide
        """
        params = {**inputs.ids(target_group_id=target_group_id), "Date": inputs.day("date", date)}
        return Call("GET", "actions/GetActionsByTargetGroup", params=params, into=list[RecipientGroupAction])

    @endpoint
    def details_by_target_group(
        self, target_group_id: int, date: inputs.DateLike
    ) -> Call[ListOf[RecipientGroupActionDetails]]:
        """GetActionDetailsByTargetGroup: the same, with duration, lead time and channel.

        Args:
            target_group_id: the target group.
            date: the day, a date or ``YYYY-MM-DD``.

        Returns:
            One row for each recipient group, action and channel: a recipient group may come several times.

        Raises:
            InvalidInput: not a date.
            APIError: Optimove refused.

        Evidence: old documentation, through a client's test data.

        Source: https://docs.optimove.com/api-usage-guide
        """
        params = {**inputs.ids(target_group_id=target_group_id), "Date": inputs.day("date", date)}
        path = "actions/GetActionDetailsByTargetGroup"
        return Call("GET", path, params=params, into=list[RecipientGroupActionDetails])

    @endpoint
    def promo_codes(self, date: inputs.DateLike) -> Call[ListOf[ActionPromoCodes]]:
        """GetPromoCodes: the promotion codes of a date, for all target groups.

        Args:
            date: the day, a date or ``YYYY-MM-DD``.

        Returns:
            One row for each target group, recipient group and action.

        Raises:
            InvalidInput: not a date.
            APIError: Optimove refused.

        Evidence: old documentation, through a client's test data.

        Source: https://docs.optimove.com/api-usage-guide
        """
        params = {"Date": inputs.day("date", date)}
        return Call("GET", "actions/GetPromoCodes", params=params, into=list[ActionPromoCodes])

    @endpoint
    def promo_codes_by_campaign(self, campaign_id: int) -> Call[ListOf[ActionPromoCodes]]:
        """GetPromoCodesByCampaign: the promotion codes of a campaign.

        Args:
            campaign_id: the campaign.

        Returns:
            One row for each recipient group and action; ``promo_codes`` is empty where there are none.

        Raises:
            APIError: Optimove refused.

        Evidence: old documentation, through a client's test data.

        Source: https://docs.optimove.com/api-usage-guide
        """
        params = inputs.ids(campaign_id=campaign_id)
        return Call("GET", "actions/GetPromoCodesByCampaign", params=params, into=list[ActionPromoCodes])

    @endpoint
    def promo_codes_by_target_group(
        self, target_group_id: int, date: inputs.DateLike
    ) -> Call[ListOf[ActionPromoCodes]]:
        """GetPromoCodesByTargetGroup: the promotion codes a target group got on a date.

        Args:
            target_group_id: the target group.
            date: the day, a date or ``YYYY-MM-DD``.

        Returns:
            One row for each recipient group and action.

        Raises:
            InvalidInput: not a date.
            APIError: Optimove refused.

        Evidence: old documentation, through a client's test data.

        Source: https://docs.optimove.com/api-usage-guide
        """
        params = {**inputs.ids(target_group_id=target_group_id), "Date": inputs.day("date", date)}
        return Call("GET", "actions/GetPromoCodesByTargetGroup", params=params, into=list[ActionPromoCodes])
