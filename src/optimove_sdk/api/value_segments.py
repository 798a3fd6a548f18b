"""Value segments: customers by their worth."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ..core.answer import Field
from ..core.call import Call, ListOf, Page
from ..core.endpoint import Face, Resource, endpoint, paged
from ..core.pages import PAGE_SIZE, pages_of
from ..wire import inputs
from ..wire.fields import Model, Row


@attrs.frozen
class ValueSegment(Model):
    """A value segment."""

    value_segment_id: int
    value_segment_name: str | None = None


@attrs.frozen
class SegmentCustomer(Row):
    """A customer of a value segment."""

    customer_id: str


@attrs.frozen
class ValueSegmentChange(Row):
    """A customer who moved from one value segment to another."""

    customer_id: str
    initial_value_segment_id: int | None = None
    final_value_segment_id: int | None = None


class ValueSegments(Resource[Face]):
    """Value segments: customers by their worth."""

    @endpoint
    def list(self) -> Call[ListOf[ValueSegment]]:
        """GetValueSegments: all value segments.

        Returns:
            The segments.

        Raises:
            APIError: Optimove refused.

        Evidence: old documentation, through a client's test data.

        Source: https://docs.optimove.com/api-usage-guide
        """
        return Call("GET", "segments/GetValueSegments", into=list[ValueSegment])

    @endpoint
    def id_of(self, value_segment_name: str) -> Call[int]:
        """GetValueSegmentID: the number of a value segment.

        Args:
            value_segment_name: the segment's name.

        Returns:
            The number.

        Raises:
            NotFound: there is no such segment.
            APIError: Optimove refused.

        Evidence: old documentation, through a client's test data.

        Source: https://docs.optimove.com/api-usage-guide
        """
        params = {"ValueSegmentName": inputs.text("value_segment_name", value_segment_name)}
        return Call("GET", "segments/GetValueSegmentID", params=params, read=Field("ValueSegmentID", int))

    @endpoint
    def name_of(self, value_segment_id: int) -> Call[str]:
        """GetValueSegmentName: the name of a value segment.

        Args:
            value_segment_id: the segment's number.

        Returns:
            The name.

        Raises:
            NotFound: there is no such segment.
            APIError: Optimove refused.

        Evidence: old documentation, through a client's test data.

        Source: https://docs.optimove.com/api-usage-guide
        """
        params = inputs.ids(value_segment_id=value_segment_id)
        return Call("GET", "segments/GetValueSegmentName", params=params, read=Field("ValueSegmentName", str))

    @paged
    def customers(
        self,
        value_segment_id: int,
        date: inputs.DateLike,
        *,
        attributes: Iterable[str] = (),
        page_size: int | None = PAGE_SIZE,
        max_items: int | None = None,
    ) -> Call[Page[SegmentCustomer]]:
        """GetCustomersByValueSegment: who was in a value segment on a date.

        Args:
            value_segment_id: the segment.
            date: the day, a date or ``YYYY-MM-DD``.
            attributes: customer attributes to add to each row, by RealFieldName.
            page_size: rows to ask for at once; None asks for everything in one answer.
            max_items: stop after so many rows.

        Returns:
            A pager of `SegmentCustomer`.

        Raises:
            InvalidInput: before anything is sent.
            APIError, TransportError, DecodeError: while iterating.

        Evidence: old documentation, through a client's test data.

        Source: https://docs.optimove.com/api-usage-guide
        """
        return pages_of(
            SegmentCustomer,
            "segments/GetCustomersByValueSegment",
            {**inputs.ids(value_segment_id=value_segment_id), "Date": inputs.day("date", date)},
            attributes=inputs.attribute_names(attributes),
            page_size=page_size,
            max_items=max_items,
        )

    @paged
    def changers(
        self,
        *,
        start_date: inputs.DateLike | None = None,
        end_date: inputs.DateLike | None = None,
        attributes: Iterable[str] = (),
        page_size: int | None = PAGE_SIZE,
        max_items: int | None = None,
    ) -> Call[Page[ValueSegmentChange]]:
        """GetValueSegmentChangers: who moved between value segments in a range of days.

        Whether newer servers still take the dates is not published.

        Args:
            start_date: the first day, a date or ``YYYY-MM-DD``.
            end_date: the last day.
            attributes: customer attributes to add to each row, by RealFieldName.
            page_size: rows to ask for at once; None asks for everything in one answer.
            max_items: stop after so many rows.

        Returns:
            A pager of `ValueSegmentChange`.

        Raises:
            InvalidInput: one date without the other, or out of order.
            APIError, TransportError, DecodeError: while iterating.

        Evidence: old documentation, through a client's test data.

        Source: https://docs.optimove.com/api-usage-guide
        """
        return pages_of(
            ValueSegmentChange,
            "segments/GetValueSegmentChangers",
            inputs.days(start_date, end_date),
            attributes=inputs.attribute_names(attributes),
            page_size=page_size,
            max_items=max_items,
        )
