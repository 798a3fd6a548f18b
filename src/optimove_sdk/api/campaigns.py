"""Campaigns that were executed, and the channels they were executed through."""

from __future__ import annotations

from datetime import datetime

import attrs

from ..core.call import Call
from ..core.endpoint import Face, Resource, endpoint
from ..wire import inputs
from ..wire.fields import Model, OpenStrEnum, spelled


class CampaignStatus(OpenStrEnum):
    """How a campaign's execution ended. Other values than these two are not published, and are kept."""

    SUCCESSFUL = "Successful"
    FAILED = "Failed"


@attrs.frozen
class CampaignDetails(Model):
    """One campaign. ``duration`` and ``lead_time`` are days; sizes, channels and tags are newer servers'."""

    campaign_id: int | None = None
    target_group_id: int | None = None
    campaign_type: str | None = None
    duration: int | None = None
    lead_time: int | None = None
    notes: str | None = None
    is_multi_channel: bool | None = None
    is_recurrence: bool | None = None
    status: CampaignStatus | None = None
    error: str | None = None
    test_group_size: int | None = None
    control_group_size: int | None = None
    channels: tuple[CampaignChannel, ...] | None = None
    tags: tuple[str, ...] = ()


@attrs.frozen
class CampaignChannel(Model):
    """A channel of a campaign. Only its id is known to be answered."""

    id: int | None = attrs.field(default=None, metadata=spelled("Id", "ChannelID"))


@attrs.frozen
class ExecutionChannel(Model):
    """A channel that campaigns can be executed through."""

    channel_id: int
    channel_name: str | None = None


@attrs.frozen
class ExecutedCampaign(Model):
    """The id of a campaign that was executed."""

    campaign_id: int


@attrs.frozen
class CampaignChannelDetails(Model):
    """How a campaign went out through a channel, one row for each template.

    ``scheduled_time`` has no zone: Optimove does not say which one it means.
    """

    template_id: int | None = None
    scheduled_time: datetime | None = attrs.field(
        default=None, metadata=spelled("ScheduledTime", "ScheduleTime")
    )
    send_id: str | None = None
    list_id: int | None = None


class Campaigns(Resource[Face]):
    """Campaigns that were executed, and the channels they were executed through."""

    @endpoint
    def executed_on(self, date: inputs.DateLike) -> Call[list[CampaignDetails]]:
        """GetExecutedCampaignDetails: the campaigns executed on a date.

        Args:
            date: the day, a date or ``YYYY-MM-DD``.

        Returns:
            The campaigns; none is an empty list. One campaign id may come more than once.

        Raises:
            InvalidInput: not a date.
            APIError: Optimove refused.

        Evidence: old documentation, through a client's test data.

        Source: https://docs.optimove.com/api-usage-guide
        """
        params = {"Date": inputs.day("date", date)}
        return Call("GET", "actions/GetExecutedCampaignDetails", params=params, into=list[CampaignDetails])

    @endpoint
    def get(self, campaign_id: int) -> Call[CampaignDetails]:
        """GetCampaignDetails: one campaign.

        Args:
            campaign_id: Optimove's number of the campaign.

        Returns:
            The campaign. Optimove does not repeat its id in the answer, so ``campaign_id`` is usually None.

        Raises:
            NotFound: there is no such campaign.
            APIError: Optimove refused.

        Evidence: old documentation, through a client's test data.

        Source: https://docs.optimove.com/api-usage-guide
        """
        params = inputs.ids(campaign_id=campaign_id)
        return Call("GET", "actions/GetCampaignDetails", params=params, into=CampaignDetails)

    @endpoint
    def channels(self) -> Call[list[ExecutionChannel]]:
        """GetExecutionChannels: all channels of this Optimove instance.

        Raises:
            APIError: Optimove refused.

        Evidence: old documentation, through a client's test data.

        Source: https://docs.optimove.com/api-usage-guide
        """
        return Call("GET", "actions/GetExecutionChannels", into=list[ExecutionChannel])

    @endpoint
    def executed_by_channel(self, channel_id: int, date: inputs.DateLike) -> Call[list[ExecutedCampaign]]:
        """GetExecutedCampaignsByChannel: the campaigns executed through a channel on a date.

        Args:
            channel_id: the channel.
            date: the day, a date or ``YYYY-MM-DD``.

        Raises:
            InvalidInput: not a date.
            APIError: Optimove refused.

        Evidence: old documentation, through a client's test data.

        Source: https://docs.optimove.com/api-usage-guide
        """
        params = {**inputs.ids(channel_id=channel_id), "Date": inputs.day("date", date)}
        return Call(
            "GET", "actions/GetExecutedCampaignsByChannel", params=params, into=list[ExecutedCampaign]
        )

    @endpoint
    def channel_details(self, campaign_id: int, channel_id: int) -> Call[list[CampaignChannelDetails]]:
        """GetExecutedCampaignChannelDetails: templates, send ids and times of a campaign on a channel.

        Args:
            campaign_id: the campaign.
            channel_id: the channel, as both came in the notification.

        Returns:
            One row for each template. ``list_id`` may be missing and ``send_id`` empty.

        Raises:
            APIError: Optimove refused.

        Evidence: old documentation, through a client's test data.

        Source: https://docs.optimove.com/api-usage-guide
        """
        params = inputs.ids(campaign_id=campaign_id, channel_id=channel_id)
        return Call(
            "GET",
            "actions/GetExecutedCampaignChannelDetails",
            params=params,
            into=list[CampaignChannelDetails],
        )
