"""Target groups: who campaigns are aimed at."""

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
class TargetGroup(Model):
    """A target group. Where a date is asked for, only its id is answered."""

    target_group_id: int
    target_group_name: str | None = None
    target_group_priority: int | None = None


@attrs.frozen
class TargetGroupChange(Row):
    """A customer who moved from one target group to another; -1 seems to mean that there was none."""

    customer_id: str
    initial_target_group_id: int | None = None
    final_target_group_id: int | None = None


class TargetGroups(Resource[Face]):
    """Target groups: who campaigns are aimed at."""

    @endpoint
    def executed_on(self, date: inputs.DateLike) -> Call[ListOf[TargetGroup]]:
        """GetTargetGroupsByDate: the target groups for which an action was executed on a date.

        Args:
            date: the day, a date or ``YYYY-MM-DD``.

        Returns:
            The groups, by id only.

        Raises:
            InvalidInput: not a date.
            APIError: Optimove refused.

        Evidence: old documentation, through a client's test data.

        Source: https://docs.optimove.com/api-usage-guide
        """
        params = {"Date": inputs.day("date", date)}
        return Call("GET", "groups/GetTargetGroupsByDate", params=params, into=list[TargetGroup])

    @endpoint
    def id_of(self, target_group_name: str) -> Call[int]:
        """GetTargetGroupID: the number of a target group.

        Args:
            target_group_name: the group's name.

        Returns:
            The number.

        Raises:
            NotFound: there is no such group.
            APIError: Optimove refused.

        Evidence: old documentation, through a client's test data.

        Source: https://docs.optimove.com/api-usage-guide
        """
        params = {"TargetGroupName": inputs.text("target_group_name", target_group_name)}
        return Call("GET", "groups/GetTargetGroupID", params=params, read=Field("TargetGroupID", int))

    @endpoint
    def name_of(self, target_group_id: int) -> Call[str]:
        """GetTargetGroupName: the name of a target group.

        Args:
            target_group_id: the group's number.

        Returns:
            The name.

        Raises:
            NotFound: there is no such group.
            APIError: Optimove refused.

        Evidence: old documentation, through a client's test data.

        Source: https://docs.optimove.com/api-usage-guide
        """
        params = inputs.ids(target_group_id=target_group_id)
        return Call("GET", "groups/GetTargetGroupName", params=params, read=Field("TargetGroupName", str))

    @endpoint
    def list(self) -> Call[ListOf[TargetGroup]]:
        """GetTargetGroupDetails: all target groups, with name and priority.

        Returns:
            The groups.

        Raises:
            APIError: Optimove refused.

        Evidence: old documentation, through a client's test data.

        Source: https://docs.optimove.com/api-usage-guide
        """
        return Call("GET", "groups/GetTargetGroupDetails", into=list[TargetGroup])

    @paged
    def changers(
        self,
        *,
        start_date: inputs.DateLike | None = None,
        end_date: inputs.DateLike | None = None,
        attributes: Iterable[str] = (),
        page_size: int | None = PAGE_SIZE,
        max_items: int | None = None,
    ) -> Call[Page[TargetGroupChange]]:
        """GetTargetGroupChangers: who moved between target groups in a range of days.

        Only old documentation has this function; newer lists of functions do not.

        Args:
            start_date: the first day, a date or ``YYYY-MM-DD``.
            end_date: the last day.
            attributes: customer attributes to add to each row, by RealFieldName.
            page_size: rows to ask for at once; None asks for everything in one answer.
            max_items: stop after so many rows.

        Returns:
            A pager of `TargetGroupChange`.

        Raises:
            InvalidInput: one date without the other, or out of order.
            APIError, TransportError, DecodeError: while iterating.

        Evidence: old documentation, through a client's test data.

        Source: https://docs.optimove.com/api-usage-guide
        """
        return pages_of(
            TargetGroupChange,
            "customers/GetTargetGroupChangers",
            inputs.days(start_date, end_date),
            attributes=inputs.attribute_names(attributes),
            page_size=page_size,
            max_items=max_items,
        )
