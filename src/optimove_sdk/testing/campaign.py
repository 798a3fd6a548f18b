"""A campaign, and its customers: any number of them, none stored.

Row ``i`` of an audience is worked out from the seed, the campaign and ``i`` alone, so that a page costs what
its rows cost, however far in the audience it lies, and comes out the same whenever it is asked for.
"""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeAlias

import attrs

Row: TypeAlias = dict[str, Any]

_COUNTRIES = ("UK", "US", "DE", "ES", "IL")
_PREFIX = "C"


def customer_id(index: int) -> str:
    """Return the id of the customer with this number, counted from 0."""
    return f"{_PREFIX}{index + 1:07d}"


def customer_index(identifier: str) -> int | None:
    """Return the number of the customer with this id, or None if the fake has no such customer."""
    digits = identifier.removeprefix(_PREFIX)
    index = int(digits) - 1 if digits.isascii() and digits.isdigit() else -1
    return index if index >= 0 and customer_id(index) == identifier else None


def attribute(seed: int, identifier: str, name: str) -> str:
    """Return the value of a customer's attribute."""
    chosen = number(seed, identifier, name.lower())
    known = {
        "email": lambda: f"{identifier.lower()}@example.test",
        "alias": lambda: f"Player{chosen % 10_000}",
        "country": lambda: _COUNTRIES[chosen % len(_COUNTRIES)],
        "age": lambda: str(18 + chosen % 70),
    }
    return known.get(name.lower(), lambda: f"{name}-{chosen % 1000}")()


class Stage(enum.Enum):
    """How far a campaign got."""

    READY = "ready"
    HELD = "held"
    """It waits until it is known for whom the promotion was activated."""
    CANCELED = "canceled"


@attrs.define(kw_only=True)
class Campaign:
    """One campaign. ``members`` are the numbers of its customers."""

    campaign_id: int
    members: Sequence[int] = attrs.field(repr=lambda members: f"<{len(members)} customers>")
    channels: tuple[int, ...]
    template_ids: tuple[int, ...]
    promo_codes: tuple[str, ...]
    executed: datetime
    conditional: bool = False
    duration: int = 7
    target_group_id: int = 1
    action_id: int = 2
    notes: str = ""
    stage: Stage = Stage.READY
    canceled_at: float | None = None
    scheduled_time: str = attrs.field()
    """When the messages are to be sent, as Optimove writes it."""

    @scheduled_time.default
    def _an_hour_later(self) -> str:
        return f"{self.executed + timedelta(hours=1):%Y-%m-%d %H:00:00}"

    @property
    def promo_code(self) -> str:
        """All promotion codes of the campaign in one string, as a row has them."""
        return ",".join(self.promo_codes)

    def customer_ids(self) -> Iterator[str]:
        """Yield the id of every customer."""
        return map(customer_id, self.members)

    def template_of(self, seed: int, index: int) -> int:
        """Return the template a customer gets."""
        return self.template_ids[number(seed, self.campaign_id, index) % len(self.template_ids)]


@attrs.frozen
class Part:
    """Rows of a listing that come from one campaign, made when they are asked for."""

    members: Sequence[int]
    row: Callable[[int], Row]


def listing(parts: Iterable[Part], skip: int, top: int) -> list[Row]:
    """Return ``top`` rows from row ``skip`` on."""
    rows: list[Row] = []
    for part in parts:
        rows += map(part.row, part.members[skip : skip + top - len(rows)])
        skip = max(0, skip - len(part.members))
    return rows


def number(seed: int, *key: object) -> int:
    """Return a number that is the same whenever the same is asked for."""
    digest = hashlib.blake2b(repr((seed, key)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big")
