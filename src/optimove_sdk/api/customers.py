"""Customers: what each got, and the removal of their personal data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date as Date  # noqa: N812 - date is Optimove's word for the field

import attrs

from ..core import answer
from ..core.batch import Batch, batch_of
from ..core.call import Call, Page
from ..core.endpoint import Face, batched, endpoint, paged
from ..core.pages import PAGE_SIZE, pages_of
from ..errors import NotFound
from ..http.base import Response
from ..wire import inputs
from ..wire.fields import Model, Row
from ..wire.names import fold
from .audience import Audience
from .insights import Insights

MAX_PII_PER_CALL = 50_000


@attrs.frozen
class LastAction(Model):
    """The last action a customer got. ``duration`` is in days."""

    action_id: int | None = None
    date: Date | None = None
    duration: int | None = None
    target_group_id: int | None = None


@attrs.frozen
class CustomerAction(Row):
    """A customer and the action they got; what else is filled depends on the operation."""

    customer_id: str
    action_id: int | None = None
    channel_id: int | None = None
    recipient_group_id: int | None = None


@attrs.frozen
class EndedAction(Model):
    """A customer whose action ended. ``date`` is when it began, ``duration`` is in days."""

    customer_id: str
    action_id: int | None = None
    channel_id: int | None = None
    date: Date | None = None
    duration: int | None = None
    target_group_id: int | None = None


class Customers(Audience[Face], Insights[Face]):
    """Customers: who was targeted, with what, what they did, and what is expected of them."""

    @endpoint
    def last_action(self, customer_id: str) -> Call[LastAction]:
        """GetCustomerLastActionExecuted: the last action a customer got.

        Args:
            customer_id: the customer.

        Returns:
            The action.

        Raises:
            NotFound: nothing is known of the customer.
            APIError: Optimove refused.

        Evidence: old documentation, through a client's test data.

        Source: https://docs.optimove.com/api-usage-guide
        """
        params = {"CustomerID": inputs.text("customer_id", customer_id)}
        path = "customers/GetCustomerLastActionExecuted"
        return Call("GET", path, params=params, read=answer.First(LastAction))

    @paged
    def actions_by_target_group(
        self,
        target_group_id: int,
        date: inputs.DateLike,
        *,
        channel_id: int | None = None,
        attributes: Iterable[str] = (),
        include_control_group: bool = False,
        include_recipient_group_id: bool = False,
        page_size: int | None = PAGE_SIZE,
        max_items: int | None = None,
    ) -> Call[Page[CustomerAction]]:
        """GetCustomerActionsByTargetGroup: what each customer of a target group got on a date.

        Args:
            target_group_id: the target group.
            date: the day, a date or ``YYYY-MM-DD``.
            channel_id: only those of this channel.
            attributes: customer attributes to add to each row, by RealFieldName.
            include_control_group: the control group too, as action 1.
            include_recipient_group_id: fill ``recipient_group_id`` too.
            page_size: rows to ask for at once; None asks for everything in one answer.
            max_items: stop after so many rows.

        Returns:
            A pager of `CustomerAction`.

        Raises:
            InvalidInput: before anything is sent.
            APIError, TransportError, DecodeError: while iterating.

        Evidence: old documentation, through a client's test data.

        Source: https://docs.optimove.com/api-usage-guide
        """
        return pages_of(
            CustomerAction,
            "customers/GetCustomerActionsByTargetGroup",
            {
                **inputs.ids(target_group_id=target_group_id),
                "Date": inputs.day("date", date),
                **inputs.optional(
                    channel_id=channel_id,
                    include_control_group=include_control_group,
                    include_recipient_group_id=include_recipient_group_id,
                ),
            },
            attributes=inputs.attribute_names(attributes),
            page_size=page_size,
            max_items=max_items,
        )

    @paged
    def by_action(
        self,
        recipient_group_id: int,
        action_id: int,
        date: inputs.DateLike,
        *,
        attributes: Iterable[str] = (),
        page_size: int | None = PAGE_SIZE,
        max_items: int | None = None,
    ) -> Call[Page[CustomerAction]]:
        """GetCustomersByAction: who in a recipient group got an action on a date.

        Args:
            recipient_group_id: the recipient group.
            action_id: the action.
            date: the day, a date or ``YYYY-MM-DD``.
            attributes: customer attributes to add to each row, by RealFieldName.
            page_size: rows to ask for at once; None asks for everything in one answer.
            max_items: stop after so many rows.

        Returns:
            A pager of `CustomerAction`, of which Optimove fills the customer's id only.

        Raises:
            InvalidInput: before anything is sent.
            APIError, TransportError, DecodeError: while iterating.

        Evidence: old documentation, through a client's test data.

        Source: https://docs.optimove.com/api-usage-guide
        """
        return pages_of(
            CustomerAction,
            "customers/GetCustomersByAction",
            {
                **inputs.ids(recipient_group_id=recipient_group_id, action_id=action_id),
                "Date": inputs.day("date", date),
            },
            attributes=inputs.attribute_names(attributes),
            page_size=page_size,
            max_items=max_items,
        )

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
            InvalidInput: before anything is sent.
            APIError, TransportError, DecodeError: while iterating.

        Evidence: old documentation, through a client's test data.

        Source: https://docs.optimove.com/api-usage-guide
        """
        params = {"Date": inputs.day("date", date)}
        path = "customers/GetCustomersActionEndedByDate"
        return pages_of(EndedAction, path, params, page_size=page_size, max_items=max_items)

    @paged
    def action_details_on(
        self, date: inputs.DateLike, *, page_size: int | None = PAGE_SIZE, max_items: int | None = None
    ) -> Call[Page[CustomerAction]]:
        """GetCustomerActionDetailsByDate: which campaigns' actions were sent to whom on a date.

        Args:
            date: the day, a date or ``YYYY-MM-DD``.
            page_size: rows to ask for at once; None asks for everything in one answer.
            max_items: stop after so many rows.

        Returns:
            A pager of `CustomerAction`.

        Raises:
            InvalidInput: before anything is sent.
            APIError, TransportError, DecodeError: while iterating.

        Evidence: old documentation, through a client's test data.

        Source: https://docs.optimove.com/api-usage-guide
        """
        params = {"Date": inputs.day("date", date)}
        path = "customers/GetCustomerActionDetailsByDate"
        return pages_of(CustomerAction, path, params, page_size=page_size, max_items=max_items)

    @batched
    def remove_pii(self, customer_ids: Iterable[str], *, stop_on_error: bool = False) -> Batch[str]:
        """RemoveCustomerPII: delete all personal data of customers. This cannot be undone.

        Removing it again changes nothing.

        Args:
            customer_ids: any number; 50,000 are sent in one call.
            stop_on_error: do not send the rest after a call that failed.

        Returns:
            A `BatchResult`, one outcome for each customer; those Optimove never knew failed with `NotFound`.

        Raises:
            InvalidInput: an id is empty; nothing was sent.

        Evidence: documentation.

        Source: https://developer.optimove.com/reference/post_customers-removecustomerpii
        """
        return batch_of(
            inputs.texts("customer_ids", customer_ids),
            MAX_PII_PER_CALL,
            lambda part: Call(
                "POST",
                "customers/RemoveCustomerPII",
                json={"CustomerIDs": part},
                read=_UnknownCustomers(),
                safe=True,
            ),
            stop_on_error=stop_on_error,
            refused=dict,
        )


@attrs.frozen
class _UnknownCustomers:
    """Reads which ids were unknown: ``{"FailedCustomerIDs": [...]}``; ``[]``, ``{}`` or nothing for none."""

    def __call__(self, response: Response) -> Mapping[str, NotFound]:
        said = answer.parsed(response)
        if not said:
            return {}
        if not isinstance(said, Mapping):
            raise answer.refusal(response, answer.message_of(response))
        folded = {fold(key): value for key, value in said.items()}
        return {
            str(customer_id): NotFound(response.status, "Optimove never knew this customer")
            for customer_id in folded.get("failedcustomerids") or ()
        }
