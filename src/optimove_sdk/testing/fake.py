"""The fake itself: requests in, responses out.

Its heart, `respond`, is pure but for its own state: time and chance come from the clock and the seed. Around
it is the face of a transport, for clients in this process.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import attrs

from ..config import OPTIMOVE_RATE_LIMIT, RateLimit
from ..core.flow import Clock
from ..http.base import Request, Response
from . import operations as operations
from .answers import METHOD_NOT_ALLOWED, NOT_FOUND, NOTHING, Answer, Refused, json_answer
from .clock import SimulatedClock
from .doors import Gatekeeper
from .journal import Journal, Received
from .routing import Asked, Operation, Route, find, understand
from .world import World

if TYPE_CHECKING:
    from ..client import AsyncOptimove, Optimove

BASE_URL: Final = "https://fake.optimove.test"


class FakeOptimove(World):
    """A whole Optimove in memory: a transport for both clients, and a world to fill and to look at.

    Args:
        clock: where time comes from; by default a `SimulatedClock`, which the clients use too, so that
            nothing really waits.
        seed: of everything that is generated.
        api_key: the key it accepts.
        username, password: the Login it accepts.
        mail_api_key: the only key that transactional mail accepts; None is the general one.
        tenant_id: the tenant whose events and preferences it takes.
        events_token: what events and metrics must be signed with, except at ``/reportServer``; None checks
            no signature, and its clients send no metrics.
        page_cap: the most rows in one page, whatever ``$top`` asks for.
        rate_limit: for each key, besides that of sending mail; None is no limit at all.
    """

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        seed: int = 0,
        api_key: str = "fake-api-key",
        username: str = "fake-user",
        password: str = "fake-password",  # noqa: S107 - it guards nothing
        mail_api_key: str | None = None,
        tenant_id: int = 999,
        events_token: str | None = "fake-events-token",  # noqa: S107 - nor does this
        page_cap: int = 10_000,
        rate_limit: RateLimit | None = OPTIMOVE_RATE_LIMIT,
    ) -> None:
        super().__init__(
            clock or SimulatedClock(seed=seed),
            seed,
            username=username,
            password=password,
            tenant_id=tenant_id,
            events_token=events_token,
            page_cap=page_cap,
        )
        self.api_key: str = api_key
        self.username: str = username
        self.password: str = password
        self.mail_api_key = mail_api_key
        self.journal: Journal = Journal()
        self._gatekeeper = Gatekeeper(api_key, mail_api_key, self.logins, rate_limit)
        self._lock = threading.RLock()

    def client(self, *, login: bool = False, **options: Any) -> Optimove:
        """Return a client of this fake; with ``login`` one that has a username instead of a key."""
        from .. import Optimove

        return Optimove(**{**self._settings(login=login), **options})

    def async_client(self, *, login: bool = False, **options: Any) -> AsyncOptimove:
        """Return an asyncio client of this fake; with ``login`` one that has a username instead of a key."""
        from .. import AsyncOptimove

        return AsyncOptimove(**{**self._settings(login=login), **options})

    def _settings(self, *, login: bool) -> dict[str, Any]:
        key = {"api_key": self.api_key}
        user = {"username": self.username, "password": self.password}
        return {
            "base_url": BASE_URL,
            "events_url": BASE_URL,
            "metrics_url": BASE_URL,
            "preferences_url": BASE_URL,
            "mail_api_key": self.mail_api_key,
            "tenant_id": self.tenant_id,
            "events_token": self.events_token,
            "transport": self,
            **(user if login else key),
        }

    # Looking at it

    @property
    def requests(self) -> Sequence[Received]:
        """The latest requests, oldest first."""
        return tuple(self.journal.latest)

    def count(self, operation: str | None = None) -> int:
        """Return how many requests came, for one operation or in all."""
        counts = self.journal.operations
        return counts.total() if operation is None else counts[operation]

    def state(self) -> dict[str, Any]:
        """Return what happened, in numbers, as JSON knows them."""
        return {
            "requests": dict(self.journal.operations),
            "statuses": {str(status): count for status, count in self.journal.statuses.items()},
            "faults": dict(self.faults.struck),
            "logins": self.logins.count,
            "campaigns": len(self.campaigns),
            "templates": sum(map(len, self.templates.values())),
            "promotions": len(self.promotions),
            "listeners": len(self.listeners),
            "notifications": len(self.outbox),
            "metrics": len(self.metrics),
            "interactions": len(self.interactions),
            "events": len(self.events),
            "engagement_metrics": len(self.engagement_metrics),
            "mails": len(self.mail.sent),
            "customer_lists": len(self.customer_lists),
        }

    # The pure heart

    def respond(self, request: Request) -> Answer:
        """Answer a request, and say what happens to the answer on the way."""
        with self._lock:
            route = find(request.method, request.url)
            fault = self.faults.take(route.name)
            if fault.expires_tokens:
                self.logins.expire_all()
            asked, response = (
                self._perform(request, route) if fault.instead is None else (None, fault.instead)
            )
            answer = fault.on_the_way(response)
            self._note(request, route, asked, answer, fault.name)
            return answer

    def _perform(self, request: Request, route: Route) -> tuple[Asked | None, Response]:
        asked = None
        try:
            headers = {name.lower(): value for name, value in request.raw_headers().items()}
            self._gatekeeper.admit(route.door, headers, self.clock.moment().monotonic)
            operation = _allowed(route)
            asked = understand(request, route)
            value = operation.perform(self, asked)
        except Refused as refused:
            return asked, refused.response
        return asked, _spoken(value)

    def _note(self, request: Request, route: Route, asked: Asked | None, answer: Answer, fault: str) -> None:
        received = Received(
            route.name, request.method, route.path, answer.response.status, self.clock.moment().monotonic
        )
        if asked is not None:
            received = attrs.evolve(received, params=asked.params, json=asked.json)
        self.journal.note(attrs.evolve(received, fault=None if fault == "none" else fault))

    # The face of a transport

    def handle_request(self, request: Request) -> Response:
        """Answer a request as a server behind a network would."""
        answer = self.respond(request)
        if wait := answer.wait(request.timeouts):
            self.clock.sleep(wait)
        return answer.arrive(request)

    async def handle_async_request(self, request: Request) -> Response:
        """Answer a request as a server behind a network would, letting others go on meanwhile."""
        answer = self.respond(request)
        if wait := answer.wait(request.timeouts):
            await self.clock.async_sleep(wait)
        else:
            await asyncio.sleep(0)
        return answer.arrive_async(request)

    def close(self) -> None:
        """Do nothing: there is no connection to close."""

    async def aclose(self) -> None:
        """Do nothing: there is no connection to close."""


def _allowed(route: Route) -> Operation:
    if route.operation is None:
        raise Refused(METHOD_NOT_ALLOWED if route.known else NOT_FOUND)
    return route.operation


def _spoken(value: Any) -> Response:
    """Return what an operation answers as a response; most answer JSON, or nothing."""
    if isinstance(value, Response):
        return value
    return NOTHING if value is None else json_answer(value)
