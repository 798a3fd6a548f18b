"""Attributes of customers: define them, read one customer's, overwrite or insert many customers'.

Optimove works on a write after it has answered. What became of it is told only at the callback URL, up to a
minute later; `parse_attribute_callback` reads that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import attrs

from ..core import answer
from ..core.batch import Batch, batch_of
from ..core.call import Call, Page
from ..core.endpoint import Face, Resource, batched, endpoint, paged
from ..core.pages import PAGE_SIZE, pages_of
from ..errors import InvalidInput
from ..http.base import Response
from ..wire import codec, inputs
from ..wire.fields import Model, Row

MAX_CUSTOMERS_PER_CALL = 1_000
MAX_ATTRIBUTES_PER_CUSTOMER = 10
_TYPE = re.compile(r"DECIMAL\(19,4\)|INT|BIGINT|DATE|N?VARCHAR\([1-9][0-9]*\)")

AttributeValue: TypeAlias = str | int | float | bool | None


@attrs.frozen
class CustomerAttribute(Model):
    """One attribute of a customer. Values come as strings, whatever ``field_type`` says, or None."""

    real_field_name: str
    alias: str | None = None
    field_type: str | None = None
    value: str | None = None


@attrs.frozen
class AttributeChange(Row):
    """A customer whose attribute changed; None where there was no value before, or is none now."""

    customer_id: str
    initial_customer_attribute: str | None = None
    final_customer_attribute: str | None = None


@attrs.frozen
class WriteAccepted(Model):
    """Optimove accepted a write. The body of that answer is not published: ``request_id`` is often None.

    Where there is one, it is the ``request_id`` of the callback.
    """

    request_id: str | None = None


class Attributes(Resource[Face]):
    """Attributes of customers."""

    @endpoint
    def get(self, customer_id: str) -> Call[list[CustomerAttribute]]:
        """GetCustomerAttributes: all attributes of one customer.

        Optimove's own text on this function is not public; the shape is that of two live clients.

        Args:
            customer_id: the customer.

        Returns:
            The attributes, typically a few hundred.

        Raises:
            APIError: Optimove refused, which this function also says under status 200.

        Evidence: client code.

        Source: https://developer.optimove.com/reference (navigation only)
        """
        path = f"/Customers/{inputs.segment('customer_id', customer_id)}/Attributes"
        return Call("GET", path, into=list[CustomerAttribute])

    @endpoint
    def add(
        self, name: str, type: str, *, default_value: str | None = None, callback_url: str | None = None
    ) -> Call[WriteAccepted]:
        """AddCustomerAttribute: define a new attribute. An account can have 40 of them.

        Args:
            name: its RealFieldName.
            type: ``DECIMAL(19,4)``, ``INT``, ``BIGINT``, ``DATE``, ``VARCHAR(n)`` or ``NVARCHAR(n)``.
            default_value: what customers have until they are given another.
            callback_url: an absolute http(s) URL that Optimove POSTs the outcome to.

        Returns:
            That Optimove accepted it, no more.

        Raises:
            InvalidInput: not one of the types; nothing was sent.
            APIError: Optimove refused.

        Evidence: documentation.

        Source: https://developer.optimove.com/reference/post_customers-addcustomerattribute
        """
        if not _TYPE.fullmatch(type):
            raise InvalidInput(
                "type must be DECIMAL(19,4), INT, BIGINT, DATE, VARCHAR(n) or NVARCHAR(n), not " + repr(type)
            )
        body = {"Name": inputs.text("name", name), "Type": type}
        if default_value is not None:
            body["DefaultValue"] = default_value
        body.update(_callback("CallbackURL", callback_url))
        return Call("POST", "customers/AddCustomerAttribute", json=body, read=_AcceptedReader(), safe=True)

    @batched
    def update(
        self,
        customers: Mapping[str, Mapping[str, AttributeValue]],
        *,
        callback_url: str | None = None,
        stop_on_error: bool = False,
    ) -> Batch[str]:
        """UpdateCustomerAttributes: overwrite attribute values.

        Args:
            customers: for each customer id, values by RealFieldName, at most 10 each. Any number of
                customers; 1,000 are sent in one call.
            callback_url: an absolute http(s) URL that Optimove POSTs the outcome to.
            stop_on_error: do not send the rest after a call that failed.

        Returns:
            A `BatchResult`, one outcome for each customer id; its ``value`` is a `WriteAccepted`. "ok" means
            accepted.

        Raises:
            InvalidInput: a customer has none or more than 10 attributes; nothing was sent.

        Evidence: documentation.

        Source: https://developer.optimove.com/reference/post_customers-updatecustomerattributes
        """
        for index, customer_id in enumerate(inputs.texts("customers", customers)):
            count = len(customers[customer_id])
            if not 1 <= count <= MAX_ATTRIBUTES_PER_CUSTOMER:
                raise InvalidInput(
                    f"customers: number {index} has {count} attributes; Optimove takes 1 to"
                    f" {MAX_ATTRIBUTES_PER_CUSTOMER} for a customer in one call"
                )
        url = _callback("CallbackURL", callback_url)
        return batch_of(
            list(customers),
            MAX_CUSTOMERS_PER_CALL,
            lambda part: Call(
                "POST",
                "customers/UpdateCustomerAttributes",
                json={
                    "CustomerNewAttributesValuesList": [
                        {"CustomerID": customer, "Attributes": _pairs(customers[customer])}
                        for customer in part
                    ],
                    **url,
                },
                read=_AcceptedReader(),
                safe=True,
            ),
            stop_on_error=stop_on_error,
        )

    @endpoint
    def upsert(
        self, customer_id: str, attributes: Mapping[str, str], *, callback_url: str | None = None
    ) -> Call[WriteAccepted]:
        """UpsertCustomer: insert a customer, or update one, in real time.

        Optimove rolls this out gradually. Later batch data overrides the values.

        Args:
            customer_id: the customer.
            attributes: values by RealFieldName.
            callback_url: an absolute http(s) URL that Optimove POSTs the outcome to.

        Returns:
            That Optimove accepted it.

        Raises:
            InvalidInput: an empty id.
            APIError: Optimove refused, also where it lists ``errors`` under 200.

        Evidence: documentation.

        Source: https://developer.optimove.com/reference/put_customers-upsertcustomer
        """
        body = {
            "CustomerId": inputs.text("customer_id", customer_id),
            "Attributes": _pairs(attributes),
            **_callback("CallbackUrl", callback_url),
        }
        return Call("PUT", "customers/UpsertCustomer", json=body, read=_AcceptedReader(), safe=True)

    @batched
    def upsert_many(
        self,
        customers: Mapping[str, Mapping[str, str]],
        *,
        callback_url: str | None = None,
        stop_on_error: bool = False,
    ) -> Batch[str]:
        """InsertOrUpdateCustomers: insert or update many customers.

        The names of the customer's id and of the callback URL in the body are inferred from
        `upsert`; the documentation that is public leaves them out.

        Args:
            customers: for each customer id, values by RealFieldName. Any number of customers; 1,000 are
                sent in one call.
            callback_url: an absolute http(s) URL that Optimove POSTs the outcome to.
            stop_on_error: do not send the rest after a call that failed.

        Returns:
            A `BatchResult`, one outcome for each customer id; its ``value`` is a `WriteAccepted`. "ok" means
            accepted.

        Raises:
            InvalidInput: an id is empty; nothing was sent.

        Evidence: documentation.

        Source: https://developer.optimove.com/reference/insert-or-update-customers
        """
        url = _callback("CallbackUrl", callback_url)
        return batch_of(
            inputs.texts("customers", customers),
            MAX_CUSTOMERS_PER_CALL,
            lambda part: Call(
                "PUT",
                "customers/InsertOrUpdateCustomers",
                json={
                    "Customers": [
                        {"CustomerId": customer, "Attributes": _pairs(customers[customer])}
                        for customer in part
                    ],
                    **url,
                },
                read=_AcceptedReader(),
                safe=True,
            ),
            stop_on_error=stop_on_error,
        )

    @paged
    def changers(
        self,
        changed_customer_attribute: str,
        *,
        start_date: inputs.DateLike | None = None,
        end_date: inputs.DateLike | None = None,
        attributes: Iterable[str] = (),
        page_size: int | None = PAGE_SIZE,
        max_items: int | None = None,
    ) -> Call[Page[AttributeChange]]:
        """GetCustomerAttributeChangers: whose attribute changed, from what to what.

        Today's function answers for the last day and has no dates; older servers want both. It is slow:
        give it a long timeout.

        Args:
            changed_customer_attribute: exactly one RealFieldName.
            start_date: the first day, a date or ``YYYY-MM-DD``, for older servers.
            end_date: the last day.
            attributes: customer attributes to add to each row, by RealFieldName.
            page_size: rows to ask for at once; None asks for everything in one answer.
            max_items: stop after so many rows.

        Returns:
            A pager of `AttributeChange`.

        Raises:
            InvalidInput: before anything is sent.
            APIError, TransportError, DecodeError: while iterating.

        Evidence: documentation.

        Source: https://developer.optimove.com/reference/get_customers-getcustomerattributechangers
        """
        return pages_of(
            AttributeChange,
            "customers/GetCustomerAttributeChangers",
            {
                "ChangedCustomerAttribute": inputs.text(
                    "changed_customer_attribute", changed_customer_attribute
                ),
                **inputs.days(start_date, end_date),
            },
            attributes=inputs.attribute_names(attributes),
            page_size=page_size,
            max_items=max_items,
        )


def _pairs(values: Mapping[str, AttributeValue]) -> list[dict[str, Any]]:
    return [{"RealFieldName": name, "Value": value} for name, value in values.items()]


def _callback(key: str, url: str | None) -> dict[str, str]:
    return {} if url is None else {key: inputs.web_url("callback_url", url)}


@attrs.frozen
class _AcceptedReader:
    """Reads an acceptance: usually nothing, perhaps a request id, and ``errors`` where the input is wrong."""

    def __call__(self, response: Response) -> WriteAccepted:
        answer.Nothing()(response)
        said = answer.parsed(response)
        return codec.decode(said, WriteAccepted) if isinstance(said, Mapping) else WriteAccepted()
