"""The connector with a vendor that takes no time: throughput, nearness to the rate limit, memory, realtime.

    python -m benchmarks.connector [--customers 100000] [--bonus] [--limit] [--realtime 2000 --rate 50]

One worker on SQLite with the default settings, in this process, which talks over loopback to the sandbox in
another. What a bare loop over the same pages takes is measured beside it. With ``--limit`` the pages are
fetched no faster than Optimove allows, 50 in 10 seconds, and the time is compared with what that bound
allows. With ``--realtime`` another process sends so many notifications, so many a second, and the time from
the moment a notification is sent to the call of ``deliver`` is told.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import resource
import statistics
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection

import attrs

from optimove_sdk import AsyncOptimove
from optimove_sdk.config import OPTIMOVE_RATE_LIMIT
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
from optimove_sdk.notifications.models import ChannelExecuted
from optimove_sdk.sandbox import create_app, new_fake, serve

SECRET = "benchmark-secret-path"
PAGE = 10_000
SPAWN = multiprocessing.get_context("spawn")


class Free:
    """Delivers at once, and remembers when."""

    def __init__(self) -> None:
        self.delivered = 0
        self.at: dict[str, float] = {}

    async def deliver(self, batch: DeliveryBatch) -> Sequence[DeliveryOutcome]:
        self.delivered += len(batch.recipients)
        if len(batch.recipients) == 1:
            self.at[batch.recipients[0].customer_id] = time.monotonic()
        return batch.all_sent()

    async def cancel(self, campaign: Campaign) -> None: ...


class FreeBonus(Free):
    """Grants at once, too."""

    async def grant(self, grants: Sequence[Grant]) -> Sequence[GrantOutcome]:
        return [GrantOutcome.of(one) for one in grants]

    async def revoke(self, grants: Sequence[Grant]) -> None: ...


# The other processes


def optimove(pipe: Connection, customers: int, codes: list[str]) -> None:
    """Serve the sandbox with one campaign, until told to stop."""
    fake = new_fake(customers=1, rate_limit=None)
    campaign = fake.add_campaign(customers=customers, promo_codes=codes, template_ids=[1, 2])
    with serve(create_app(fake)) as url:
        pipe.send((url, campaign.campaign_id))
        pipe.recv()


def notifier(pipe: Connection, url: str, count: int, rate: float) -> None:
    """Send realtime notifications, evenly, and say when each was sent."""
    post = urllib.request.build_opener(urllib.request.ProxyHandler({})).open
    sent: dict[str, float] = {}
    started = time.monotonic()
    for number in range(count):
        time.sleep(max(0.0, started + number / rate - time.monotonic()))
        payload = {"EventTypeID": 11, "CustomerID": f"C{number}", "CampaignID": "RT", "ChannelID": 504}
        body = json.dumps({**payload, "TemplateID": 1, "TimeStamp": "2026-01-31 05:04:54"}).encode()
        request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
        sent[f"C{number}"] = time.monotonic()
        with post(request, timeout=30):
            pass
    pipe.send(sent)


@contextmanager
def sandbox(customers: int, codes: list[str]) -> Iterator[tuple[str, int]]:
    ours, theirs = SPAWN.Pipe()
    process = SPAWN.Process(target=optimove, args=(theirs, customers, codes))
    process.start()
    try:
        yield ours.recv()
    finally:
        ours.send("stop")
        process.join()


# The connector, in this process


def client(url: str) -> AsyncOptimove:
    return AsyncOptimove(
        base_url=url, api_key="sandbox-key", allow_http=True, path_style="current", rate_limit=None, proxy=""
    )


def app_of(url: str, folder: str, vendor: Free, **settings: object) -> ConnectorApp:
    wanted = attrs.evolve(
        ConnectorSettings(
            database_url=f"sqlite:///{folder}/connector.sqlite", rate_limit=None, hold_until_scheduled=False
        ),
        **settings,
    )
    return ConnectorApp(vendor, Tenant(client=lambda: client(url), secret=SECRET), settings=wanted)


async def bare(url: str, campaign: int) -> float:
    started = time.perf_counter()
    async with client(url) as optimove:
        async for page in optimove.customers.execution_details(campaign, 504).pages():
            len(page.items)
    return time.perf_counter() - started


async def campaign_through(url: str, campaign: int, vendor: Free, **settings: object) -> float:
    with tempfile.TemporaryDirectory() as folder:
        app = app_of(url, folder, vendor, **settings)
        await app.runtime.start()
        started = time.perf_counter()
        await app.runtime.channel_executed("default", ChannelExecuted(campaign, 504))
        while not app.kit.store.is_closed(f"default:13:{campaign}:504"):  # noqa: ASYNC110 - a row of a table
            await asyncio.sleep(0.05)
        elapsed = time.perf_counter() - started
        await app.runtime.stop()
    return elapsed


def throughput(
    customers: int, *, bonus: bool = False, limited: bool = False, **settings: object
) -> dict[str, float]:
    """Return customers a second of a bare loop and of the connector, and MiB at the peak."""
    with sandbox(customers, ["A"] if bonus else []) as (url, campaign):
        loop = asyncio.run(bare(url, campaign))
        vendor = FreeBonus() if bonus else Free()
        limit = OPTIMOVE_RATE_LIMIT if limited else None
        elapsed = asyncio.run(campaign_through(url, campaign, vendor, rate_limit=limit, **settings))
    assert vendor.delivered == customers
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    # The last page is the empty one. The first 50 need not wait.
    pages = customers / PAGE + 1
    bound = max(0.0, (pages - OPTIMOVE_RATE_LIMIT.requests) / OPTIMOVE_RATE_LIMIT.requests)
    return {
        "bare": customers / loop,
        "connector": customers / elapsed,
        "seconds": elapsed,
        "bound": bound * OPTIMOVE_RATE_LIMIT.seconds,
        "peak_mib": peak,
    }


def realtime(count: int, rate: float) -> dict[str, float]:
    """Return milliseconds from the notification to ``deliver``, at percentiles."""
    vendor = Free()
    with sandbox(1, []) as (url, _), tempfile.TemporaryDirectory() as folder:
        app = app_of(url, folder, vendor)
        with serve(app) as served:
            ours, theirs = SPAWN.Pipe()
            listener = f"{served}/listen/default/{SECRET}"
            process = SPAWN.Process(target=notifier, args=(theirs, listener, count, rate))
            process.start()
            sent: dict[str, float] = ours.recv()
            process.join()
            while len(vendor.at) < count:
                time.sleep(0.05)
    took = sorted((vendor.at[one] - when) * 1000 for one, when in sent.items())
    cuts = statistics.quantiles(took, n=100)
    return {"p50": cuts[49], "p90": cuts[89], "p99": cuts[98], "max": took[-1]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--bonus", action="store_true", help="a promotion for everybody")
    parser.add_argument("--limit", action="store_true", help="fetch no faster than Optimove allows")
    parser.add_argument("--realtime", type=int, default=0, help="so many notifications instead")
    parser.add_argument("--poll", type=float, default=ConnectorSettings().poll)
    parser.add_argument("--rate", type=float, default=50.0, help="notifications a second")
    given = parser.parse_args()
    if given.realtime:
        found = realtime(given.realtime, given.rate)
        print("notification to deliver  " + "  ".join(f"{k} {v:.1f} ms" for k, v in found.items()))
        return
    found = throughput(given.customers, bonus=given.bonus, limited=given.limit, poll=given.poll)
    print(f"bare loop   {found['bare']:>10,.0f} customers/s")
    print(f"connector   {found['connector']:>10,.0f} customers/s  in {found['seconds']:.1f} s")
    print(f"rate limit  {found['bound']:>10.1f} s at least for so many pages")
    print(f"memory      {found['peak_mib']:>10.0f} MiB at the peak")


if __name__ == "__main__":
    main()
