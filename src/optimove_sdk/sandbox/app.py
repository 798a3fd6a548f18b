"""The fake as an ASGI application: sockets in, values through, sockets out, faults included."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.requests import Request as SocketRequest
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route
from starlette.types import Receive, Scope, Send

from ..core.flow import SystemClock
from ..http.base import AsyncTransport, Request
from ..http.httpx import AsyncHttpxTransport
from ..testing import faults
from ..testing.answers import Answer, Refused
from ..testing.fake import FakeOptimove
from ..testing.trigger import Trigger
from .courier import Courier

_CAMPAIGN_KEYS: Final = {
    "customers",
    "channels",
    "template_ids",
    "promo_codes",
    "conditional",
    "campaign_id",
    "duration",
    "action_id",
    "notes",
    "scheduled_time",
}


def new_fake(*, customers: int = 25_000, **options: Any) -> FakeOptimove:
    """Return a fake in real time, with the sandbox's credentials and campaign 1 already in it.

    Args:
        customers: how many campaign 1 has, on channel 504.
        options: those of `FakeOptimove`.
    """
    settings = {
        "clock": SystemClock(),
        "api_key": "sandbox-key",
        "username": "sandbox-user",
        "password": "sandbox-password",
        "events_token": "sandbox-events-token",
    }
    fake = FakeOptimove(**{**settings, **options})
    fake.add_campaign(customers=customers, channels=[504], template_ids=[1], promo_codes=["WB23"])
    return fake


def create_app(fake: FakeOptimove, *, transport: AsyncTransport | None = None) -> Starlette:
    """Return the application. ``transport`` carries notifications to the listeners."""
    courier = Courier(fake, transport or AsyncHttpxTransport(proxy=""))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await courier.close()

    control = _Control(fake, courier)
    routes = [
        Route("/sandbox/campaigns", control.new_campaign, methods=["POST"]),
        Route("/sandbox/campaigns/{campaign:int}/{action}", control.act, methods=["POST"]),
        Route("/sandbox/triggers", control.new_trigger, methods=["POST"]),
        Route("/sandbox/faults", control.new_fault, methods=["POST"]),
        Route("/sandbox/faults", control.no_faults, methods=["DELETE"]),
        Route("/sandbox/state", control.state, methods=["GET"]),
        Mount("/", _Optimove(fake, courier)),
    ]
    return Starlette(routes=routes, lifespan=lifespan)


class _Optimove:
    """Everything that is Optimove's own."""

    def __init__(self, fake: FakeOptimove, courier: Courier) -> None:
        self._fake = fake
        self._courier = courier

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            request = await _request(SocketRequest(scope, receive))
        except ClientDisconnect:  # before the whole request was here: Optimove never knew of it
            return
        answer = self._fake.respond(request)
        self._courier.collect()
        await asyncio.sleep(answer.delay)
        await _send(answer, send)


async def _request(came: SocketRequest) -> Request:
    """Return what came as the SDK's own value; the path as it was sent, with its escapes."""
    raw = came.scope["raw_path"].decode("latin-1")
    query = f"?{came.url.query}" if came.url.query else ""
    url = f"{came.url.scheme}://{came.url.netloc}{raw}{query}"
    return Request(came.method, url, dict(came.headers), await came.body())


async def _send(answer: Answer, send: Send) -> None:
    body, length = answer.response.body, len(answer.response.body)
    cut = answer.cut_after
    if cut is not None:
        length = max(length, 1)
        body = body[: min(cut, length - 1)]
    headers = {**answer.response.headers, "content-length": str(length)}
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.response.status, "headers": encoded})
    # Returning before the body is complete makes the server break the connection.
    await send({"type": "http.response.body", "body": body, "more_body": cut is not None})


class _Control:
    """What a person in front of Optimove's screens would do."""

    def __init__(self, fake: FakeOptimove, courier: Courier) -> None:
        self._fake = fake
        self._courier = courier

    async def new_campaign(self, came: SocketRequest) -> JSONResponse:
        given = await _object(came)
        return self._answer(lambda: self._new_campaign(given), 201)

    def _new_campaign(self, given: Mapping[str, Any]) -> dict[str, Any]:
        if unknown := set(given) - _CAMPAIGN_KEYS:
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        campaign = self._fake.add_campaign(**given)
        sent = self._fake.run(campaign.campaign_id)
        return {"campaign_id": campaign.campaign_id, "notifications": len(sent)}

    async def act(self, came: SocketRequest) -> JSONResponse:
        actions = {"run": self._fake.run, "release": self._fake.release, "cancel": self._fake.cancel}
        action = actions.get(came.path_params["action"])
        if action is None:
            return JSONResponse({"error": "not an action"}, 404)
        return self._answer(lambda: {"notifications": len(action(came.path_params["campaign"]))})

    async def new_trigger(self, came: SocketRequest) -> JSONResponse:
        given = await _object(came)
        try:
            trigger = Trigger(**given)
        except TypeError as error:
            return JSONResponse({"error": str(error)}, 400)
        url = self._fake.gateway_url()
        allowed = url is None or await self._courier.ask(url, trigger.question())
        return self._answer(lambda: self._triggered(trigger, allowed), 201)

    def _triggered(self, trigger: Trigger, allowed: bool) -> dict[str, Any]:
        return {"allowed": allowed, "notifications": len(self._fake.trigger(trigger)) if allowed else 0}

    async def new_fault(self, came: SocketRequest) -> JSONResponse:
        given = await _object(came)
        return self._answer(lambda: self._new_fault(given), 201)

    def _new_fault(self, given: dict[str, Any]) -> dict[str, Any]:
        name = given.pop("fault", None)
        if name not in faults.BY_NAME:
            raise ValueError(f"fault must be one of {', '.join(faults.BY_NAME)}")
        when = {key: given.pop(key) for key in ("on", "times", "after") if key in given}
        self._fake.faults.add(faults.BY_NAME[name](**given), **when)
        return {"fault": name}

    async def no_faults(self, _: SocketRequest) -> JSONResponse:
        self._fake.faults.clear()
        return JSONResponse({})

    async def state(self, _: SocketRequest) -> JSONResponse:
        return self._answer(self._fake.state)

    def _answer(self, act: Callable[[], dict[str, Any]], status: int = 200) -> JSONResponse:
        try:
            result = act()
        except Refused as refused:
            return JSONResponse({"error": "there is no such campaign"}, refused.response.status)
        except (TypeError, ValueError) as error:
            return JSONResponse({"error": str(error)}, 400)
        self._courier.collect()
        return JSONResponse(result, status)


async def _object(came: SocketRequest) -> dict[str, Any]:
    """Return the JSON object that was sent; anything else is as if nothing had been."""
    try:
        given = await came.json()
    except ValueError:
        return {}
    return given if isinstance(given, dict) else {}
