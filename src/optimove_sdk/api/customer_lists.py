"""Customer lists: target groups made of ids you upload."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs

from ..core.call import Call
from ..core.endpoint import Face, Resource, endpoint
from ..wire import inputs
from ..wire.fields import Model, spelled


@attrs.frozen
class CustomerList(Model):
    """A list that was made. Of the last two fields only the names are published, so they come as answered."""

    target_group_id: int | str | None = attrs.field(default=None, metadata=spelled("target-group-id"))
    list_id: int | str | None = attrs.field(default=None, metadata=spelled("list-id"))
    list_name: str | None = attrs.field(default=None, metadata=spelled("list-name"))
    existed_customers: Any = attrs.field(default=None, hash=False, metadata=spelled("existed-customers"))
    non_existed_customers: Any = attrs.field(
        default=None, hash=False, metadata=spelled("non-existed-customers")
    )


class CustomerLists(Resource[Face]):
    """Customer lists: target groups made of ids you upload."""

    @endpoint
    def create(self, list_name: str, customers: Iterable[str]) -> Call[CustomerList]:
        """CreateCustomerList: make a target group of customer ids.

        A repeated call makes a second list, so it is not sent again once it may have arrived. How many
        customers a call may carry is not published.

        Args:
            list_name: the list's name.
            customers: customer ids.

        Returns:
            The list.

        Raises:
            InvalidInput: the name or an id is empty; nothing was sent.
            APIError: Optimove refused.

        Evidence: documentation.

        Source: https://developer.optimove.com/docs/introduction-to-the-customer-lists-api
        """
        body = {
            "list-name": inputs.text("list_name", list_name),
            "customers": inputs.texts("customers", customers),
        }
        return Call("POST", "/api/v2/target-group/customer-list", json=body, into=CustomerList, safe=False)
