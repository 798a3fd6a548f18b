"""The customer model: attributes, lifecycle stages, microsegments."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ..core.call import Call, Page
from ..core.endpoint import Face, Resource, endpoint, paged
from ..core.pages import PAGE_SIZE, pages_of
from ..wire import inputs
from ..wire.fields import Model as WireModel
from ..wire.fields import Row


@attrs.frozen
class AttributeDefinition(WireModel):
    """A customer attribute: the name to ask for it by, and what it means."""

    real_field_name: str
    description: str | None = None


@attrs.frozen
class LifecycleStage(WireModel):
    """A stage of a customer's life."""

    stage_id: int
    stage_name: str | None = None


@attrs.frozen
class Microsegment(WireModel):
    """A microsegment, with the future value and the churn rate of its customers."""

    microsegment_id: int
    microsegment_name: str | None = None
    lifecycle_stage_id: int | None = None
    future_value: float | None = None
    churn_rate: float | None = None


@attrs.frozen
class MicrosegmentChange(Row):
    """A customer who moved from one microsegment to another."""

    customer_id: str
    initial_microsegment_id: int | None = None
    final_microsegment_id: int | None = None


class Model(Resource[Face]):
    """The customer model: attributes, lifecycle stages, microsegments."""

    @endpoint
    def customer_attributes(self) -> Call[list[AttributeDefinition]]:
        """GetCustomerAttributeList: the attributes that can be asked for with customers.

        Returns:
            The definitions; ``real_field_name`` is what ``attributes=`` takes.

        Raises:
            APIError: Optimove refused.

        Evidence: old documentation, through a client's test data.

        Source: https://docs.optimove.com/api-usage-guide
        """
        return Call("GET", "model/GetCustomerAttributeList", into=list[AttributeDefinition])

    @endpoint
    def lifecycle_stages(self) -> Call[list[LifecycleStage]]:
        """GetLifecycleStageList: all lifecycle stages, for use in other functions.

        Returns:
            The stages.

        Raises:
            APIError: Optimove refused.

        Evidence: documentation.

        Source: https://developer.optimove.com/reference/get_model-getlifecyclestagelist
        """
        return Call("GET", "model/GetLifecycleStageList", into=list[LifecycleStage])

    @endpoint
    def microsegments(self) -> Call[list[Microsegment]]:
        """GetMicrosegmentList: all microsegments.

        Returns:
            The microsegments.

        Raises:
            APIError: Optimove refused.

        Evidence: old documentation, through a client's test data.

        Source: https://docs.optimove.com/api-usage-guide
        """
        return Call("GET", "model/GetMicrosegmentList", into=list[Microsegment])

    @paged
    def microsegment_changers(
        self,
        *,
        start_date: inputs.DateLike | None = None,
        end_date: inputs.DateLike | None = None,
        attributes: Iterable[str] = (),
        page_size: int | None = PAGE_SIZE,
        max_items: int | None = None,
    ) -> Call[Page[MicrosegmentChange]]:
        """GetMicrosegmentChangers: who moved between microsegments.

        Older servers want both dates; newer documentation has no dates and answers for the last day.

        Args:
            start_date: the first day, a date or ``YYYY-MM-DD``.
            end_date: the last day.
            attributes: customer attributes to add to each row, by RealFieldName.
            page_size: rows to ask for at once; None asks for everything in one answer.
            max_items: stop after so many rows.

        Returns:
            A pager of `MicrosegmentChange`.

        Raises:
            InvalidInput: one date without the other, or out of order.
            APIError, TransportError, DecodeError: while iterating.

        Evidence: old documentation, through a client's test data.

        Source: https://docs.optimove.com/api-usage-guide
        """
        return pages_of(
            MicrosegmentChange,
            "model/GetMicrosegmentChangers",
            inputs.days(start_date, end_date),
            attributes=inputs.attribute_names(attributes),
            page_size=page_size,
            max_items=max_items,
        )
