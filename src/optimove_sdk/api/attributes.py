"""Attributes of customers: read one customer's, overwrite many customers'."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import attrs

from ..core.batch import Batch, batch_of
from ..core.call import Call
from ..core.endpoint import Face, Resource, batched, endpoint
from ..errors import InvalidInput
from ..wire import inputs
from ..wire.fields import Model

MAX_CUSTOMERS_PER_CALL = 1_000
MAX_ATTRIBUTES_PER_CUSTOMER = 10

AttributeValue: TypeAlias = str | int | float | bool | None


@attrs.frozen
class CustomerAttribute(Model):
    """One attribute of a customer. Values come as strings, whatever ``field_type`` says, or None."""

    real_field_name: str
    alias: str | None = None
    field_type: str | None = None
    value: str | None = None


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

        Source: https://developer.optimove.com/reference (navigation only)
        """
        path = f"/Customers/{inputs.segment('customer_id', customer_id)}/Attributes"
        return Call("GET", path, into=list[CustomerAttribute])

    @batched
    def update(
        self,
        customers: Mapping[str, Mapping[str, AttributeValue]],
        *,
        callback_url: str | None = None,
        stop_on_error: bool = False,
    ) -> Batch[str]:
        """UpdateCustomerAttributes: overwrite attribute values. Optimove works on it afterwards.

        "ok" therefore means accepted. What became of each customer is told only at the callback URL, up to a
        minute later.

        Args:
            customers: for each customer id, values by RealFieldName, at most 10 each. Any number of
                customers; 1,000 are sent in one call.
            callback_url: an absolute http(s) URL that Optimove POSTs the outcome to.
            stop_on_error: do not send the rest after a call that failed.

        Returns:
            A `BatchResult`, one outcome for each customer id.

        Raises:
            InvalidInput: a customer has none or more than 10 attributes; nothing was sent.

        Source: https://developer.optimove.com/reference/post_customers-updatecustomerattributes
        """
        for index, customer_id in enumerate(inputs.texts("customers", customers)):
            count = len(customers[customer_id])
            if not 1 <= count <= MAX_ATTRIBUTES_PER_CUSTOMER:
                raise InvalidInput(
                    f"customers: number {index} has {count} attributes; Optimove takes 1 to"
                    f" {MAX_ATTRIBUTES_PER_CUSTOMER} for a customer in one call"
                )
        url = {} if callback_url is None else {"CallbackURL": inputs.web_url("callback_url", callback_url)}
        return batch_of(
            list(customers),
            MAX_CUSTOMERS_PER_CALL,
            lambda part: Call(
                "POST",
                "customers/UpdateCustomerAttributes",
                json={"CustomerNewAttributesValuesList": [_update(c, customers[c]) for c in part], **url},
                safe=True,
            ),
            stop_on_error=stop_on_error,
        )


def _update(customer_id: str, values: Mapping[str, AttributeValue]) -> dict[str, Any]:
    pairs = [{"RealFieldName": name, "Value": value} for name, value in values.items()]
    return {"CustomerID": customer_id, "Attributes": pairs}
