"""What all flows share: the settings, the vendor's parts, the tenants' clients, the store, and patience."""

from __future__ import annotations

import asyncio
import logging
import time
import traceback
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import attrs

from ..client import AsyncOptimove
from ..errors import APIError, ConfigurationError, InvalidInput, OptimoveError
from .base import (
    Approver,
    Campaign,
    Delivery,
    MetricsSource,
    PartlyDelivered,
    PromotionSystem,
    TemplateSource,
)
from .ledger import Ledger
from .pages import AudienceChanged
from .settings import ConnectorSettings, Tenant
from .store import Store

T = TypeVar("T")
log: Final = logging.getLogger("optimove_sdk.connector")
_LONGEST_WAIT: Final = 60.0
_MAY_PASS: Final = (408, 429)


class GaveUp(OptimoveError):
    """A call failed again and again, for longer than the connector is patient, or for good."""


@attrs.frozen
class Vendor:
    """The parts a vendor has."""

    templates: TemplateSource | None = None
    delivery: Delivery | None = None
    promotions: PromotionSystem | None = None
    approver: Approver | None = None
    metrics: MetricsSource | None = None

    @classmethod
    def of(cls, *objects: object) -> Vendor:
        """Find the parts in one or several objects."""
        parts = cls(
            templates=_part(objects, "templates"),
            delivery=_part(objects, "deliver", "cancel"),
            promotions=_part(objects, "grant", "revoke"),
            approver=_part(objects, "approve"),
            metrics=_part(objects, "metrics"),
        )
        if parts == cls():
            raise ConfigurationError("the vendor has none of the methods of the connector's protocols")
        return parts


def _part(objects: Sequence[object], *methods: str) -> Any:
    """Return the object that has these methods; to have only some of them is a mistake."""
    for one in objects:
        missing = [name for name in methods if not callable(getattr(one, name, None))]
        if not missing:
            return one
        if len(missing) < len(methods):
            has = next(name for name in methods if name not in missing)
            raise ConfigurationError(f"{type(one).__name__} has {has}() and lacks {missing[0]}()")
    return None


class Kit:
    """Everything a flow needs."""

    def __init__(self, vendor: Vendor, tenants: Sequence[Tenant], settings: ConnectorSettings) -> None:
        self.vendor = vendor
        self.settings = settings
        self.tenants: dict[str, Tenant] = {tenant.name: tenant for tenant in tenants}
        if len(self.tenants) != len(tenants) or not tenants:
            raise ConfigurationError("a connector needs tenants, each with a name of its own")
        self.store: Store = Store(settings.database_url)
        self.ledger: Ledger = Ledger(self.store, settings.now)
        self._clients: dict[str, AsyncOptimove] = {}

    def client(self, tenant: str) -> AsyncOptimove:
        """Return the client of a tenant, made on first use."""
        if tenant not in self._clients:
            self._clients[tenant] = self.tenants[tenant].client()
        return self._clients[tenant]

    async def close(self) -> None:
        """Close the clients and the store."""
        for client in self._clients.values():
            await client.close()
        self._clients.clear()
        self.store.close()

    async def again(self, call: Callable[[], Awaitable[T]], *, until: datetime | None = None) -> T:
        """Call until it works: with growing pauses, for as long as the settings or the deadline say.

        Raises:
            GaveUp: it never worked.
        """
        started, wait = time.monotonic(), self.settings.retry_interval
        while True:
            try:
                return await self._within(call, until)
            except GaveUp:
                raise
            except Exception as error:
                reason = told(error)
                if not _may_pass(error) or self._is_over(started - wait, until):
                    raise GaveUp(reason) from None
                log.warning("connector: %s; trying again in %.0f s", reason, wait)
            await asyncio.sleep(wait)
            wait = min(wait * 2, _LONGEST_WAIT)

    async def _within(self, call: Callable[[], Awaitable[T]], until: datetime | None) -> T:
        if until is None:
            return await call()
        async with asyncio.timeout((until - self.settings.now()).total_seconds()):
            return await call()

    def _is_over(self, started: float, until: datetime | None) -> bool:
        if until is not None and self.settings.now() >= until:
            return True
        return time.monotonic() > started + self.settings.give_up_after.total_seconds()

    async def is_canceled(self, campaign: Campaign) -> bool:
        """Say whether a campaign was cancelled, on this channel or on all."""
        keys = {canceled_mark(campaign), canceled_mark(attrs.evolve(campaign, channel_id=None))}
        return await self.store.run(self.store.is_marked, *keys)

    async def count(self, flow: str, key: str, **counts: int) -> None:
        """Note what was counted for a key of a flow."""
        await self.store.run(self.store.count, flow, key, counts)


def canceled_mark(campaign: Campaign) -> str:
    """Return the mark that says so."""
    channel = "*" if campaign.channel_id is None else campaign.channel_id
    return f"canceled:{campaign.tenant}:{campaign.campaign_id}:{channel}"


def told(error: Exception) -> str:
    """Return our own errors as they are; of others only the kind and the place, for they may hold secrets."""
    name = type(error).__name__
    if isinstance(error, OptimoveError):
        return f"{name}: {error}"
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{name} at {Path(last.filename).name}:{last.lineno}"


def _may_pass(error: Exception) -> bool:
    if isinstance(error, PartlyDelivered) and isinstance(error.__cause__, Exception):
        return _may_pass(error.__cause__)
    if isinstance(error, (InvalidInput, ConfigurationError, AudienceChanged)):
        return False
    if isinstance(error, APIError):
        return error.status >= 500 or error.status in _MAY_PASS
    return True
