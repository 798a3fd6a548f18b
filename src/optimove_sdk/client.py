"""The clients: what is configured, wired together.

`Optimove` blocks, `AsyncOptimove` is for asyncio, and ``client.plan`` says what would be sent. They share
every line but the few below that differ in colour.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from functools import cached_property
from typing import Any, Final, Generic, Self, TypeVar

import attrs

from .config import (
    OPTIMOVE_RATE_LIMIT,
    TLS,
    AppInfo,
    Config,
    PathStyle,
    RateLimit,
    RetryPolicy,
    SecretLike,
    Source,
    Timeouts,
)
from .core.call import Call, Page, Reply
from .core.endpoint import Async, Face, Plan, Sync
from .core.exchange import Session
from .core.flow import Clock, SystemClock
from .core.pager import AsyncPager, Pager
from .core.policies.token import TokenStore
from .http.base import AsyncTransport, Transport
from .profiles import read_profile
from .resources import Resources
from .wiring import session_for

T = TypeVar("T")
AnyTransport = TypeVar("AnyTransport", Transport, AsyncTransport)

_DEFAULTS: Final = {field.name: field.default for field in attrs.fields(Config) if field.name != "origins"}
_TIMEOUTS: Final = Timeouts()
_RETRY: Final = RetryPolicy()
_TLS: Final = TLS()


class Planner(Resources[Plan]):
    """Every operation as the `Call` it would send: for dry runs, logs, queues and tests."""

    def __init__(self, session: Session) -> None:
        self._face = Plan(session)


class _Client(Resources[Face], ABC, Generic[Face, AnyTransport]):
    """What both clients have in common."""

    def __init__(
        self,
        *,
        base_url: str | None = None,
        api_key: SecretLike | None = None,
        username: str | None = None,
        password: SecretLike | None = None,
        tenant_id: int | None = None,
        events_url: str | None = None,
        events_token: SecretLike | None = None,
        metrics_url: str | None = None,
        preferences_url: str | None = None,
        mail_api_key: SecretLike | None = None,
        path_style: PathStyle = "current",
        timeouts: Timeouts = _TIMEOUTS,
        retry: RetryPolicy = _RETRY,
        rate_limit: RateLimit | None = OPTIMOVE_RATE_LIMIT,
        app_info: AppInfo | None = None,
        allow_http: bool = False,
        proxy: str | None = None,
        tls: TLS = _TLS,
        max_connections: int = 16,
        prefetch: int = 3,
        token_store: TokenStore | None = None,
        transport: AnyTransport | None = None,
    ) -> None:
        arguments = {
            "base_url": base_url,
            "api_key": api_key,
            "username": username,
            "password": password,
            "tenant_id": tenant_id,
            "events_url": events_url,
            "events_token": events_token,
            "metrics_url": metrics_url,
            "preferences_url": preferences_url,
            "mail_api_key": mail_api_key,
            "path_style": path_style,
            "timeouts": timeouts,
            "retry": retry,
            "rate_limit": rate_limit,
            "app_info": app_info,
            "allow_http": allow_http,
            "proxy": proxy,
            "tls": tls,
            "max_connections": max_connections,
            "prefetch": prefetch,
        }
        given = {name: value for name, value in arguments.items() if value != _DEFAULTS[name]}
        config = Config.resolve(Source(given, "argument"), Source.environment(os.environ))
        self._set_up(config, token_store, transport)

    @classmethod
    def from_profile(
        cls,
        name: str,
        *,
        path: str | os.PathLike[str] | None = None,
        token_store: TokenStore | None = None,
        transport: AnyTransport | None = None,
        **settings: Any,
    ) -> Self:
        """Return a client with the settings of a profile in a TOML file.

        Args:
            name: the profile, a table of the file.
            path: the file; by default what ``OPTIMOVE_PROFILE_FILE`` says.
            token_store: as for the client.
            transport: as for the client.
            settings: any other argument of the client. It wins over the profile, which wins over the
                environment.

        Raises:
            ConfigurationError: there is no such file, profile or setting.
        """
        unknown = settings.keys() - _DEFAULTS.keys()
        if unknown:
            raise TypeError(f"{cls.__name__}.from_profile() got an unexpected argument {min(unknown)!r}")
        config = Config.resolve(
            Source(settings, "argument"),
            read_profile(name, os.environ, path),
            Source.environment(os.environ),
        )
        client = cls.__new__(cls)
        client._set_up(config, token_store, transport)
        return client

    def _set_up(self, config: Config, token_store: TokenStore | None, transport: AnyTransport | None) -> None:
        self.config: Config = config
        self._transport: AnyTransport = transport or self._default_transport(config)
        self._session: Session = session_for(config, token_store)
        self._face = self._make_face(getattr(self._transport, "clock", None) or SystemClock())
        self._owns_transport = True

    @abstractmethod
    def _default_transport(self, config: Config) -> AnyTransport: ...

    @abstractmethod
    def _make_face(self, clock: Clock) -> Face: ...

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
        prefetch: int | None = None,
    ) -> Self:
        """Return a copy with other options, sharing connections, token and rate limit.

        Args:
            timeout: seconds for each single step, or a whole `Timeouts`.
            deadline: seconds for the whole call: retries, waiting and logging in included.
            retry: a `RetryPolicy`, or how many requests may be made at most (1 is no retry).
            prefetch: how many pages are fetched ahead at most (0 is none).

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
        session = self._session if prefetch is None else self._session.with_prefetch(prefetch)
        return self._copy(attrs.evolve(session, timeouts=timeouts, retry=policy))

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
