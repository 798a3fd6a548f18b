"""The application that is served: the listeners of all tenants, health, and the status."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import Receive, Scope, Send

from ..notifications.approval import ApprovalQuestion
from ..notifications.listener import Listener
from ..notifications.models import CampaignCanceled, ChannelExecuted, ClearanceRequested, RealtimeTriggered
from ..notifications.registration import Registration
from ..notifications.seen import Seen
from .kit import Kit, Vendor
from .runtime import Runtime
from .settings import ConnectorSettings, Tenant
from .status import page_of, status_of

_DEFAULTS: Final = ConnectorSettings()


class ConnectorApp:
    """A vendor's connector, as an ASGI application.

    >>> connector = ConnectorApp(
    ...     MyVendor(),
    ...     Tenant(client=lambda: AsyncOptimove(api_key="..."), secret=os.environ["LISTENER_SECRET"]),
    ... )

    ``python -m optimove_sdk.connector run my_module:connector`` serves it. Below ``/listen/<tenant>`` each
    tenant's notifications come in; ``/health`` says whether the worker lives; ``/status`` and
    ``/status.html`` tell what it does. They name campaigns and numbers, never customers; still, show them
    to nobody outside.

    Args:
        vendor: an object with the methods of one or more of the protocols in `base`, or several of them.
        tenants: the Optimove instances it serves.
        settings: everything else.
    """

    def __init__(
        self,
        vendor: object | Sequence[object],
        *tenants: Tenant,
        settings: ConnectorSettings = _DEFAULTS,
    ) -> None:
        objects = vendor if isinstance(vendor, (list, tuple)) else (vendor,)
        self.kit: Kit = Kit(Vendor.of(*objects), tenants, settings)
        self.runtime: Runtime = Runtime(self.kit)
        self.listeners: dict[str, Listener] = {one.name: self._listener(one) for one in tenants}
        self._app = Starlette(routes=self._routes(), lifespan=self._lifespan)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve."""
        await self._app(scope, receive, send)

    async def prepare(self, url: str) -> dict[str, Registration]:
        """Register the listeners of all tenants at Optimove, and publish the vendor's templates.

        Args:
            url: where Optimove finds this application.
        """
        done = {}
        for name, listener in self.listeners.items():
            client = self.kit.client(name)
            done[name] = await listener.register(client, f"{url.rstrip('/')}/listen/{name}")
            if self.kit.vendor.templates is not None:
                for channel, templates in (await self.kit.vendor.templates.templates()).items():
                    (await client.templates.add(channel, templates)).raise_for_failed()
        return done

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        await self.runtime.start()
        try:
            yield
        finally:
            for listener in self.listeners.values():
                await listener.drain()
            await self.runtime.stop()

    def _routes(self) -> list[BaseRoute]:
        mounts = [Mount(f"/listen/{name}", app=one.asgi) for name, one in self.listeners.items()]
        return [
            Route("/health", self._health),
            Route("/status", self._status),
            Route("/status.html", self._page),
            *mounts,
        ]

    def _listener(self, tenant: Tenant) -> Listener:
        listener = Listener(tenant.secret, seen=_EveryOne())
        runtime, vendor = self.runtime, self.kit.vendor
        handlers: list[tuple[type, Any]] = []
        if vendor.delivery is not None or vendor.promotions is not None:
            handlers += [
                (ChannelExecuted, runtime.channel_executed),
                (RealtimeTriggered, runtime.realtime_triggered),
            ]
            listener.on(CampaignCanceled, retry=True)(partial(runtime.campaign_canceled, tenant.name))
        if vendor.promotions is not None:
            listener.on(ClearanceRequested, retry=True)(partial(runtime.clearance_requested, tenant.name))
        for kind, handle in handlers:
            for where in _conditions(tenant):
                listener.on(kind, retry=True, **where)(partial(handle, tenant.name))
        if vendor.approver is not None:
            listener.approve(_approver(vendor.approver))
        return listener

    async def _health(self, _: Request) -> Response:
        if self.runtime.heart.silent_for > self.kit.settings.dead_after:
            return PlainTextResponse("the database cannot be reached", 503)
        return PlainTextResponse("ok")

    async def _status(self, _: Request) -> Response:
        return JSONResponse(await self.kit.store.run(status_of, self.kit, self.runtime.workers))

    async def _page(self, _: Request) -> Response:
        return HTMLResponse(page_of(await self.kit.store.run(status_of, self.kit, self.runtime.workers)))


def _conditions(tenant: Tenant) -> list[dict[str, Any]]:
    return [{"channel_id": one} for one in tenant.channels] or [{}]


def _approver(approver: Any) -> Any:
    async def approve(question: ApprovalQuestion) -> bool:
        return bool(await approver.approve(question))

    return approve


class _EveryOne:
    """Lets every notification through: flows know repeats by their ids, for ever and across workers."""

    blocking: Final = False

    def begin(self, key: str) -> Seen:
        """Let it through."""
        return Seen.NEW

    def done(self, key: str) -> None:
        """Forget it."""

    def failed(self, key: str) -> None:
        """Forget it."""
