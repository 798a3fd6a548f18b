"""Promotions: granted once in a campaign, on whatever channel comes first, and taken back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import datetime

import attrs

from .base import Grant, GrantOutcome, PromotionSystem
from .kit import GaveUp, Kit, log


@attrs.frozen
class Granted:
    """What became of the grants of a batch."""

    granted: int = 0
    failed: int = 0
    suppressed: int = 0
    without: frozenset[str] = frozenset()
    """The customers of whom a promotion failed."""

    def counts(self) -> dict[str, int]:
        """Return it as it is counted."""
        return {
            "granted": self.granted,
            "grants_failed": self.failed,
            "grants_suppressed": self.suppressed,
        }


async def grant_all(
    kit: Kit,
    owner: str,
    grants: Mapping[str, Sequence[Grant]],
    actions: Mapping[str, int | None],
    until: datetime | None = None,
) -> Granted:
    """Grant each customer what nobody granted yet, for as long as there is time."""
    promotions = kit.vendor.promotions
    every = {grant.key: grant for some in grants.values() for grant in some}
    if promotions is None or not every:
        return Granted()
    granting = _Granting(kit, promotions, owner, actions, until)
    await granting.all(list(every.values()))
    without = frozenset(every[key].customer_id for key in granting.failed)
    suppressed = len(every) - granting.granted - len(granting.failed)
    return Granted(granting.granted, len(granting.failed), suppressed, without)


async def take_back(kit: Kit, grants: Sequence[Grant]) -> None:
    """Have the vendor take promotions back, and note that they are."""
    if grants and kit.vendor.promotions is not None:
        await kit.vendor.promotions.revoke(grants)
        await kit.store.run(kit.ledger.revoked, grants)


class _Granting:
    """The grants of a batch, on their way."""

    def __init__(
        self,
        kit: Kit,
        promotions: PromotionSystem,
        owner: str,
        actions: Mapping[str, int | None],
        until: datetime | None,
    ) -> None:
        self._kit = kit
        self._promotions = promotions
        self._owner = owner
        self._actions = actions
        self._until = until
        self._patient_until = time.monotonic() + kit.settings.grant_wait.total_seconds()
        self.granted = 0
        self.failed: set[str] = set()

    async def all(self, grants: Sequence[Grant]) -> None:
        """Grant what is ours. What another batch is just granting is waited for: it may fail there."""
        left = await self._round(grants)
        while left and time.monotonic() < self._patient_until and self._in_time():
            await asyncio.sleep(self._kit.settings.poll)
            left = await self._round(left)

    async def _round(self, grants: Sequence[Grant]) -> Sequence[Grant]:
        kit = self._kit
        claim = await kit.store.run(kit.ledger.claim, self._owner, grants, self._actions)
        failed = await self._grant(claim.ours) if claim.ours else set()
        self.granted += claim.settled + len(claim.ours) - len(failed)
        self.failed |= failed
        return claim.pending

    async def _grant(self, grants: Sequence[Grant]) -> set[str]:
        kit, outcomes = self._kit, list[GrantOutcome]()
        if self._in_time():
            try:
                outcomes += await kit.again(lambda: self._promotions.grant(grants), until=self._until)
            except GaveUp as error:
                log.error("connector: the grants of batch %s failed: %s", self._owner, error)
        return await kit.store.run(kit.ledger.settle, self._owner, grants, outcomes)

    def _in_time(self) -> bool:
        return self._until is None or self._kit.settings.now() < self._until
