"""How many customers a second the pre-scheduled flow delivers, with a vendor that takes no time.

    python benchmarks/connector.py [--customers 100000] [--bonus]

One worker on SQLite, in this process, against the fake in this process. The fake, which makes the rows, takes
its share of the time; so what a bare loop over the pages takes is measured beside it.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import tempfile
import time
from collections.abc import Sequence

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
from optimove_sdk.notifications.models import ChannelExecuted
from optimove_sdk.testing.fake import FakeOptimove


class Free:
    """Delivers at once."""

    def __init__(self) -> None:
        self.delivered = 0

    async def deliver(self, batch: DeliveryBatch) -> Sequence[DeliveryOutcome]:
        self.delivered += len(batch.recipients)
        return batch.all_sent()

    async def cancel(self, campaign: Campaign) -> None: ...


class FreeBonus(Free):
    """Grants at once, too."""

    async def grant(self, grants: Sequence[Grant]) -> Sequence[GrantOutcome]:
        return [GrantOutcome.of(one) for one in grants]

    async def revoke(self, grants: Sequence[Grant]) -> None: ...


def client(fake: FakeOptimove) -> AsyncOptimove:
    return AsyncOptimove(
        base_url="https://fake.optimove.test", api_key=fake.api_key, transport=fake, rate_limit=None
    )


async def bare(fake: FakeOptimove, campaign: int) -> float:
    started = time.perf_counter()
    async with client(fake) as optimove:
        async for page in optimove.customers.execution_details(campaign, 504).pages():
            len(page.items)
    return time.perf_counter() - started


async def connector(fake: FakeOptimove, campaign: int, vendor: Free) -> float:
    with tempfile.TemporaryDirectory() as folder:
        settings = ConnectorSettings(
            database_url=f"sqlite:///{folder}/connector.sqlite",
            rate_limit=RateLimit(1_000_000, 1.0),
            hold_until_scheduled=False,
            poll=0.05,
        )
        tenant = Tenant(client=lambda: client(fake), secret="benchmark-secret-path")
        app = ConnectorApp(vendor, tenant, settings=settings)
        await app.runtime.start()
        started = time.perf_counter()
        await app.runtime.channel_executed("default", ChannelExecuted(campaign, 504))
        while not app.kit.store.is_closed(f"default:13:{campaign}:504"):  # noqa: ASYNC110 - a row of a table
            await asyncio.sleep(0.05)
        elapsed = time.perf_counter() - started
        await app.runtime.stop()
    return elapsed


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--bonus", action="store_true", help="a promotion for everybody")
    given = parser.parse_args()
    fake = FakeOptimove(clock=SystemClock(), rate_limit=None)
    codes = ["A"] if given.bonus else []
    campaign = fake.add_campaign(customers=given.customers, promo_codes=codes, template_ids=[1, 2])
    loop = await bare(fake, campaign.campaign_id)
    vendor = FreeBonus() if given.bonus else Free()
    elapsed = await connector(fake, campaign.campaign_id, vendor)
    assert vendor.delivered == given.customers
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"bare loop   {given.customers / loop:>10,.0f} customers/s")
    print(
        f"connector   {given.customers / elapsed:>10,.0f} customers/s  ({elapsed:.1f} s, peak {peak:.0f} MiB)"
    )


if __name__ == "__main__":
    asyncio.run(main())
