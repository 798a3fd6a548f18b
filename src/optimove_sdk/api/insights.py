"""What customers did, which products suit them, and what revenue is expected of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date as Date  # noqa: N812 - date is Optimove's word for the field

import attrs

from ..core.call import Call, Page
from ..core.endpoint import Face, Resource, endpoint, paged
from ..core.pages import PAGE_SIZE, UntypedRow, pages_of, untyped_pages
from ..errors import InvalidInput
from ..wire import inputs
from ..wire.fields import Model, spelled
from .metrics import Interaction


@attrs.frozen
class ProductRecommendation(Model):
    """A product recommended to a customer. What the types mean is not published."""

    customer_id: str
    product_id: str | None = None
    recommendation_type: int | None = None
    product_attributes: tuple[str, ...] = ()


@attrs.frozen
class FutureValue(Model):
    """The revenue that is expected of a customer."""

    customer_id: str
    future_value: float | None = None


@attrs.frozen
class ChannelInteraction(Model):
    """Something a customer did with a campaign. With a feature flag Optimove answers more: see ``extra``."""

    date: Date | None = None
    campaign_id: int | None = None
    recipient_group_id: int | None = None
    action_id: int | None = None
    channel_id: int | None = None
    template_id: int | None = None
    event_id: Interaction | None = attrs.field(default=None, metadata=spelled("EventID"))


class Insights(Resource[Face]):
    """What customers did and what suits them. Part of ``client.customers``."""

    @paged
    def future_values(
        self,
        *,
        lifecycle_stage_ids: Iterable[int] = (),
        customer_attribute: str | None = None,
        customer_attribute_value: str | None = None,
        page_size: int | None = PAGE_SIZE,
        max_items: int | None = None,
    ) -> Call[Page[FutureValue]]:
        """GetCustomerFutureValues: the revenue expected of customers.

        Args:
            lifecycle_stage_ids: customers in these stages; or
            customer_attribute: customers with an attribute (by RealFieldName), together with
            customer_attribute_value: that attribute's value.
            page_size: rows to ask for at once; None asks for everything in one answer.
            max_items: stop after so many rows.

        Returns:
            A pager of `FutureValue`.

        Raises:
            InvalidInput: neither stages nor an attribute, or both.
            APIError, TransportError, DecodeError: while iterating.

        Evidence: documentation.

        Source: https://developer.optimove.com/reference/get_customers-getcustomerfuturevalues
        """
        stages = [inputs.whole("lifecycle_stage_ids", stage) for stage in lifecycle_stage_ids]
        by_attribute = customer_attribute is not None and customer_attribute_value is not None
        if bool(stages) == by_attribute or (customer_attribute is None) != (customer_attribute_value is None):
            raise InvalidInput(
                "give either lifecycle_stage_ids, or customer_attribute with customer_attribute_value"
            )
        params: dict[str, inputs.Param] = {"LifecycleStageID": ",".join(map(str, stages))}
        if by_attribute:
            params = {
                "CustomerAttribute": customer_attribute,
                "CustomerAttributeValue": customer_attribute_value,
            }
        path = "customers/GetCustomerFutureValues"
        return pages_of(FutureValue, path, params, page_size=page_size, max_items=max_items)

    @endpoint
    def channel_interactions(
        self,
        customer_id: str,
        start_date: inputs.DateLike,
        end_date: inputs.DateLike,
        *,
        channel_id: int | None = None,
    ) -> Call[list[ChannelInteraction]]:
        """GetCustomerChannelInteractions: what one customer did with campaigns of a range of days.

        Optimove replaces this by GetCampaignEngagementMetrics, whose path is not published; with a feature
        flag it already answers the new rows here.

        Args:
            customer_id: the customer.
            start_date: the first day, a date or ``YYYY-MM-DD``.
            end_date: the last day.
            channel_id: only those of this channel.

        Returns:
            The interactions.

        Raises:
            InvalidInput: not dates, or out of order.
            APIError: Optimove refused.

        Evidence: documentation.

        Source: https://developer.optimove.com/reference/get_customers-getcustomerchannelinteractions
        """
        params = {
            "CustomerID": inputs.text("customer_id", customer_id),
            **inputs.days(start_date, end_date),
            **inputs.optional(channel_id=channel_id),
        }
        path = "customers/GetCustomerChannelInteractions"
        return Call("GET", path, params=params, into=list[ChannelInteraction])

    @paged
    def product_recommendations(
        self,
        *,
        customer_id: str | None = None,
        product_attributes: Iterable[str] = (),
        suggested_in_campaign: bool = False,
        start_date: inputs.DateLike | None = None,
        end_date: inputs.DateLike | None = None,
        page_size: int | None = PAGE_SIZE,
        max_items: int | None = None,
    ) -> Call[Page[ProductRecommendation]]:
        """GetCustomerProductRecommendations: products recommended to customers, the best first, at most 10.

        Whether the 10 are for each customer is not said, nor whether this function pages.

        Args:
            customer_id: only this customer.
            product_attributes: product attributes to add to each row.
            suggested_in_campaign: only what campaigns recommended, by default in the past month.
            start_date: the first day of those campaigns, a date or ``YYYY-MM-DD``.
            end_date: the last day.
            page_size: rows to ask for at once; None asks for everything in one answer.
            max_items: stop after so many rows.

        Returns:
            A pager of `ProductRecommendation`.

        Raises:
            InvalidInput: dates without ``suggested_in_campaign``, which Optimove would ignore.
            APIError, TransportError, DecodeError: while iterating.

        Evidence: documentation.

        Source: https://developer.optimove.com/reference/get_customers-getcustomerproductrecommendations
        """
        dates = inputs.days(start_date, end_date)
        if dates and not suggested_in_campaign:
            raise InvalidInput("start_date and end_date count only with suggested_in_campaign=True")
        names = ",".join(inputs.texts("product_attributes", product_attributes))
        params: dict[str, inputs.Param] = {
            "ProductAttributes": f'"{names}"' if names else None,  # in quotes, as the documentation shows it
            "CustomerID": None if customer_id is None else inputs.text("customer_id", customer_id),
            **inputs.optional(suggested_in_campaign=suggested_in_campaign),
            **dates,
        }
        path = "customers/GetCustomerProductRecommendations"
        return pages_of(ProductRecommendation, path, params, page_size=page_size, max_items=max_items)

    @paged
    def product_details_on(
        self, date: inputs.DateLike, *, page_size: int | None = PAGE_SIZE, max_items: int | None = None
    ) -> Call[Page[UntypedRow]]:
        """GetCustomerProductDetailsByDate: products recommended by any campaign of a date.

        Neither parameters nor rows are published: ``Date`` is inferred from the function's name, and each
        row is a mapping with its keys in snake_case.

        Args:
            date: the day, a date or ``YYYY-MM-DD``.
            page_size: rows to ask for at once; None asks for everything in one answer.
            max_items: stop after so many rows.

        Returns:
            A pager of mappings.

        Raises:
            InvalidInput: before anything is sent.
            APIError, TransportError, DecodeError: while iterating.

        Evidence: only its name is public.

        Source: https://docs.optimove.com/api-usage-guide
        """
        params = {"Date": inputs.day("date", date)}
        return untyped_pages(
            "customers/GetCustomerProductDetailsByDate", params, page_size=page_size, max_items=max_items
        )

    @paged
    def product_details_by_campaign(
        self, campaign_id: int, *, page_size: int | None = PAGE_SIZE, max_items: int | None = None
    ) -> Call[Page[UntypedRow]]:
        """GetCustomerProductDetailsByCampaign: products recommended by one campaign.

        Neither parameters nor rows are published: ``CampaignID`` is inferred from the function's name, and
        each row is a mapping with its keys in snake_case.

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

        Source: https://docs.optimove.com/api-usage-guide
        """
        params = inputs.ids(campaign_id=campaign_id)
        return untyped_pages(
            "customers/GetCustomerProductDetailsByCampaign", params, page_size=page_size, max_items=max_items
        )

    @paged
    def activity_event_attributes(
        self,
        params: Mapping[str, inputs.Param] | None = None,
        *,
        page_size: int | None = PAGE_SIZE,
        max_items: int | None = None,
    ) -> Call[Page[UntypedRow]]:
        """GetCustomersActivityEventAttributes: attributes of customers' activity events.

        Only the name of this function is public. Pass its parameters by Optimove's names; each row is a
        mapping with its keys in snake_case.

        Args:
            params: query parameters, as Optimove tells you.
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
        return untyped_pages(
            "customers/GetCustomersActivityEventAttributes", params, page_size=page_size, max_items=max_items
        )

    @paged
    def campaign_interactions(
        self,
        date: inputs.DateLike,
        channel_id: int,
        event_id: Interaction | int,
        *,
        page_size: int | None = PAGE_SIZE,
        max_items: int | None = None,
    ) -> Call[Page[UntypedRow]]:
        """GetCampaignInteractionCustomers: who interacted with campaigns of a date on a channel.

        Neither parameters nor rows are published: the parameters are inferred from the function's old
        description, and each row is a mapping with its keys in snake_case.

        Args:
            date: the day, a date or ``YYYY-MM-DD``.
            channel_id: the channel.
            event_id: what the customers did.
            page_size: rows to ask for at once; None asks for everything in one answer.
            max_items: stop after so many rows.

        Returns:
            A pager of mappings.

        Raises:
            InvalidInput: before anything is sent.
            APIError, TransportError, DecodeError: while iterating.

        Evidence: only its name is public.

        Source: https://docs.optimove.com/api-usage-guide
        """
        params = {"Date": inputs.day("date", date), **inputs.ids(channel_id=channel_id, event_id=event_id)}
        return untyped_pages(
            "customers/GetCampaignInteractionCustomers", params, page_size=page_size, max_items=max_items
        )
