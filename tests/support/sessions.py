"""A session over a server that is a function, in virtual time."""

from __future__ import annotations

import attrs

from optimove_sdk.config import RateLimit, RetryPolicy, Secret, Timeouts
from optimove_sdk.core.endpoint import Async, Plan, Sync
from optimove_sdk.core.exchange import HeaderAuth, Host, Session
from optimove_sdk.core.policies.rate import RateGate
from optimove_sdk.http.base import Request, Response
from support.flows import Responder, VirtualClock

KEY = "key-9f3a"


@attrs.define
class Wire:
    """Both transports over one responder; keeps what was sent."""

    responder: Responder
    clock: VirtualClock = attrs.Factory(VirtualClock)
    sent: list[Request] = attrs.Factory(list)

    def handle_request(self, request: Request) -> Response:
        self.sent.append(request)
        result = self.responder(request)
        if isinstance(result, BaseException):
            raise result
        return result

    async def handle_async_request(self, request: Request) -> Response:
        return self.handle_request(request)

    def close(self) -> None: ...
    async def aclose(self) -> None: ...


def session(
    *,
    attempts: int = 3,
    timeouts: Timeouts | None = None,
    limit: RateLimit | None = None,
    path_style: str = "current",
) -> Session:
    auth = HeaderAuth({"X-API-KEY": Secret(KEY)})
    host = Host("https://api5.optimove.net", auth, RateGate(limit), path_style)
    return Session({"api": host}, RetryPolicy(attempts), timeouts or Timeouts(), {"Accept": "x"}, 7)


def sync(wire: Wire, **options: object) -> Sync:
    return Sync(session(**options), wire, wire.clock)


def asynchronous(wire: Wire, **options: object) -> Async:
    return Async(session(**options), wire, wire.clock)


def plan() -> Plan:
    return Plan(session())
