"""The pre-scheduled flow, once with each client. The steps are Optimove's; only ``await`` differs.

Source: https://github.com/ronenOptimove/Optimove-APIs/tree/main/API-Integrations
"""

from __future__ import annotations

import asyncio
import time

import attrs

from ..api.listeners import EventType
from ..client import AsyncOptimove, Optimove
from ..http.base import Response
from ..http.httpx import AsyncHttpxTransport, HttpxTransport
from ..notifications.models import ChannelExecuted
from .progress import Progress
from .stage import CHANNEL, PATIENCE, POLL, PROMOTIONS, TEMPLATES, Stage, counted, events


@attrs.frozen
class Run:
    """How one run went, as the client saw it."""

    campaign_id: int
    pages: int
    elapsed: float


def blocking(stage: Stage, progress: Progress) -> Run:
    """Go through the flow with `Optimove`."""
    web = HttpxTransport(proxy="")
    try:
        with Optimove(**stage.settings()) as client:
            client.listeners.register(EventType.CHANNEL_EXECUTED, stage.listener_url, channel_id=CHANNEL)
            client.templates.add(CHANNEL, TEMPLATES).raise_for_failed()
            client.promotions.add(PROMOTIONS).raise_for_failed()
            progress.step("listener, templates and promotions are registered")

            for request in (*stage.trouble(), stage.marketer_runs_a_campaign()):
                _check(web.handle_request(request))
            campaign = _wait(stage)
            details = client.campaigns.get(campaign.campaign_id)
            progress.step(f"campaign {campaign.campaign_id} is ready: {details.test_group_size:,} customers")

            pages = sent = 0
            audience = client.customers.execution_details(campaign.campaign_id, campaign.channel_id)
            for page in audience.pages():
                pages += bool(page.items)  # the last one is empty: that is how the end is known
                for request in stage.messages(
                    campaign.campaign_id, [customer.customer_id for customer in page.items]
                ):
                    _check(web.handle_request(request))
                sent += len(page.items)
                progress.moving(f"page {pages}: {sent:,} customers sent")
            progress.step(f"{sent:,} customers are sent")

            client.metrics.update_campaign_metrics(counted(campaign.campaign_id, sent)).raise_for_failed()
            for event in events():
                client.events.report(event)
            progress.step("metrics and events are reported")
    finally:
        web.close()
    return Run(campaign.campaign_id, pages, progress.elapsed)


async def asynchronous(stage: Stage, progress: Progress) -> Run:
    """Go through the flow with `AsyncOptimove`."""
    web = AsyncHttpxTransport(proxy="")
    try:
        async with AsyncOptimove(**stage.settings()) as client:
            await client.listeners.register(
                EventType.CHANNEL_EXECUTED, stage.listener_url, channel_id=CHANNEL
            )
            (await client.templates.add(CHANNEL, TEMPLATES)).raise_for_failed()
            (await client.promotions.add(PROMOTIONS)).raise_for_failed()
            progress.step("listener, templates and promotions are registered")

            for request in (*stage.trouble(), stage.marketer_runs_a_campaign()):
                _check(await web.handle_async_request(request))
            campaign = await _async_wait(stage)
            details = await client.campaigns.get(campaign.campaign_id)
            progress.step(f"campaign {campaign.campaign_id} is ready: {details.test_group_size:,} customers")

            pages = sent = 0
            audience = client.customers.execution_details(campaign.campaign_id, campaign.channel_id)
            async for page in audience.pages():
                pages += bool(page.items)  # the last one is empty: that is how the end is known
                messages = stage.messages(
                    campaign.campaign_id, [customer.customer_id for customer in page.items]
                )
                for response in await asyncio.gather(*map(web.handle_async_request, messages)):
                    _check(response)
                sent += len(page.items)
                progress.moving(f"page {pages}: {sent:,} customers sent")
            progress.step(f"{sent:,} customers are sent")

            metrics = counted(campaign.campaign_id, sent)
            (await client.metrics.update_campaign_metrics(metrics)).raise_for_failed()
            await asyncio.gather(*map(client.events.report, events()))
            progress.step("metrics and events are reported")
    finally:
        await web.aclose()
    return Run(campaign.campaign_id, pages, progress.elapsed)


def _check(response: Response) -> None:
    if response.status >= 300:
        raise RuntimeError(f"the demo's own server answered {response.status}")


def _wait(stage: Stage) -> ChannelExecuted:
    ends = time.monotonic() + PATIENCE
    while (notification := stage.listener.arrived()) is None:
        if time.monotonic() > ends:
            raise RuntimeError("no notification arrived")
        time.sleep(POLL)
    return notification


async def _async_wait(stage: Stage) -> ChannelExecuted:
    async with asyncio.timeout(PATIENCE):
        while (notification := stage.listener.arrived()) is None:  # noqa: ASYNC110 - another thread's
            await asyncio.sleep(POLL)
    return notification
