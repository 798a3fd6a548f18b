"""Who does not want mail any more.

Sources: https://developer.optimove.com/reference/get_optimail-getunsubscribers and its sisters
"""

from __future__ import annotations

from typing import Any, Final

from ..answers import NOT_FOUND, Refused
from ..routing import Asked, checked_list, operation
from ..world import World
from .pages import page_of

_MAX_ADDRESSES: Final = 200
_INVALID: Final = {"Error": "Invalid email"}


@operation("GET", "optimail/GetUnsubscribers")
def unsubscribers(world: World, asked: Asked) -> list[dict[str, str]]:
    """Return the addresses unsubscribed from a brand, page by page."""
    first, last = (asked.params.get(name, end) for name, end in (("startdate", ""), ("enddate", "9999")))
    rows = [
        {"Email": address, "UnsubscribedTime": time}
        for address, time in world.unsubscribed.get(asked.whole("BrandID"), {}).items()
        if first <= time[:10] <= last
    ]
    return page_of(world, asked, rows)


@operation("POST", "optimail/AddUnsubscribers")
def add(world: World, asked: Asked) -> dict[str, Any]:
    """Unsubscribe addresses from a brand, all or none."""
    brand = asked.field("BrandId", int)
    addresses = checked_list(asked.fields().get("emailaddresses"), "EmailAddresses", _MAX_ADDRESSES)
    if not all(isinstance(one, str) and "@" in one for one in addresses):
        return _INVALID
    now = f"{world.now():%Y-%m-%d %H:%M:%S}"
    world.unsubscribed.setdefault(brand, {}).update(dict.fromkeys(addresses, now))
    return {"Error": None}


@operation("POST", "optimail/DeleteUnsubscribers")
def delete(world: World, asked: Asked) -> dict[str, Any]:
    """Take one address off a brand's list; a brand without one is a wrong brand."""
    brand = asked.field("BrandId", int)
    if brand not in world.unsubscribed:
        raise Refused(NOT_FOUND)
    known = world.unsubscribed[brand].pop(str(asked.fields().get("emailaddress")), None)
    return _INVALID if known is None else {"Error": None}
