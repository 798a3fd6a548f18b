"""Who moved between groups, whose attributes changed, and who is in a value segment.

Without dates it is the last day for which there is data: yesterday until now.
"""

from __future__ import annotations

from typing import Any

from ..attributes import change_of
from ..campaign import Part, Row
from ..groups import MICROSEGMENT, TARGET_GROUP, VALUE_SEGMENT
from ..routing import Asked, operation
from ..world import World
from .pages import customer_row, days_of, page, page_of, with_attributes


def _changers(world: World, asked: Asked, what: str, key: str) -> list[Row]:
    changed = world.changes.between(what, *days_of(world, asked))
    return page_of(
        world,
        asked,
        [
            {"CustomerID": one.customer, f"Initial{key}": one.before, f"Final{key}": one.after}
            for one in changed
        ],
    )


def _register(path: str, kind: str) -> None:
    @operation("GET", path)
    def answer(world: World, asked: Asked) -> list[Row]:
        return _changers(world, asked, kind, kind)


for _path, _kind in (
    ("model/GetMicrosegmentChangers", MICROSEGMENT),
    ("segments/GetValueSegmentChangers", VALUE_SEGMENT),
    ("customers/GetTargetGroupChangers", TARGET_GROUP),
):
    _register(_path, _kind)


@operation("GET", "customers/GetCustomerAttributeChangers")
def attribute_changers(world: World, asked: Asked) -> list[Row]:
    """Return whose attribute was overwritten with another value."""
    name = asked.text("ChangedCustomerAttribute")
    return _changers(world, asked, change_of(name), "CustomerAttribute")


@operation("GET", "segments/GetCustomersByValueSegment")
def in_value_segment(world: World, asked: Asked) -> list[dict[str, Any]]:
    """Return who was in a value segment on a day."""
    pieces = world.groups.in_value_segment(asked.whole("ValueSegmentID"), asked.day("Date"))
    row = with_attributes(world, asked, customer_row)
    return page(world, asked, [Part(piece, row) for piece in pieces])
