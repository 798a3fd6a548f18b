"""The listener: what you want to hear, in one object, served by any server.

>>> listener = Listener(secret=os.environ["LISTENER_SECRET"])
>>> @listener.on(ChannelExecuted, channel_id=504)
... def execute(notification: ChannelExecuted) -> None: ...
>>> app = listener.asgi  # or listener.wsgi
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, overload

import attrs

from ..config import Secret
from ..core.call import Call
from ..errors import ConfigurationError
from .approval import ApprovalDesk, ApprovalQuestion, Approver
from .asgi import ListenerASGI
from .callbacks import AttributeCallback
from .crew import Crew
from .desk import Desk
from .gate import Gate, Room
from .models import AnyNotification
from .reception import Reception
from .registration import Registration, Topic, perform_registration, registering, topics_of
from .reports import Report, Reporter
from .router import Route, Router
from .seen import MemorySeenStore, SeenStore
from .sources import Sources
from .wsgi import ListenerWSGI

if TYPE_CHECKING:
    from ..client import AsyncOptimove, Optimove, Planner

M = TypeVar("M")
R = TypeVar("R")
_MIB: Final = 1024 * 1024


class Listener:
    """Receives what Optimove sends: notifications, attribute callbacks and approval questions.

    Below wherever it is mounted, ``/<secret>`` takes notifications, ``/<secret>/attributes`` the callbacks
    of attribute writes, ``/<secret>/approval`` approval questions; ``/health`` answers whether it lives.

    Handlers may be plain or asynchronous functions, whatever serves them. Under ASGI plain ones run in
    threads. Under WSGI they run in the server's thread, and asynchronous ones on one loop in a thread of
    its own, so that they can share an `AsyncOptimove`.

    Args:
        secret: the path that only Optimove knows: 16 or more URL-safe characters.
        previous_secrets: paths that are still served, while the secret is being changed.
        seen: remembers what was handled. The default forgets it with the process; use `SQLiteSeenStore`
            where there is more than one.
        on_error: called with a `Report` of everything that goes wrong; must not block.
        allowed_sources: networks that may send, as ``["192.0.2.0/24"]``; default: all.
        proxy_depth: how many proxies of yours stand in front and append to ``X-Forwarded-For``. Leave it
            at 0 if your server replaces the client's address itself.
        max_body: bytes of the longest body that is read.
        body_timeout: seconds in which a body must arrive (ASGI; WSGI servers have their own).
        drain_timeout: seconds that background work is given at shutdown.
        threads: how many plain handlers run at once beside the server's own threads.
        background_limit: how much background work may be unfinished; above it, answers wait for the work.

    Raises:
        ConfigurationError: the secret is too short or has other characters, or a network is none.
    """

    def __init__(
        self,
        secret: str | Secret,
        *,
        previous_secrets: Sequence[str | Secret] = (),
        seen: SeenStore | None = None,
        on_error: Callable[[Report], object] | None = None,
        allowed_sources: Sequence[str] | None = None,
        proxy_depth: int = 0,
        max_body: int = _MIB,
        body_timeout: float = 10.0,
        drain_timeout: float = 30.0,
        threads: int = 16,
        background_limit: int = 1000,
    ) -> None:
        report = Reporter(on_error)
        sources = None if allowed_sources is None else Sources.of(allowed_sources, proxy_depth)
        self._gate = Gate([secret, *previous_secrets], sources, max_body)
        self._router = Router()
        crew = Crew("optimove-listener", threads=threads, room=background_limit)
        self._reception = Reception(self._router, seen or MemorySeenStore(), report, crew)
        self._approvals = ApprovalDesk(report)
        self._desk = Desk(
            self._gate,
            self._reception,
            self._approvals,
            Crew("optimove-approval", threads=threads, room=0),
            body_timeout,
            drain_timeout,
        )

    def __repr__(self) -> str:
        return f"<Listener with {len(list(self._router))} handlers>"

    def on(
        self, kind: type[M], /, *, background: bool = False, retry: bool = False, **where: Any
    ) -> Decorator[M]:
        """Decorate the handler of a class of notifications.

        Of several handlers whose conditions hold, the one with the most conditions gets it.

        Args:
            kind: the class, as `ChannelExecuted`; `Notification` for all known ones.
            background: answer before the work is done. What is lost then, when the process dies, Optimove
                does not send again.
            retry: answer 500 when the handler fails, for Optimove to send it again. Whether and when it
                does is not published. Otherwise the answer is 200, and ``on_error`` hears of it.
            where: values that fields must have, as ``channel_id=504``.

        Raises:
            ConfigurationError: there is no such field, or such a handler exists already.
        """
        return Decorator(lambda handler: self._router.add(kind, _route(handler, background, retry, where)))

    @overload
    def fallback(self, handler: Callable[[AnyNotification], R], /) -> Callable[[AnyNotification], R]: ...
    @overload
    def fallback(self, /, *, background: bool = ..., retry: bool = ...) -> Decorator[AnyNotification]: ...
    def fallback(self, handler: Any = None, /, *, background: bool = False, retry: bool = False) -> Any:
        """Decorate the handler of all that has no other: types without one, and types that are not known."""
        return _decorated(
            handler, lambda fn: setattr(self._router, "fallback", _route(fn, background, retry))
        )

    @overload
    def on_attributes(
        self, handler: Callable[[AttributeCallback], R], /
    ) -> Callable[[AttributeCallback], R]: ...
    @overload
    def on_attributes(
        self, /, *, background: bool = ..., retry: bool = ...
    ) -> Decorator[AttributeCallback]: ...
    def on_attributes(self, handler: Any = None, /, *, background: bool = False, retry: bool = False) -> Any:
        """Decorate the handler of the outcomes of attribute writes. Repeats are not recognised."""
        return _decorated(
            handler, lambda fn: setattr(self._reception, "on_attributes", _route(fn, background, retry))
        )

    @overload
    def approve(self, decide: Callable[[ApprovalQuestion], R], /) -> Callable[[ApprovalQuestion], R]: ...
    @overload
    def approve(
        self, /, *, budget: float = ..., default: bool = ..., limit: int = ...
    ) -> Decorator[ApprovalQuestion]: ...
    def approve(
        self, decide: Any = None, /, *, budget: float = 2.0, default: bool = False, limit: int = 16
    ) -> Any:
        """Decorate what decides whether a realtime campaign may go to a customer: it returns True or False.

        Args:
            decide: the function.
            budget: seconds it may take. Optimove does not publish how long it waits; then the default is
                answered, and what comes late is reported.
            default: what is answered when time runs out, when it fails, and above the limit.
            limit: how many questions may be open at once. Plain functions also need as many ``threads``.
        """
        return _decorated(
            decide, lambda fn: setattr(self._approvals, "approver", Approver(fn, budget, default, limit))
        )

    @cached_property
    def asgi(self) -> ListenerASGI:
        """The ASGI application."""
        return ListenerASGI(self._desk)

    @cached_property
    def wsgi(self) -> ListenerWSGI:
        """The WSGI application."""
        return ListenerWSGI(self._desk)

    def notifications_url(self, base: str) -> str:
        """Return the URL for notifications, where the listener is mounted at ``base``. It is a secret."""
        return self._gate.url(base, Room.NOTIFICATIONS)

    def attributes_url(self, base: str) -> str:
        """Return the callback URL for attribute writes. It is a secret."""
        return self._gate.url(base, Room.ATTRIBUTES)

    def approval_url(self, base: str) -> str:
        """Return the URL of the approval gateway. It is a secret."""
        return self._gate.url(base, Room.APPROVAL)

    @overload
    def register(self, client: Optimove, url: str, *, type_in_url: bool = ...) -> Registration: ...
    @overload
    def register(
        self, client: AsyncOptimove, url: str, *, type_in_url: bool = ...
    ) -> Coroutine[Any, Any, Registration]: ...
    @overload
    def register(self, client: Planner, url: str, *, type_in_url: bool = ...) -> list[Call[None]]: ...
    def register(self, client: Any, url: str, *, type_in_url: bool = False) -> Any:
        """Have Optimove notify this listener of every type and channel that has a handler.

        What is registered correctly is left alone. With ``client.plan`` nothing is sent, and the result is
        the list of calls that a listener which nobody has registered yet would need.

        Args:
            client: an `Optimove`, an `AsyncOptimove` (await the result), or the ``plan`` of either.
            url: where the world finds the listener, without its secret.
            type_in_url: add ``?EventTypeID=`` to each URL, for a sender that leaves it out of the body.

        Raises:
            OptimoveError: a registration failed. Those before it stand; registering again is harmless.
        """

        def url_of(topic: Topic) -> str:
            extra = f"EventTypeID={topic.event_type_id}" if type_in_url else ""
            return self._gate.url(url, Room.NOTIFICATIONS, extra)

        return perform_registration(registering(topics_of(self._router), url_of), client.listeners)

    def close(self, timeout: float | None = None) -> None:
        """Wait for work in threads, at most so many seconds, and end them."""
        self._desk.close(timeout)

    async def drain(self) -> None:
        """Wait for background work on the running loop, for ``drain_timeout`` at most, then give it up.

        A server that runs ``listener.asgi`` itself does that. Frameworks that mount it do not tell it when
        they end: call this when they do.
        """
        await self._desk.drain()


@attrs.frozen
class Decorator(Generic[M]):
    """Takes a function of one message, and returns it as it is."""

    take: Callable[[Callable[[Any], Any]], object]

    def __call__(self, handler: Callable[[M], R]) -> Callable[[M], R]:
        """Take the function."""
        if not callable(handler):
            raise ConfigurationError("a handler must be a function of one argument")
        self.take(handler)
        return handler


def _decorated(handler: Any, take: Callable[[Callable[[Any], Any]], object]) -> Any:
    decorate: Decorator[Any] = Decorator(take)
    return decorate if handler is None else decorate(handler)


def _route(handler: Any, background: bool, retry: bool, where: dict[str, Any] | None = None) -> Route:
    if background and retry:
        raise ConfigurationError("background and retry exclude each other: the answer is given before")
    return Route(handler, background, retry, where or {})
