"""A connector in a process of its own: ``uvicorn support.connector_vendor:connector`` and the like.

Everything it needs to know is in environment variables, so that a test can kill it and start it again.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

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
from optimove_sdk.http.base import Request
from optimove_sdk.http.httpx import AsyncHttpxTransport

SECRET = "connector-test-secret"


class PostingVendor:
    """Delivers and grants by posting to the receiving side."""

    def __init__(self, url: str, pause: float = 0.0) -> None:
        self.url = url
        self.pause = pause
        self._web: AsyncHttpxTransport | None = None

    async def deliver(self, batch: DeliveryBatch) -> Sequence[DeliveryOutcome]:
        await asyncio.sleep(self.pause)
        customers = [one.customer_id for one in batch.recipients]
        await self.post("/deliver", {"key": batch.key, "customers": customers})
        return batch.all_sent()

    async def cancel(self, campaign: Campaign) -> None:
        await self.post("/cancel", [campaign.campaign_id, campaign.channel_id])

    async def grant(self, grants: Sequence[Grant]) -> Sequence[GrantOutcome]:
        await asyncio.sleep(self.pause)
        rows = [(one.key, one.campaign.campaign_id, one.customer_id, one.promo_code) for one in grants]
        await self.post("/grant", rows)
        return [GrantOutcome.of(one) for one in grants]

    async def revoke(self, grants: Sequence[Grant]) -> None:
        await self.post("/revoke", [one.key for one in grants])

    async def post(self, path: str, given: Any) -> None:
        if self._web is None:
            self._web = AsyncHttpxTransport(proxy="")
        content = json.dumps(given).encode()
        request = Request("POST", f"{self.url}{path}", {"Content-Type": "application/json"}, content)
        response = await self._web.handle_async_request(request)
        if response.status != 200:
            raise RuntimeError(f"the receiving side answered {response.status}")


def client() -> AsyncOptimove:
    return AsyncOptimove(
        base_url=os.environ["TEST_OPTIMOVE"],
        api_key="sandbox-key",
        allow_http=True,
        path_style="current",
        rate_limit=None,
        proxy="",
    )


def limit(text: str | None) -> RateLimit | None:
    """Read how many pages in how many seconds, as in ``5/1.0``."""
    if text is None:
        return None
    requests, _, seconds = text.partition("/")
    return RateLimit(int(requests), float(seconds))


def make() -> ConnectorApp:
    settings = ConnectorSettings(
        database_url=os.environ["TEST_DATABASE"],
        worker=os.environ.get("TEST_WORKER", "worker-1"),
        page_size=int(os.environ.get("TEST_PAGE", "500")),
        batch_size=int(os.environ.get("TEST_BATCH", "100")),
        rate_limit=limit(os.environ.get("TEST_LIMIT")),
        hold_until_scheduled=False,
        clearance_margin=timedelta(seconds=10),
        retry_interval=0.1,
        heartbeat=0.3,
        dead_after=float(os.environ.get("TEST_DEAD_AFTER", "2")),
        poll=0.05,
    )
    vendor = PostingVendor(os.environ["TEST_RECEIVER"], float(os.environ.get("TEST_PAUSE", "0")))
    return ConnectorApp(vendor, Tenant(client=client, secret=SECRET), settings=settings)


def __getattr__(name: str) -> Any:
    if name != "connector":
        raise AttributeError(name)
    return make()
