"""Starts DBOS with the flows, keeps the worker's heart beating, and starts flows when notifications come.

DBOS knows one application in a process, so there is one running connector in a process too.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any, Final

import attrs
from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, SetEnqueueOptions, SetWorkflowID

from ..config import RateLimit
from ..notifications.models import CampaignCanceled, ChannelExecuted, ClearanceRequested, RealtimeTriggered
from .durable import FLOWS, NORMAL, PAGES, URGENT, to_its_end
from .flows import run_campaign, run_clearance, run_page
from .kit import Kit, log
from .pages import AUDIENCE, PROCESSED, PageRef
from .retention import forget
from .single import realtime_arguments, run_cancellation, run_ended, run_realtime
from .tasks import Tasks
from .workers import Heart, Register, take_over

_RECOVERIES: Final = 10_000
_NO_LIMIT: Final = RateLimit(1_000_000, 1.0)
_DAY: Final = timedelta(days=1)
_DAYS_BACK: Final = 3
_HOUR: Final = 3600.0


class Runtime:
    """A worker: flows registered, queues polled, heart beating."""

    def __init__(self, kit: Kit) -> None:
        self.kit = kit
        settings = kit.settings
        self.workers: Register = Register(kit.store, settings.worker, settings.dead_after)
        self._flows: dict[str, Any] = {}
        self._tasks = Tasks()
        self.heart: Heart = Heart(self.workers, settings.heartbeat)
        self._watching: asyncio.Task[None] | None = None
        self._forget_at = 0.0
        self._warned: set[str] = set()
        self._ended: set[str] = set()

    async def start(self) -> None:
        """Start; what this worker had under way when it ended goes on. Call it on the loop that serves."""
        self.kit.store.set_up()
        await asyncio.to_thread(self.workers.enter)
        self.heart.start()
        DBOS(config=_configuration(self.kit))
        self._flows = _register(self.kit, self._tasks)
        # On this loop, not in a thread: DBOS runs flows on the loop that launched it, where the clients are.
        DBOS.launch()
        await self._register_queues()
        self._watching = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """Stop; what is under way goes on when this worker, or another, is there again."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
        await self._tasks.lay_down()
        await asyncio.to_thread(DBOS.destroy, destroy_registry=True)
        # DBOS made its threads the loop's own, and has ended them.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(thread_name_prefix="connector"))
        await self._tasks.lay_down()  # those that were taken from a queue meanwhile
        await asyncio.to_thread(self.heart.stop)
        await asyncio.to_thread(self.workers.leave)
        await self.kit.close()

    async def _register_queues(self) -> None:
        limit = self.kit.settings.rate_limit or _NO_LIMIT
        poll = self.kit.settings.poll
        await DBOS.register_queue_async(FLOWS, polling_interval_sec=poll, on_conflict="always_update")
        await DBOS.register_queue_async(
            PAGES,
            worker_concurrency=self.kit.settings.pages_at_once,
            partition_limiter={"limit": limit.requests, "period": limit.seconds},
            polling_interval_sec=poll,
            on_conflict="always_update",
        )

    # What notifications start

    async def channel_executed(self, tenant: str, notification: ChannelExecuted) -> None:
        """Start to execute a campaign on a channel."""
        campaign, channel = notification.campaign_id, notification.channel_id
        flow = f"{tenant}:{notification.key}"
        ref = PageRef(flow, AUDIENCE, tenant, campaign, channel, *self._sizes)
        await self._enqueue("campaign", flow, ref, NORMAL)

    async def clearance_requested(self, tenant: str, notification: ClearanceRequested) -> None:
        """Start to grant and report the promotions of a campaign on hold."""
        flow = f"{tenant}:{notification.key}"
        due = self.kit.settings.local(notification.clearance_required_by)
        by = None if due is None else due.timestamp()
        campaign = notification.campaign_id
        ref = PageRef(flow, PROCESSED, tenant, campaign, None, *self._sizes, clearance_by=by)
        await self._enqueue("clearance", flow, ref, URGENT)

    @property
    def _sizes(self) -> tuple[int, int]:
        return self.kit.settings.page_size, self.kit.settings.batch_size

    async def _enqueue(self, kind: str, flow: str, ref: PageRef, priority: int) -> None:
        if await self._is_new(
            kind, flow, ref.tenant, ref.campaign_id, ref.channel_id, clearance_by=ref.clearance_by
        ):
            with SetWorkflowID(flow), SetEnqueueOptions(priority=priority):
                await DBOS.enqueue_workflow_async(FLOWS, self._flows[kind], attrs.asdict(ref))

    async def realtime_triggered(self, tenant: str, notification: RealtimeTriggered) -> None:
        """Start to reach one customer, here and now: no queue is waited for."""
        flow = f"{tenant}:{notification.key}"
        given = realtime_arguments(notification)
        if await self._is_new("realtime", flow, tenant, given["campaign_id"], given["channel_id"]):
            with SetWorkflowID(flow):
                await DBOS.start_workflow_async(self._flows["realtime"], flow, tenant, given)

    async def campaign_canceled(self, tenant: str, notification: CampaignCanceled) -> None:
        """Start to stop a campaign, here and now."""
        flow = f"{tenant}:{notification.key}"
        campaign, channel = notification.campaign_id, notification.channel_id
        if await self._is_new("cancellation", flow, tenant, campaign, channel):
            with SetWorkflowID(flow):
                await DBOS.start_workflow_async(self._flows["cancellation"], flow, tenant, campaign, channel)

    async def actions_ended(self, tenant: str, day: str) -> None:
        """Start to take back the promotions whose action ended on a day."""
        flow = f"{tenant}:ended:{day}"
        if await self._is_new("ended", flow, tenant, None, None, repeats=0):
            with SetWorkflowID(flow):
                await DBOS.enqueue_workflow_async(FLOWS, self._flows["ended"], flow, tenant, day)

    async def _is_new(
        self, kind: str, flow: str, tenant: str, campaign: object, channel: int | None, **more: Any
    ) -> bool:
        """Note a flow; False if it is done. A repeat of a running one joins it by its id, and is counted."""
        text = None if campaign is None else str(campaign)

        def note() -> bool:
            new = self.kit.store.open_flow(
                flow, kind=kind, tenant=tenant, campaign=text, channel=channel, **more
            )
            return new or not self.kit.store.is_closed(flow)

        return await self.kit.store.run(note)

    # What is looked after from time to time

    async def _watch(self) -> None:
        while True:
            try:
                await self._look_around()
            except Exception as error:
                log.error("connector: could not look around: %s", type(error).__name__)
            await asyncio.sleep(self.kit.settings.heartbeat)

    async def _look_around(self) -> None:
        if self.kit.settings.is_shared:
            await asyncio.to_thread(self._take_over_dead)
        await self._watch_clearances()
        if time.monotonic() > self._forget_at:
            self._forget_at = time.monotonic() + _HOUR
            await asyncio.to_thread(forget, self.kit)
        if self.kit.vendor.promotions is not None:
            await self._start_of_day()

    def _take_over_dead(self) -> None:
        for worker in self.workers.claim_dead():
            count = take_over(DBOS, worker)
            self.workers.bury(worker)
            log.warning("connector: worker %s is dead; %d flows and pages taken over", worker, count)

    async def _watch_clearances(self) -> None:
        """Warn, once for each flow, when time runs short."""
        soon = (self.kit.settings.now() + self.kit.settings.clearance_warning).timestamp()
        for flow in await asyncio.to_thread(self.kit.store.open_clearances, soon):
            if flow not in self._warned:
                self._warned.add(flow)
                log.warning("connector: %s: time to clearance runs short", flow)
                await asyncio.to_thread(self.kit.store.mark, f"short:{flow}")

    async def _start_of_day(self) -> None:
        """Take back what ended on the last days: once for each day, also for those when nothing ran."""
        today = self.kit.settings.now().astimezone(self.kit.settings.time_zone).date()
        days = {(today - _DAY * back).isoformat() for back in range(1, _DAYS_BACK + 1)}
        for day in sorted(days - self._ended):
            for tenant in self.kit.tenants:
                await self.actions_ended(tenant, day)
        self._ended = days


def _configuration(kit: Kit) -> DBOSConfig:
    settings = kit.settings
    return {
        "name": "optimove-connector",
        "system_database_url": settings.database_url,
        "executor_id": settings.worker,
        # Pinned: otherwise it is a digest of the code, and a new deploy would leave old runs lying.
        "application_version": settings.application_version,
        # JSON, not pickles: whoever can write to the database must not be able to run code here.
        "serializer": DBOSPortableJSONSerializer(),
        "notification_listener_polling_interval_sec": settings.poll,
        "log_level": "WARNING",
    }


def _register(kit: Kit, tasks: Tasks) -> dict[str, Callable[..., Awaitable[Any]]]:
    """Register the flows with DBOS by names that stay, whatever becomes of the functions."""

    @DBOS.workflow(name="optimove.page", max_recovery_attempts=_RECOVERIES)
    async def page(ref: dict[str, Any]) -> dict[str, Any]:
        return await tasks.run(run_page(kit, page, PageRef(**ref)))

    async def perform(flow: str, work: Callable[..., Awaitable[list[str]]], *given: Any) -> None:
        await tasks.run(to_its_end(kit, flow, partial(work, kit, *given)))

    @DBOS.workflow(name="optimove.campaign", max_recovery_attempts=_RECOVERIES)
    async def campaign(ref: dict[str, Any]) -> None:
        await perform(ref["flow"], run_campaign, page, PageRef(**ref))

    @DBOS.workflow(name="optimove.clearance", max_recovery_attempts=_RECOVERIES)
    async def clearance(ref: dict[str, Any]) -> None:
        await perform(ref["flow"], run_clearance, page, PageRef(**ref))

    @DBOS.workflow(name="optimove.realtime", max_recovery_attempts=_RECOVERIES)
    async def realtime(flow: str, tenant: str, given: dict[str, Any]) -> None:
        await perform(flow, run_realtime, flow, tenant, given)

    @DBOS.workflow(name="optimove.cancellation", max_recovery_attempts=_RECOVERIES)
    async def cancellation(flow: str, tenant: str, campaign_id: int, channel_id: int | None) -> None:
        await perform(flow, run_cancellation, flow, tenant, campaign_id, channel_id)

    @DBOS.workflow(name="optimove.ended", max_recovery_attempts=_RECOVERIES)
    async def ended(flow: str, tenant: str, day: str) -> None:
        await perform(flow, run_ended, flow, tenant, day)

    return {
        "campaign": campaign,
        "clearance": clearance,
        "realtime": realtime,
        "cancellation": cancellation,
        "ended": ended,
    }
