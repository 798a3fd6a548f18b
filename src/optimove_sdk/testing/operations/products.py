"""Which products suit customers, and what revenue is expected of them: all of it generated."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any, Final

from ..answers import bad_request
from ..campaign import Campaign, Part, Row, customer_id, customer_index, number
from ..routing import Asked, operation
from ..world import World
from .pages import audience, customer_row, days_of, page

_EACH: Final = 2
"""How many products each customer is recommended."""
_PRODUCTS: Final = 100
_MONTH: Final = 30
_RECOMMENDATION: Final = 1
"""A type of recommendation; what the numbers mean is not published."""


@operation("GET", "customers/GetCustomerProductRecommendations")
def recommendations(world: World, asked: Asked) -> list[Row]:
    """Return the products recommended to all customers, or to one; the best first.

    How many each customer gets is the fake's choice. With ``SuggestedInCampaign`` it is those who were in a
    campaign in a range of days, by default of the past month.
    """
    names = [name for name in asked.params.get("productattributes", "").strip('"').split(",") if name]
    groups: list[Sequence[int]] = [range(world.groups.population)]
    if asked.says("SuggestedInCampaign"):
        first, last = days_of(world, asked, _MONTH)
        groups = [audience(one) for one in world.campaigns.values() if first <= one.executed.date() <= last]
    if "customerid" in asked.params:
        only = customer_index(asked.text("CustomerID"))
        groups = [(only,) for members in groups if only is not None and only in members]
    return page(world, asked, [_recommended(world, members, names) for members in groups])


def _recommended(world: World, members: Sequence[int], names: Sequence[str]) -> Part:
    def row(position: int) -> Row:
        index, rank = members[position // _EACH], position % _EACH
        chosen = number(world.seed, "product", index, rank) % _PRODUCTS
        attributes = [f"{name}-{number(world.seed, name, chosen) % 10}" for name in names]
        more = {"ProductAttributes": attributes} if names else {}
        product = {"ProductID": f"product{chosen}", "RecommendationType": _RECOMMENDATION}
        return {"CustomerID": customer_id(index), **product, **more}

    return Part(range(len(members) * _EACH), row)


@operation("GET", "customers/GetCustomerProductDetailsByDate")
def details_by_date(world: World, asked: Asked) -> list[Row]:
    """Return who was in a campaign of a day. The rows are not published: here they are ids only."""
    return _ids(world, asked, list(world.executed_on(asked.day("Date"))))


@operation("GET", "customers/GetCustomerProductDetailsByCampaign")
def details_by_campaign(world: World, asked: Asked) -> list[Row]:
    """Return who was in a campaign. The rows are not published: here they are ids only."""
    return _ids(world, asked, [world.campaign(asked.whole("CampaignID"))])


def _ids(world: World, asked: Asked, campaigns: Sequence[Campaign]) -> list[Row]:
    return page(world, asked, [Part(audience(one), customer_row) for one in campaigns])


@operation("GET", "customers/GetCustomerFutureValues")
def future_values(world: World, asked: Asked) -> list[dict[str, Any]]:
    """Return what is expected of customers in some lifecycle stages, or with a value of an attribute."""
    row = _future_value(world)
    if "lifecyclestageid" not in asked.params:
        return _with_value(world, asked, row)
    stages = asked.text("LifecycleStageID").split(",")
    if not all(stage.isascii() and stage.isdigit() for stage in stages):
        raise bad_request("LifecycleStageID must be integers")
    return page(world, asked, [Part(world.groups.in_stage(int(stage)), row) for stage in stages])


def _with_value(world: World, asked: Asked, row: Callable[[int], Row]) -> list[Row]:
    name, value = asked.text("CustomerAttribute"), asked.text("CustomerAttributeValue").lower()

    def has_it(index: int) -> bool:
        return (world.attributes.value(customer_id(index), name) or "").lower() == value

    found = map(row, filter(has_it, range(world.groups.population)))
    skip = asked.whole("$skip", 0)
    return list(islice(found, skip, skip + min(asked.whole("$top", world.page_cap), world.page_cap)))


def _future_value(world: World) -> Callable[[int], Row]:
    def row(index: int) -> Row:
        cents = number(world.seed, "future value", index) % 100_000
        return {"CustomerID": customer_id(index), "FutureValue": cents / 100}

    return row
