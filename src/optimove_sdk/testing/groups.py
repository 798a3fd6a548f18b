"""The groups customers are in: lifecycle stages, value segments, microsegments, target groups.

Every customer of a campaign is in one of each, worked out from the customer's number, until `Groups.move`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import attrs

from .campaign import customer_index
from .changes import Change, Changes

VALUE_SEGMENT: Final = "ValueSegmentID"
MICROSEGMENT: Final = "MicrosegmentID"
TARGET_GROUP: Final = "TargetGroupID"
_NO_TARGET_GROUP: Final = -1


def _microsegments() -> list[dict[str, Any]]:
    keys = ("MicrosegmentID", "MicrosegmentName", "LifecycleStageID", "FutureValue", "ChurnRate")
    rows = (
        (1, "DWag1-Europe-Winner", 1, 870.55, 0.55),
        (2, "DWag2-US-Loser", 2, 1065.1, 0.52),
        (3, "DWag3-ROW-Winner", 2, 1213.76, 0.57),
    )
    return [dict(zip(keys, row, strict=True)) for row in rows]


@attrs.define
class Catalogue:
    """Names by number, to be added to; at first the documentation's own samples.

    Source: https://docs.optimove.com/api-usage-guide
    """

    actions: dict[int, str] = attrs.field(
        factory=lambda: {1: "10% Bonus", 2: "15% Bonus", 3: "20% Bonus"},
    )
    target_groups: dict[int, str] = attrs.field(factory=lambda: {1: "New UK", 2: "New DE"})
    value_segments: dict[int, str] = attrs.field(
        factory=lambda: {1: "Diamond", 2: "Gold", 3: "Silver", 4: "Bronze"}
    )
    lifecycle_stages: dict[int, str] = attrs.field(
        factory=lambda: {1: "New", 2: "Active", 3: "FromChurn", 4: "Churn"}
    )
    microsegments: list[dict[str, Any]] = attrs.field(factory=_microsegments)


class Groups:
    """Who is where. ``population`` is how many customers there are."""

    def __init__(self, catalogue: Catalogue, changes: Changes) -> None:
        self._catalogue = catalogue
        self._changes = changes
        self.population = 0

    def move(self, kind: str, customer: str, group: int, day: date) -> None:
        """Put a customer into another group."""
        index = customer_index(customer)
        before = self._changes.latest(kind).get(customer, self._first(kind, index))
        self._changes.note(Change(day, kind, customer, before, group))

    def in_stage(self, stage: int) -> Sequence[int]:
        """Return the numbers of the customers in a lifecycle stage."""
        return self._spread(list(self._catalogue.lifecycle_stages), stage)

    def in_value_segment(self, segment: int, day: date) -> list[Sequence[int]]:
        """Return the numbers of the customers who were in a value segment on a day, in pieces."""
        everybody = self._spread(list(self._catalogue.value_segments), segment)
        moved = {customer_index(who): to for who, to in self._changes.latest(VALUE_SEGMENT, day).items()}
        gone = sorted(index for index in moved if index is not None and index in everybody)
        arrived = [index for index, to in moved.items() if index is not None and to == segment]
        return [*_without(everybody, gone), arrived]

    def _first(self, kind: str, index: int | None) -> int | None:
        groups = {
            VALUE_SEGMENT: list(self._catalogue.value_segments),
            MICROSEGMENT: [row["MicrosegmentID"] for row in self._catalogue.microsegments],
            TARGET_GROUP: [_NO_TARGET_GROUP],
        }[kind]
        return None if index is None or not groups else groups[index % len(groups)]

    def _spread(self, groups: list[int], group: int) -> Sequence[int]:
        if group not in groups:
            return ()
        return range(groups.index(group), self.population, len(groups))


def _without(numbers: Sequence[int], gone: Sequence[int]) -> list[Sequence[int]]:
    """Cut some numbers out of a sequence without going through it."""
    pieces, start = [], 0
    for number in gone:
        at = numbers.index(number)
        pieces.append(numbers[start:at])
        start = at + 1
    return [*pieces, numbers[start:]]
