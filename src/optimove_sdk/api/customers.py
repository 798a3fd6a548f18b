"""Customers: who was targeted, with what, and when it ends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date as Date  # noqa: N812 - date is Optimove's word for the parameter
from datetime import datetime
from typing import Any, TypeAlias

import attrs

from ..core.call import Call, Page
from ..core.endpoint import Face, Resource, paged
from ..core.pager import PAGE_SIZE, pages_of
from ..wire import inputs
from ..wire.fields import Model, Row, spelled

ProcessedCustomer: TypeAlias = Mapping[str, Any]


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
class CanceledCustomer(Model):
    """A customer of a campaign that was cancelled. One customer may come in several rows."""

    customer_id: str
    action_id: int | None = None
    promo_codes: tuple[str, ...] = attrs.field(default=(), metadata=spelled("PromoCode", "PromoCodes"))


@attrs.frozen
class EndedAction(Model):
    """A customer whose action ended. ``date`` is when it began, ``duration`` is in days."""

    customer_id: str
    action_id: int | None = None
    channel_id: int | None = None
    date: Date | None = None
    duration: int | None = None
    target_group_id: int | None = None


class Customers(Resource[Face]):
    """Customers: who was targeted, with what, and when it ends."""

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
            InvalidInput: before anything is sent. While iterating: APIError, TransportError, DecodeError.

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
            InvalidInput: before anything is sent. While iterating: APIError, TransportError, DecodeError.

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
            InvalidInput: before anything is sent. While iterating: APIError, TransportError, DecodeError.

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
            InvalidInput: before anything is sent. While iterating: APIError, TransportError, DecodeError.

        Source: https://developer.optimove.com/reference/get_customers-getcanceledcampaigncustomers
        """
        params = inputs.ids(campaign_id=campaign_id)
        path = "customers/GetCanceledCampaignCustomers"
        return pages_of(CanceledCustomer, path, params, page_size=page_size, max_items=max_items)

    @paged
    def processed(
        self, campaign_id: int, *, page_size: int | None = PAGE_SIZE, max_items: int | None = None
    ) -> Call[Page[ProcessedCustomer]]:
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
            InvalidInput: before anything is sent. While iterating: APIError, TransportError, DecodeError.

        Source: https://developer.optimove.com/reference (navigation only)
        """
        params = inputs.ids(campaign_id=campaign_id)
        path = "customers/GetProcessedCampaignCustomers"
        return pages_of(ProcessedCustomer, path, params, page_size=page_size, max_items=max_items)  # type: ignore[type-abstract]

    @paged
    def action_ended_on(
        self, date: inputs.DateLike, *, page_size: int | None = PAGE_SIZE, max_items: int | None = None
    ) -> Call[Page[EndedAction]]:
        """GetCustomersActionEndedByDate: whose action ended on a date, so that it can be deactivated.

        Args:
            date: the day, a date or ``YYYY-MM-DD``.
            page_size: rows to ask for at once; None asks for everything in one answer.
            max_items: stop after so many rows.

        Returns:
            A pager of `EndedAction`.

        Raises:
            InvalidInput: before anything is sent. While iterating: APIError, TransportError, DecodeError.

        Source: https://docs.optimove.com/api-usage-guide
        """
        params = {"Date": inputs.day("date", date)}
        path = "customers/GetCustomersActionEndedByDate"
        return pages_of(EndedAction, path, params, page_size=page_size, max_items=max_items)
