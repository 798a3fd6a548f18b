"""An Optimove that knows sessions: one Login a second, none while a token works, tokens for 20 minutes."""

from __future__ import annotations

import attrs

from optimove_sdk.config import RateLimit, RetryPolicy
from optimove_sdk.core.flow import Flow, send
from optimove_sdk.core.policies.deadline import Deadline
from optimove_sdk.core.policies.login import Login
from optimove_sdk.core.policies.rate import RateGate
from optimove_sdk.core.policies.token import LIFETIME, TokenAuth, TokenStore
from optimove_sdk.http.base import Request, Response
from optimove_sdk.token_store import MemoryTokenStore
from support.flows import VirtualClock

LOGIN = Request("POST", "https://x/login", content=b'{"Username":"joe","Password":"hunter2"}')
CALL = Request("GET", "https://x/call")
EXPIRED = Response(403, {}, b"Authorization-Token Expired")


@attrs.define
class SessionServer:
    clock: VirtualClock
    valid: str | None = None
    used: float = 0.0
    logins: list[float] = attrs.Factory(list)
    calls: list[str] = attrs.Factory(list)
    refused: list[float] = attrs.Factory(list)
    """When a Login was answered 429."""
    strict: bool = True

    def __call__(self, request: Request) -> Response | BaseException:
        return self.login() if request.url == LOGIN.url else self.call(request)

    def login(self) -> Response | BaseException:
        now = self.clock.monotonic
        too_soon = bool(self.logins) and now - self.logins[-1] < 1.0 - 1e-6
        self.logins.append(now)
        if too_soon or (self.strict and self.valid is not None and now < self.used + LIFETIME):
            self.refused.append(now)
            return Response(429, {}, b'{"message":"too many"}')
        self.valid, self.used = f"token-{len(self.logins)}", now
        return Response(200, {}, f'"{self.valid}"'.encode())

    def call(self, request: Request) -> Response | BaseException:
        token = request.raw_headers()["Authorization-Token"]
        self.calls.append(token)
        if token != self.valid or self.clock.monotonic >= self.used + LIFETIME:
            return EXPIRED
        self.used = self.clock.monotonic
        return Response(200, {}, b"[]")

    def expire(self) -> None:
        self.valid = None


def plain_step(request: Request) -> Flow[Response]:
    """Send, and nothing around it."""
    return send(request)


def token_auth(
    store: TokenStore | None = None, *, attempts: int = 3, limit: RateLimit | None = None
) -> TokenAuth:
    login = Login(lambda: LOGIN, policy=RetryPolicy(attempts=attempts), gate=RateGate(limit))
    return TokenAuth(login, store=store or MemoryTokenStore(), key="joe@x")


def authorised(auth: TokenAuth, deadline: Deadline | None = None) -> Flow[Response]:
    """Return the flow of one call."""
    return auth(plain_step, CALL, deadline or Deadline(None))
