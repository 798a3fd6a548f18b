"""The customers of campaigns: who is to be reached, was reached, or no longer is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

import attrs

from ..core.call import Call, Page
from ..core.endpoint import Face, Resource, paged
from ..core.pages import PAGE_SIZE, UntypedRow, pages_of, untyped_pages
from ..wire import inputs
from ..wire.fields import Model, Row, spelled


@attrs.frozen
class CustomerExecution(Row):
    """A customer to be reached by a campaign on a channel.

    ``scheduled_time`` has no zone: Optimove does not say which one it means. ``attributes`` are those asked
    for, by name.
    """

    customer_id: str
    action_id: int | None = None
    channel_id: int | None = None
    template_id: int | None = None
    template_name: str | None = None
    promo_codes: tuple[str, ...] = attrs.field(default=(), metadata=spelled("PromoCode", "PromoCodes"))
    scheduled_time: datetime | None = attrs.field(
        default=None, metadata=spelled("ScheduleTime", "ScheduledTime")
    )


@attrs.frozen
class CustomerSend(Row):
    """A customer a message was, or will be, sent to. ``scheduled_time`` has no zone."""

    customer_id: str
    channel_id: int | None = None
    template_id: int | None = None
    scheduled_time: datetime | None = attrs.field(
        default=None, metadata=spelled("ScheduledTime", "ScheduleTime")
    )
    send_id: str | None = None


@attrs.frozen
class TargetedCustomer(Model):
    """A customer who is in a campaign now; one in several campaigns comes in several rows."""

    customer_id: str
    campaign_id: int | None = None
    action_id: int | None = None
    start_date: date | None = None
    end_date: date | None = None


@attrs.frozen
class OneTimeAction(Row):
    """A customer of a one-time campaign. Action 1 is the control group, which gets nothing."""

    customer_id: str
    recipient_group_id: int | None = None
    action_id: int | None = None
    channel_id: int | None = None


@attrs.frozen
class CanceledCustomer(Model):
    """A customer of a campaign that was cancelled. One customer may come in several rows."""

    customer_id: str
    action_id: int | None = None
    promo_codes: tuple[str, ...] = attrs.field(default=(), metadata=spelled("PromoCode", "PromoCodes"))


class Audience(Resource[Face]):
    """The customers of campaigns. Part of ``client.customers``."""

    @paged
    def execution_details(
        self,
        campaign_id: int,
        channel_id: int,
        *,
        attributes: Iterable[str] = (),
        page_size: int | None = PAGE_SIZE,
        max_items: int | None = None,
    ) -> Call[Page[CustomerExecution]]:
        """GetCustomerExecutionDetailsByCampaign: all it takes to execute a campaign on a channel.

        Use both ids of the notification. A customer of a multi-channel campaign comes once for each channel:
        take care not to grant a promotion twice.

        Args:
            campaign_id: the campaign.
            channel_id: the channel.
            attributes: customer attributes to add to each row, by RealFieldName.
            page_size: rows to ask for at once; None asks for everything in one answer.
            max_items: stop after so many rows.

        Returns:
            A pager of `CustomerExecution`; the next page is fetched when it is reached.

        Raises:
            InvalidInput: before anything is sent.
            APIError, TransportError, DecodeError: while iterating.

        Evidence: client code.

        Source: https://developer.optimove.com/reference/get_customers-getcustomerexecutiondetailsbycampaign
        """
        return pages_of(
            CustomerExecution,
            "customers/GetCustomerExecutionDetailsByCampaign",
            inputs.ids(campaign_id=campaign_id, channel_id=channel_id),
            attributes=inputs.attribute_names(attributes),
            page_size=page_size,
            max_items=max_items,
        )

    @paged
    def send_details_by_channel(
        self,
        channel_id: int,
        campaign_id: int,
        *,
        attributes: Iterable[str] = (),
        page_size: int | None = PAGE_SIZE,
        max_items: int | None = None,
    ) -> Call[Page[CustomerSend]]:
        """GetCustomerSendDetailsByChannel: customers, templates and send times of a campaign on a channel.

        Args:
            channel_id: the channel.
            campaign_id: the campaign.
            attributes: customer attributes to add to each row, by RealFieldName.
            page_size: rows to ask for at once; None asks for everything in one answer.
            max_items: stop after so many rows.

        Returns:
            A pager of `CustomerSend`.

        Raises:
            InvalidInput: before anything is sent.
            APIError, TransportError, DecodeError: while iterating.

        Evidence: old documentation, through a client's test data.

        Source: https://docs.optimove.com/api-usage-guide
        """
        return pages_of(
            CustomerSend,
            "customers/GetCustomerSendDetailsByChannel",
            inputs.ids(channel_id=channel_id, campaign_id=campaign_id),
            attributes=inputs.attribute_names(attributes),
            page_size=page_size,
            max_items=max_items,
        )

    @paged
    def send_details_by_campaign(
        self,
        campaign_id: int,
        *,
        include_template_ids: bool = False,
        page_size: int | None = PAGE_SIZE,
        max_items: int | None = None,
    ) -> Call[Page[CustomerSend]]:
        """GetCustomerSendDetailsByCampaign: customers, channels, send times and send ids of a campaign.

        Args:
            campaign_id: the campaign.
            include_template_ids: fill ``template_id`` too.
            page_size: rows to ask for at once; None asks for everything in one answer.
            max_items: stop after so many rows.

        Returns:
            A pager of `CustomerSend`.

        Raises:
            InvalidInput: before anything is sent.
            APIError, TransportError, DecodeError: while iterating.

        Evidence: old documentation, through a client's test data.

        Source: https://docs.optimove.com/api-usage-guide
        """
        return pages_of(
            CustomerSend,
            "customers/GetCustomerSendDetailsByCampaign",
            {
                "CampaignID": inputs.whole("campaign_id", campaign_id),
                "IncludeTemplateIDs": True if include_template_ids else None,
            },
            page_size=page_size,
            max_items=max_items,
        )

    @paged
    def canceled(
        self, campaign_id: int, *, page_size: int | None = PAGE_SIZE, max_items: int | None = None
    ) -> Call[Page[CanceledCustomer]]:
        """GetCanceledCampaignCustomers: who was in a campaign that was cancelled.

        Available only for two hours after the notification of type 4.

        Args:
            campaign_id: the campaign.
            page_size: rows to ask for at once; None asks for everything in one answer.
            max_items: stop after so many rows.

        Returns:
            A pager of `CanceledCustomer`.

        Raises:
            InvalidInput: before anything is sent.
            APIError, TransportError, DecodeError: while iterating.

        Evidence: documentation.

        Source: https://developer.optimove.com/reference/get_customers-getcanceledcampaigncustomers
        """
        params = inputs.ids(campaign_id=campaign_id)
        path = "customers/GetCanceledCampaignCustomers"
        return pages_of(CanceledCustomer, path, params, page_size=page_size, max_items=max_items)

    @paged
    def processed(
        self, campaign_id: int, *, page_size: int | None = PAGE_SIZE, max_items: int | None = None
    ) -> Call[Page[UntypedRow]]:
        """GetProcessedCampaignCustomers: the customers of a campaign that is on hold for clearance.

        The function's parameters and the schema of its rows are not published: ``CampaignID`` is what the
        documented flow implies, and each row is a mapping with its keys in snake_case.

        Args:
            campaign_id: the campaign.
            page_size: rows to ask for at once; None asks for everything in one answer.
            max_items: stop after so many rows.

        Returns:
            A pager of mappings.

        Raises:
            InvalidInput: before anything is sent.
            APIError, TransportError, DecodeError: while iterating.

        Evidence: only its name is public.

        Source: https://developer.optimove.com/reference (navigation only)
        """
        params = inputs.ids(campaign_id=campaign_id)
        path = "customers/GetProcessedCampaignCustomers"
        return untyped_pages(path, params, page_size=page_size, max_items=max_items)

    @paged
    def currently_targeted(
        self, *, page_size: int | None = PAGE_SIZE, max_items: int | None = None
    ) -> Call[Page[TargetedCustomer]]:
        """GetCurrentlyTargetedCustomers: every customer who is in one or more campaigns now.

        Args:
            page_size: rows to ask for at once; None asks for everything in one answer.
            max_items: stop after so many rows.

        Returns:
            A pager of `TargetedCustomer`.

        Raises:
            InvalidInput: before anything is sent.
            APIError, TransportError, DecodeError: while iterating.

        Evidence: old documentation, through a client's test data.

        Source: https://docs.optimove.com/api-usage-guide
        """
        path = "customers/GetCurrentlyTargetedCustomers"
        return pages_of(TargetedCustomer, path, page_size=page_size, max_items=max_items)

    @paged
    def one_time_actions_by_campaign(
        self,
        campaign_id: int,
        *,
        channel_id: int | None = None,
        attributes: Iterable[str] = (),
        include_control_group: bool = False,
        page_size: int | None = PAGE_SIZE,
        max_items: int | None = None,
    ) -> Call[Page[OneTimeAction]]:
        """GetCustomerOneTimeActionsByCampaign: the customers of a one-time campaign.

        Args:
            campaign_id: the campaign.
            channel_id: only those of this channel.
            attributes: customer attributes to add to each row, by RealFieldName.
            include_control_group: the control group too, as action 1.
            page_size: rows to ask for at once; None asks for everything in one answer.
            max_items: stop after so many rows.

        Returns:
            A pager of `OneTimeAction`.

        Raises:
            InvalidInput: before anything is sent.
            APIError, TransportError, DecodeError: while iterating.

        Evidence: documentation.

        Source: https://developer.optimove.com/reference/get_customers-getcustomeronetimeactionsbycampaign
        """
        return pages_of(
            OneTimeAction,
            "customers/GetCustomerOneTimeActionsByCampaign",
            {
                **inputs.ids(campaign_id=campaign_id),
                **inputs.optional(channel_id=channel_id, include_control_group=include_control_group),
            },
            attributes=inputs.attribute_names(attributes),
            page_size=page_size,
            max_items=max_items,
        )

    @paged
    def one_time_actions_on(
        self,
        date: inputs.DateLike,
        *,
        channel_id: int | None = None,
        attributes: Iterable[str] = (),
        include_control_group: bool = False,
        page_size: int | None = PAGE_SIZE,
        max_items: int | None = None,
    ) -> Call[Page[OneTimeAction]]:
        """GetCustomerOneTimeActionsByDate: the customers of all one-time campaigns of a date.

        Args:
            date: the day, a date or ``YYYY-MM-DD``.
            channel_id: only those of this channel.
            attributes: customer attributes to add to each row, by RealFieldName.
            include_control_group: the control group too, as action 1.
            page_size: rows to ask for at once; None asks for everything in one answer.
            max_items: stop after so many rows.

        Returns:
            A pager of `OneTimeAction`, without ``recipient_group_id``.

        Raises:
            InvalidInput: before anything is sent.
            APIError, TransportError, DecodeError: while iterating.

        Evidence: documentation.

        Source: https://developer.optimove.com/reference/get_customers-getcustomeronetimeactionsbydate
        """
        return pages_of(
            OneTimeAction,
            "customers/GetCustomerOneTimeActionsByDate",
            {
                "Date": inputs.day("date", date),
                **inputs.optional(channel_id=channel_id, include_control_group=include_control_group),
            },
            attributes=inputs.attribute_names(attributes),
            page_size=page_size,
            max_items=max_items,
        )
