"""The clients: what is configured, wired together.

`Optimove` blocks, `AsyncOptimove` is for asyncio, and ``client.plan`` says what would be sent. They share
every line but the few below that differ in colour.
"""

from __future__ import annotations

import os
import platform
from functools import cached_property
from typing import Final, Generic, Self, TypeVar
from urllib.parse import urlsplit

import attrs

from ._version import __version__
from .config import (
    OPTIMOVE_RATE_LIMIT,
    TLS,
    AppInfo,
    Config,
    PathStyle,
    RateLimit,
    RetryPolicy,
    Secret,
    Timeouts,
)
from .core.call import Call, Page, Reply
from .core.endpoint import Async, Face, Plan, Sync
from .core.exchange import Authenticator, HeaderAuth, Host, Session
from .core.flow import Clock, SystemClock
from .core.pager import AsyncPager, Pager
from .core.policies.rate import RateGate
from .core.policies.token import TokenAuth, TokenStore
from .events.signing import SignatureAuth
from .http.base import AsyncTransport, Transport
from .resources import Resources
from .token_store import MemoryTokenStore

T = TypeVar("T")
AnyTransport = TypeVar("AnyTransport", Transport, AsyncTransport)

_LOGIN: Final = "general/login"
_TIMEOUTS: Final = Timeouts()
_RETRY: Final = RetryPolicy()
_TLS: Final = TLS()


class Planner(Resources[Plan]):
    """Every operation as the `Call` it would send: for dry runs, logs, queues and tests."""

    def __init__(self, session: Session) -> None:
        self._face = Plan(session)


class _Client(Resources[Face], Generic[Face, AnyTransport]):
    """What both clients have in common."""

    def __init__(
        self,
        *,
        base_url: str | None = None,
        api_key: str | Secret | None = None,
        username: str | None = None,
        password: str | Secret | None = None,
        tenant_id: int | None = None,
        events_url: str | None = None,
        events_token: str | Secret | None = None,
        metrics_url: str | None = None,
        path_style: PathStyle = "current",
        timeouts: Timeouts = _TIMEOUTS,
        retry: RetryPolicy = _RETRY,
        rate_limit: RateLimit | None = OPTIMOVE_RATE_LIMIT,
        app_info: AppInfo | None = None,
        allow_http: bool = False,
        proxy: str | None = None,
        tls: TLS = _TLS,
        max_connections: int = 16,
        token_store: TokenStore | None = None,
        transport: AnyTransport | None = None,
    ) -> None:
        settings = {
            "base_url": base_url,
            "api_key": api_key,
            "username": username,
            "password": password,
            "tenant_id": tenant_id,
            "events_url": events_url,
            "events_token": events_token,
            "metrics_url": metrics_url,
        }
        self.config: Config = Config.resolve(
            os.environ,
            settings,
            path_style=path_style,
            timeouts=timeouts,
            retry=retry,
            rate_limit=rate_limit,
            app_info=app_info,
            allow_http=allow_http,
            proxy=proxy,
            tls=tls,
            max_connections=max_connections,
        )
        self._transport: AnyTransport = transport or self._default_transport(self.config)
        self._session = _session(self.config, token_store)
        self._face = self._make_face(getattr(self._transport, "clock", None) or SystemClock())
        self._owns_transport = True

    def _default_transport(self, config: Config) -> AnyTransport:
        raise NotImplementedError

    def _make_face(self, clock: Clock) -> Face:
        raise NotImplementedError

    @cached_property
    def plan(self) -> Planner:
        """The same operations, returned as calls and not performed."""
        return Planner(self._session)

    def with_options(
        self,
        *,
        timeout: float | Timeouts | None = None,
        deadline: float | None = None,
        retry: RetryPolicy | int | None = None,
    ) -> Self:
        """Return a copy with other options, sharing connections, token and rate limit.

        Args:
            timeout: seconds for each single step, or a whole `Timeouts`.
            deadline: seconds for the whole call: retries, waiting and logging in included.
            retry: a `RetryPolicy`, or how many requests may be made at most (1 is no retry).

        What is None stays as it is. Closing the copy does nothing.
        """
        timeouts = self._session.timeouts
        if timeout is not None:
            each = timeout if isinstance(timeout, Timeouts) else Timeouts.each(timeout)
            timeouts = (
                each if isinstance(timeout, Timeouts) else attrs.evolve(each, deadline=timeouts.deadline)
            )
        if deadline is not None:
            timeouts = attrs.evolve(timeouts, deadline=deadline)
        policy = self._session.retry
        if retry is not None:
            policy = attrs.evolve(policy, attempts=retry) if isinstance(retry, int) else retry
        return self._copy(attrs.evolve(self._session, timeouts=timeouts, retry=policy))

    def _copy(self, session: Session) -> Self:
        copy = type(self).__new__(type(self))
        copy.config = self.config
        copy._transport = self._transport
        copy._session = session
        copy._face = attrs.evolve(self._face, session=session)
        copy._owns_transport = False
        return copy

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.config.base_url or self.config.events_url}>"


class Optimove(_Client[Sync, Transport]):
    """The blocking client. Safe to use from any number of threads; make one and keep it.

    Give ``base_url`` and ``api_key`` (or ``username`` and ``password``), or set ``OPTIMOVE_BASE_URL`` and
    ``OPTIMOVE_API_KEY``. ``rate_limit=None`` switches the client's own throttling off. A ``token_store``
    shares a Login between clients. See `Config` for the rest.

    >>> with Optimove(base_url="https://api5.optimove.net", api_key="...") as client:
    ...     for template in client.templates.list(channel_id=504):
    ...         print(template.template_name)
    """

    def _default_transport(self, config: Config) -> Transport:
        from .http.httpx import HttpxTransport

        return HttpxTransport(tls=config.tls, proxy=config.proxy, max_connections=config.max_connections)

    def _make_face(self, clock: Clock) -> Sync:
        return Sync(self._session, self._transport, clock)

    def send(self, call: Call[T]) -> T:
        """Perform any call and return its value."""
        return self._face.run(self._session.value(call))

    def reply(self, call: Call[T]) -> Reply[T]:
        """Perform any call and return its value with status, headers, raw body and attempts."""
        return self._face.run(self._session.exchange(call))

    def pager(self, first: Call[Page[T]]) -> Pager[T]:
        """Return the rows from this page on: a planned first page, or the ``next`` of one that was kept."""
        return self._face.pager(first)

    def close(self) -> None:
        """Close all connections. A copy made by ``with_options()`` leaves them open."""
        if self._owns_transport:
            self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncOptimove(_Client[Async, AsyncTransport]):
    """The asyncio client. Everything that `Optimove` has, awaited; make one and keep it.

    >>> async with AsyncOptimove(base_url="https://api5.optimove.net", api_key="...") as client:
    ...     async for customer in client.customers.execution_details(9214, 504):
    ...         print(customer.customer_id)
    """

    def _default_transport(self, config: Config) -> AsyncTransport:
        from .http.httpx import AsyncHttpxTransport

        return AsyncHttpxTransport(tls=config.tls, proxy=config.proxy, max_connections=config.max_connections)

    def _make_face(self, clock: Clock) -> Async:
        return Async(self._session, self._transport, clock)

    async def send(self, call: Call[T]) -> T:
        """Perform any call and return its value."""
        return await self._face.run(self._session.value(call))

    async def reply(self, call: Call[T]) -> Reply[T]:
        """Perform any call and return its value with status, headers, raw body and attempts."""
        return await self._face.run(self._session.exchange(call))

    def pager(self, first: Call[Page[T]]) -> AsyncPager[T]:
        """Return the rows from this page on: a planned first page, or the ``next`` of one that was kept."""
        return self._face.pager(first)

    async def close(self) -> None:
        """Close all connections. A copy made by ``with_options()`` leaves them open."""
        if self._owns_transport:
            await self._transport.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def _session(config: Config, token_store: TokenStore | None) -> Session:
    """Wire hosts, authentication and rate limit to a configuration."""
    headers = {"Accept": "application/json", "User-Agent": _user_agent(config.app_info)}
    hosts: dict[str, Host] = {}
    session = Session(hosts, config.retry, config.timeouts, headers, config.tenant_id)
    if config.base_url is not None:
        gate = RateGate(config.rate_limit)
        auth = _api_auth(config, session, gate, token_store)
        hosts["api"] = Host(config.base_url, auth, gate, config.path_style)
    if config.events_url is not None:
        hosts["events"] = Host(_events_url(config), _events_auth(config), RateGate(None))
    return session


def _api_auth(config: Config, session: Session, gate: RateGate, store: TokenStore | None) -> Authenticator:
    if config.api_key is not None:
        return HeaderAuth({"X-API-KEY": config.api_key})
    login = Call("POST", _LOGIN, json={"Username": config.username, "Password": config.password}, safe=True)
    return TokenAuth(
        lambda: session.request(login),
        store=store or MemoryTokenStore(),
        key=f"{config.username}@{config.base_url}",
        policy=config.retry,
        gate=gate,
    )


def _events_auth(config: Config) -> Authenticator:
    return HeaderAuth({}) if config.events_token is None else SignatureAuth(config.events_token)


def _events_url(config: Config) -> str:
    """Return the endpoint; a bare host gets the path of the version that the token, or its lack, implies."""
    url = config.events_url or ""
    if urlsplit(url).path:
        return url
    return f"{url}/reportServer" if config.events_token is None else f"{url}/v2/reportServer"


def _user_agent(app_info: AppInfo | None) -> str:
    own = f"optimove-sdk/{__version__} Python/{platform.python_version()}"
    return own if app_info is None else f"{own} {app_info}"
