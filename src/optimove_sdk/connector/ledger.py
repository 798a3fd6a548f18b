"""Who was granted what, so that no promotion is granted twice to a customer in one campaign.

A batch first claims its grants, then has them granted, then notes the outcome. Whoever claims first is the
owner; a repeated batch finds its own claims again, and the batch of another channel finds them taken. What
failed can be claimed anew. Customers are digests here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any, Final, TypeVar

import attrs
import sqlalchemy as sa

from .base import Campaign, CampaignId, Grant, GrantOutcome
from .store import Store
from .tables import GRANTS

T = TypeVar("T")
_CLAIMED: Final = "claimed"
_GRANTED: Final = "granted"
_FAILED: Final = "failed"
_REVOKED: Final = "revoked"
_AT_ONCE: Final = 500
_DAY_OF_GRACE: Final = timedelta(days=1)


def customer_digest(tenant: str, customer_id: str) -> str:
    """Return what stands for a customer in the ledger and in the keys of grants."""
    return hashlib.blake2b(f"{tenant}\0{customer_id}".encode(), digest_size=16).hexdigest()


def grant_for(campaign: Campaign, customer_id: str, promo_code: str, occasion: str = "") -> Grant:
    """Return the grant; its key leaves the channel out, for the promotion to be granted on one only."""
    parts = [campaign.campaign_id, promo_code, customer_digest(campaign.tenant, customer_id), occasion]
    key = "-".join(str(part) for part in parts if part != "")
    return Grant(prefixed(campaign.tenant, key), campaign, customer_id, promo_code)


def prefixed(tenant: str, key: str) -> str:
    """Tell the keys of several tenants apart."""
    return key if tenant == "default" else f"{tenant}-{key}"


@attrs.frozen
class Claim:
    """Of a batch's grants: those it may make now, and those that are settled."""

    ours: tuple[Grant, ...]
    settled: int
    """Granted by this very batch before."""
    pending: tuple[Grant, ...]
    """Being granted by another, or failed there since. What another has granted is in none of these."""


class Ledger:
    """The ledger of grants. Everything blocks briefly."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now

    def claim(self, owner: str, grants: Sequence[Grant], actions: Mapping[str, int | None]) -> Claim:
        """Claim grants for a batch; no key may come twice. ``actions`` are the customers' actions."""
        at = self._now().timestamp()
        rows = [_row(grant, owner, actions.get(grant.customer_id), at) for grant in grants]
        self._write(rows)
        known = self._owners([row["id"] for row in rows])
        mine = [grant for grant in grants if known[grant.key][0] == owner]
        ours = tuple(grant for grant in mine if known[grant.key][1] == _CLAIMED)
        others = (grant for grant in grants if known[grant.key][0] != owner)
        # What failed between the two statements above can be claimed the next time.
        pending = tuple(grant for grant in others if known[grant.key][1] in (_CLAIMED, _FAILED))
        return Claim(ours, len(mine) - len(ours), pending)

    def _write(self, rows: list[dict[str, Any]]) -> None:
        wanted = self._store.insert(GRANTS)
        again = {name: wanted.excluded[name] for name in ("owner", "channel", "state", "at")}
        failed = GRANTS.c.state == _FAILED
        claim = wanted.on_conflict_do_update(index_elements=["id"], set_=again, where=failed)
        with self._store.begin() as connection:
            # In one order everywhere, so that two workers never wait for each other's rows.
            connection.execute(claim, sorted(rows, key=lambda row: str(row["id"])))

    def _owners(self, ids: Sequence[str]) -> dict[str, tuple[str, str]]:
        found: dict[str, tuple[str, str]] = {}
        for part in _parts(ids):
            query = sa.select(GRANTS.c.id, GRANTS.c.owner, GRANTS.c.state).where(GRANTS.c.id.in_(part))
            with self._store.begin() as connection:
                found.update({row[0]: (row[1], row[2]) for row in connection.execute(query)})
        return found

    def settle(self, owner: str, grants: Sequence[Grant], outcomes: Iterable[GrantOutcome]) -> set[str]:
        """Note what became of grants; return the keys of those that failed, or have no outcome."""
        good = {outcome.key for outcome in outcomes if outcome.ok}
        failed = [grant.key for grant in grants if grant.key not in good]
        self._set(_GRANTED, [grant.key for grant in grants if grant.key in good], owner)
        self._set(_FAILED, failed, owner)
        return set(failed)

    def revoked(self, grants: Sequence[Grant]) -> None:
        """Note that grants were taken back."""
        self._set(_REVOKED, [grant.key for grant in grants])

    def forget(self, keep: timedelta, keep_granted: timedelta) -> None:
        """Forget what was granted too long ago, and what is not granted, after its own time."""
        now = self._now()
        granted = GRANTS.c.state == _GRANTED
        for old, time in ((granted, keep_granted), (sa.not_(granted), keep)):
            stale = sa.delete(GRANTS).where(old, GRANTS.c.at < (now - time).timestamp())
            with self._store.begin() as connection:
                connection.execute(stale)

    def _set(self, state: str, keys: Sequence[str], owner: str | None = None) -> None:
        at = self._now().timestamp()
        for part in _parts(keys):
            change = sa.update(GRANTS).where(GRANTS.c.id.in_(part)).values(state=state, at=at)
            if owner is not None:
                change = change.where(GRANTS.c.owner == owner)
            with self._store.begin() as connection:
                connection.execute(change)

    def granted(self, keys: Collection[str], by: float | None = None) -> set[str]:
        """Return which of these keys are granted, by a time if that is given."""
        found: set[str] = set()
        for part in _parts(keys):
            query = sa.select(GRANTS.c.id).where(GRANTS.c.id.in_(part), GRANTS.c.state == _GRANTED)
            if by is not None:
                query = query.where(GRANTS.c.at <= by)
            with self._store.begin() as connection:
                found.update(connection.execute(query).scalars())
        return found

    def of_campaign(self, campaign: Campaign, customers: Collection[str]) -> list[Grant]:
        """Return what is granted to these customers in a campaign."""
        where = [GRANTS.c.campaign == str(campaign.campaign_id)]
        return self._find(campaign.tenant, dict.fromkeys(customers), where)

    def of_batch(self, owner: str, campaign: Campaign, customers: Collection[str]) -> list[Grant]:
        """Return what a batch granted to its customers."""
        return self._find(campaign.tenant, dict.fromkeys(customers), [GRANTS.c.owner == owner])

    def of_action(self, tenant: str, customers: dict[str, date | None], action_id: int | None) -> list[Grant]:
        """Return what is granted to customers for an action that began on the given days."""
        return self._find(tenant, customers, [GRANTS.c.action == action_id])

    def _find(self, tenant: str, customers: dict[str, date | None], where: list[Any]) -> list[Grant]:
        found: list[Grant] = []
        by_digest = {customer_digest(tenant, one): one for one in customers}
        for part in _parts(by_digest):
            query = sa.select(GRANTS).where(
                GRANTS.c.customer.in_(part), GRANTS.c.tenant == tenant, GRANTS.c.state == _GRANTED, *where
            )
            with self._store.begin() as connection:
                rows = connection.execute(query).all()
            found += [
                _grant(row, by_digest[row.customer])
                for row in rows
                if _began(row.at, customers[by_digest[row.customer]])
            ]
        return found


def _row(grant: Grant, owner: str, action: int | None, at: float) -> dict[str, Any]:
    return {
        "id": grant.key,
        "customer": customer_digest(grant.campaign.tenant, grant.customer_id),
        "tenant": grant.campaign.tenant,
        "campaign": str(grant.campaign.campaign_id),
        "channel": grant.campaign.channel_id,
        "action": action,
        "promo_code": grant.promo_code,
        "owner": owner,
        "state": _CLAIMED,
        "at": at,
    }


def _grant(row: Any, customer_id: str) -> Grant:
    number: CampaignId = int(row.campaign) if row.campaign.isdigit() else row.campaign
    return Grant(row.id, Campaign(row.tenant, number, row.channel), customer_id, row.promo_code)


def _began(granted_at: float, began: date | None) -> bool:
    """Say whether a grant belongs to an action that began on that day, and not to a later one."""
    # A day of grace: Optimove's days have an unknown zone, and a grant may come after midnight.
    return began is None or datetime.fromtimestamp(granted_at, UTC).date() <= began + _DAY_OF_GRACE


def _parts(items: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(items)
    while part := list(islice(rest, _AT_ONCE)):
        yield part
