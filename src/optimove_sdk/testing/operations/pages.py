"""How a page of customers is made: at most ``page_cap`` rows, and past the end none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta

from ..answers import NOT_FOUND, Refused
from ..campaign import Campaign, Part, Row, Stage, customer_id, listing
from ..routing import Asked
from ..world import World


def page(world: World, asked: Asked, parts: Iterable[Part]) -> list[Row]:
    """Return the rows that ``$top`` and ``$skip`` ask for; ``$top`` is capped silently."""
    top = asked.whole("$top", world.page_cap)
    return listing(parts, asked.whole("$skip", 0), min(top, world.page_cap))


def page_of(world: World, asked: Asked, rows: Sequence[Row]) -> list[Row]:
    """Return a page of rows that are all there already, with attributes if any are asked for."""
    return page(world, asked, [Part(range(len(rows)), with_attributes(world, asked, rows.__getitem__))])


def audience(campaign: Campaign, channel: int | None = None) -> Sequence[int]:
    """Return who is reached by a campaign now, or refuse a channel it does not have."""
    if channel is not None and channel not in campaign.channels:
        raise Refused(NOT_FOUND)
    return campaign.members if campaign.stage is Stage.READY else ()


def customer_row(index: int) -> Row:
    """Return a row of nothing but the customer's id."""
    return {"CustomerID": customer_id(index)}


def with_attributes(world: World, asked: Asked, row: Callable[[int], Row]) -> Callable[[int], Row]:
    """Add the customer attributes that are asked for, by position."""
    names = asked.names("CustomerAttributes")

    def wider(index: int) -> Row:
        made = row(index)
        values = [world.attributes.value(made["CustomerID"], name) for name in names]
        return {**made, "CustomerAttributes": values}

    return wider if names else row


def days_of(world: World, asked: Asked, back: int = 1) -> tuple[date, date]:
    """Return the first and the last day that is asked for; without dates, the days until today."""
    today = world.today()
    return asked.day("StartDate", today - timedelta(back)), asked.day("EndDate", today)
