"""A page of customers: where it is, how it is fetched, and how it falls into batches.

Rows live in memory only, for as long as the page is worked on. What is stored is where the page is, how many
rows came, and a digest of them: after a crash the page is fetched again, and if other customers are on it
then, that is an error rather than a second message to somebody.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final

import attrs

from ..client import AsyncOptimove
from ..core.call import Call, Page
from ..errors import OptimoveError
from ..wire.names import fold
from .base import Campaign, DeliveryBatch, Grant, Recipient
from .ledger import grant_for, prefixed
from .settings import ConnectorSettings

AUDIENCE: Final = "audience"
PROCESSED: Final = "processed"
_END: Final = {"received": 0, "digest": "", "batches": [], "later": []}


class AudienceChanged(OptimoveError):
    """The page does not hold the customers any more that it held when its delivery began."""


@attrs.define
class Member:
    """A customer on a page. Not frozen: there are so many that how long it takes to make one counts.

    ``scheduled`` is as Optimove says it, perhaps without a zone.
    """

    recipient: Recipient
    template_id: int | None = None
    scheduled: datetime | None = None
    action_id: int | None = None
    template_name: str | None = None


@attrs.frozen
class PageRef:
    """Which page: plain values, as they are stored.

    ``at`` is the time of those whose time had not come when the page was first looked at. ``previous`` is
    the digest of the page before. ``clearance_by`` is when statuses are due, ``codes`` the promotions of
    each action where rows do not name their own. ``attempt`` counts how often the flow was run again by
    hand. The sizes are those of the flow's start: other settings must
    not cut a page differently while it is worked on.
    """

    flow: str
    kind: str
    tenant: str
    campaign_id: int
    channel_id: int | None
    page_size: int
    batch_size: int
    skip: int = 0
    at: float | None = None
    previous: str = ""
    clearance_by: float | None = None
    codes: Mapping[str, list[str]] = attrs.field(factory=dict)
    attempt: int = 0

    @property
    def id(self) -> str:
        """The id of the workflow that works on the page."""
        again = f":again:{self.attempt}" if self.attempt else ""
        return f"{self.flow}:page:{self.cursor}{again}"

    @property
    def cursor(self) -> str:
        """Where it is in the audience, and for which time."""
        return str(self.skip) if self.at is None else f"{self.skip}.{self.at:.0f}"

    @property
    def campaign(self) -> Campaign:
        """The campaign and the channel."""
        return Campaign(self.tenant, self.campaign_id, self.channel_id)

    def following(self, received: int, digest: str) -> PageRef:
        """Return the page that begins after the rows that were received."""
        return attrs.evolve(self, skip=self.skip + received, previous=digest)


@attrs.frozen
class Part:
    """A batch of a page, the members it was made of, and their grants."""

    batch: DeliveryBatch
    members: list[Member] = attrs.field(repr=False)

    @property
    def due(self) -> float:
        """When it is to be sent; 0 is at once."""
        return _due(self.batch.send_at)

    def grants(self) -> dict[str, list[Grant]]:
        """Return the grants of each member, by their ids."""
        found: dict[str, list[Grant]] = {}
        for one in self.members:
            customer = one.recipient.customer_id
            codes = one.recipient.promo_codes
            found[customer] = [grant_for(self.batch.campaign, customer, code) for code in codes]
        return found

    def actions(self) -> dict[str, int | None]:
        """Return the action of each member, by their ids."""
        return {one.recipient.customer_id: one.action_id for one in self.members}


@attrs.frozen
class Fetched:
    """A page in memory."""

    received: int
    digest: str
    parts: list[Part] = attrs.field(repr=False)


class Customers:
    """The customers on one page, fetched when they are needed, and again after a crash."""

    def __init__(
        self, ref: PageRef, client: AsyncOptimove, attributes: Sequence[str], settings: ConnectorSettings
    ) -> None:
        self._ref = ref
        self._client = client
        self._attributes = attributes
        self._settings = settings
        self._fetched: Fetched | None = None

    async def look(self) -> dict[str, Any]:
        """Fetch the page, and return what may be stored: how many rows, their digest, and the batches.

        Each batch is its size and its time; ``later`` are the times that have not come yet.
        """
        page = await self._fetch()
        if not page.received:
            return dict(_END)
        if page.digest == self._ref.previous:
            raise AudienceChanged("the server answered the same page twice: it does not page this function")
        return {
            "received": page.received,
            "digest": page.digest,
            "batches": [[len(part.members), part.due] for part in page.parts],
            "later": self._later(page.parts),
        }

    async def parts(self, digest: str) -> list[Part]:
        """Return the batches of the page, as it was looked at.

        Raises:
            AudienceChanged: other customers are on it now.
        """
        page = await self._fetch()
        if page.digest != digest:
            raise AudienceChanged(f"page {self._ref.id} holds other customers than before")
        return page.parts

    async def _fetch(self) -> Fetched:
        if self._fetched is None:
            page = await self._client.send(self._call())
            read = _READERS[self._ref.kind]
            members = [read(row, self._ref) for row in page.items]
            self._fetched = Fetched(len(members), _digest(members), self._cut(members))
        return self._fetched

    def _call(self) -> Call[Page[Any]]:
        plan, ref = self._client.plan.customers, self._ref
        size = ref.page_size
        if ref.kind == PROCESSED:
            return at_row(plan.processed(ref.campaign_id, page_size=size), ref.skip)
        first = plan.execution_details(
            ref.campaign_id, ref.channel_id or 0, attributes=self._attributes, page_size=size
        )
        return at_row(first, ref.skip)

    def _later(self, parts: Sequence[Part]) -> list[float]:
        """Return the times that have not come: those customers wait, unless the vendor waits for them."""
        if self._ref.at is not None or not self._settings.hold_until_scheduled:
            return []
        now = self._settings.now().timestamp()
        return sorted({part.due for part in parts if part.due > now})

    def _groups(self, members: Sequence[Member]) -> list[list[Member]]:
        """Return the members by time and template, in an order that does not change."""
        due = cache(lambda when: _due(self._settings.local(when)))  # of all the members, few times differ
        groups: dict[tuple[float, int], list[Member]] = defaultdict(list)
        for one in members:
            groups[due(one.scheduled), -1 if one.template_id is None else one.template_id].append(one)
        return [groups[key] for key in sorted(groups)]

    def _cut(self, members: Sequence[Member]) -> list[Part]:
        size = self._ref.batch_size
        numbers: dict[int | None, int] = defaultdict(int)
        parts = []
        for group in self._groups(members):
            first = group[0]
            send_at = self._settings.local(first.scheduled)
            for start in range(0, len(group), size):
                some = group[start : start + size]
                key = self._key(first.template_id, numbers[first.template_id])
                numbers[first.template_id] += 1
                people = tuple(one.recipient for one in some)
                batch = DeliveryBatch(
                    key, self._ref.campaign, first.template_id, people, send_at, first.template_name
                )
                parts.append(Part(batch, some))
        return parts

    def _key(self, template: int | None, number: int) -> str:
        ref = self._ref
        parts = (ref.campaign_id, ref.channel_id, template, ref.cursor, number)
        return prefixed(ref.tenant, "-".join("x" if part is None else str(part) for part in parts))


def at_row(call: Call[Page[Any]], skip: int) -> Call[Page[Any]]:
    """Return the call for a page further on. Pages are chained by the connector, not by the pager."""
    return Call(call.method, call.path, params={**call.params, "$skip": skip}, read=call.read)


def _due(when: datetime | None) -> float:
    return when.timestamp() if when else 0.0


def _digest(members: Sequence[Member]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for one in members:
        digest.update(f"{one.recipient.customer_id}\0{one.template_id}\0".encode())
    return digest.hexdigest()


def _of_audience(row: Any, _: PageRef) -> Member:
    recipient = Recipient(row.customer_id, row.attributes, row.promo_codes)
    return Member(recipient, row.template_id, row.scheduled_time, row.action_id, row.template_name)


def _of_processed(row: Mapping[str, Any], ref: PageRef) -> Member:
    """Read a row whose schema is not published, by the names other functions use."""
    known = {fold(name): value for name, value in row.items()}
    action = str(known.get("actionid") or "")
    codes = known.get("promocodes") or known.get("promocode") or ref.codes.get(action, [])
    if isinstance(codes, str):
        codes = [code.strip() for code in codes.split(",") if code.strip()]
    recipient = Recipient(str(known["customerid"]), promo_codes=tuple(map(str, codes)))
    return Member(recipient, action_id=int(action) if action.isdigit() else None)


_READERS: Final[Mapping[str, Callable[[Any, PageRef], Member]]] = {
    AUDIENCE: _of_audience,
    PROCESSED: _of_processed,
}
