"""A connector in this process: a fake Optimove, a vendor that remembers, and the flows for real."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from dbos import run_dbos_database_migrations

from optimove_sdk import AsyncOptimove
from optimove_sdk.config import RateLimit
from optimove_sdk.connector import (
    Campaign,
    ConnectorApp,
    ConnectorSettings,
    DeliveryBatch,
    DeliveryOutcome,
    Grant,
    GrantOutcome,
    Tenant,
)
from optimove_sdk.core.flow import SystemClock
from optimove_sdk.testing.fake import FakeOptimove

SECRET = "connector-test-secret"


class Deliverer:
    """Remembers what it is to deliver, and fails as often as it is told."""

    def __init__(self) -> None:
        self.batches: list[DeliveryBatch] = []
        self.canceled: list[Campaign] = []
        self.failures = 0
        self.refuses: set[str] = set()
        self.fails_for: set[str] = set()
        self.gate: asyncio.Event | None = None

    async def deliver(self, batch: DeliveryBatch) -> Sequence[DeliveryOutcome]:
        if self.failures or any(one.customer_id in self.fails_for for one in batch.recipients):
            self.failures = max(self.failures - 1, 0)
            raise ConnectionError("secret of the vendor")
        self.batches.append(batch)
        if self.gate is not None:
            await self.gate.wait()
        return [
            DeliveryOutcome(one.customer_id, "refused" if one.customer_id in self.refuses else None)
            for one in batch.recipients
        ]

    async def cancel(self, campaign: Campaign) -> None:
        self.canceled.append(campaign)

    def reached(self) -> Counter[tuple[int | None, str]]:
        return Counter(
            (batch.channel_id, one.customer_id) for batch in self.batches for one in batch.recipients
        )


class Bank:
    """Remembers what it is to grant."""

    def __init__(self) -> None:
        self.grants: list[Grant] = []
        self.taken: list[Grant] = []
        self.refuses: set[str] = set()
        self.slow_for: set[str] = set()

    async def grant(self, grants: Sequence[Grant]) -> Sequence[GrantOutcome]:
        if any(one.customer_id in self.slow_for for one in grants):
            await asyncio.sleep(60)
        self.grants += grants
        return [GrantOutcome.of(one, "no" if one.customer_id in self.refuses else None) for one in grants]

    async def revoke(self, grants: Sequence[Grant]) -> None:
        self.taken += grants

    def granted(self) -> Counter[tuple[str, str]]:
        return Counter((one.customer_id, one.promo_code) for one in self.grants)


class Running:
    """A connector that runs, and the Optimove it talks to."""

    def __init__(self, app: ConnectorApp, fake: FakeOptimove) -> None:
        self.app = app
        self.fake = fake
        self._web = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://connector")

    async def notify(self, tenant: str = "default", **payload: Any) -> int:
        answer = await self._web.post(f"/listen/{tenant}/{SECRET}", json=payload)
        return answer.status_code

    async def executed(self, campaign: int, channel: int, tenant: str = "default") -> int:
        stamp = "2026-01-31 05:04:54"
        return await self.notify(
            tenant, EventTypeID=13, TimeStamp=stamp, CampaignID=campaign, ChannelID=channel
        )

    async def status(self) -> dict[str, Any]:
        found: dict[str, Any] = (await self._web.get("/status")).json()
        return found

    async def get(self, path: str) -> httpx.Response:
        return await self._web.get(path)

    async def post(self, path: str, payload: Any) -> httpx.Response:
        return await self._web.post(path, json=payload)

    async def flow(self, kind: str, channel: int | None = None) -> dict[str, Any]:
        """Wait until a flow has ended, and return what is known of it."""

        async def ended() -> dict[str, Any] | None:
            for one in (await self.status())["flows"]:
                if one["kind"] == kind and channel in (None, one["channel"]) and one["state"] != "running":
                    return dict(one)
            return None

        return await eventually(ended)

    async def close(self) -> None:
        await self._web.aclose()


async def eventually(look: Callable[[], Awaitable[Any]], patience: float = 15.0) -> Any:
    ends = time.monotonic() + patience
    while not (found := await look()):
        assert time.monotonic() < ends, "it never happened"
        await asyncio.sleep(0.02)
    return found


@pytest.fixture
def fake() -> FakeOptimove:
    return FakeOptimove(clock=SystemClock(), rate_limit=None)


def client_of(fake: FakeOptimove) -> AsyncOptimove:
    return AsyncOptimove(
        base_url="https://fake.optimove.test", api_key=fake.api_key, transport=fake, rate_limit=None
    )


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with all tables of DBOS, which take longer to make than a test to run."""
    path = tmp_path_factory.mktemp("dbos") / "empty.sqlite"
    run_dbos_database_migrations(system_database_url=f"sqlite:///{path}")
    return path


@pytest.fixture
def settings(tmp_path: Path, empty_database: Path) -> ConnectorSettings:
    shutil.copy(empty_database, tmp_path / "connector.sqlite")
    return ConnectorSettings(
        database_url=f"sqlite:///{tmp_path}/connector.sqlite",
        page_size=40,
        batch_size=15,
        rate_limit=RateLimit(10_000, 1.0),
        hold_until_scheduled=False,
        give_up_after=timedelta(seconds=0.4),
        retry_interval=0.02,
        heartbeat=0.3,
        poll=0.05,
    )


@asynccontextmanager
async def running(
    fake: FakeOptimove, settings: ConnectorSettings, *vendor: object, **tenant: Any
) -> AsyncIterator[Running]:
    wanted = Tenant(**{"client": lambda: client_of(fake), "secret": SECRET, **tenant})
    app = ConnectorApp(list(vendor), wanted, settings=settings)
    await app.runtime.start()
    made = Running(app, fake)
    try:
        yield made
    finally:
        await made.close()
        await app.runtime.stop()


def stamp(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M:%S}"
