"""One listener, and so one URL, for each Symplify customer, in one application.

Source: https://docs.optimove.com/carma-integration/
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol, TypeAlias
from urllib.parse import quote

from optimove_sdk import ConfigurationError

ASGIApp: TypeAlias = Callable[[Any, Any, Any], Awaitable[None]]


class _ASGI(Protocol):
    def in_front_of(self, app: ASGIApp, *, at: str) -> ASGIApp: ...


class CustomerListener(Protocol):
    """What is needed of a listener of this package."""

    @property
    def asgi(self) -> _ASGI:
        """The ASGI application."""
        ...

    def notifications_url(self, base: str) -> str:
        """Return the URL for notifications, where the listener is mounted at ``base``."""
        ...


class SymplifyListeners:
    """Serves the listeners of several Symplify customers, each at its own path.

    Args:
        listeners: by Symplify customer id; no two may share one, nor a secret.
        at: the path before the customers' ids.

    Raises:
        ConfigurationError: two customers have the same secret.
    """

    def __init__(self, listeners: Mapping[str, CustomerListener], *, at: str = "symplify") -> None:
        paths = {listener.notifications_url("https://x.invalid") for listener in listeners.values()}
        if len(paths) != len(listeners):
            raise ConfigurationError("each Symplify customer needs a listener with a secret of its own")
        self._listeners = dict(listeners)
        self._at = at.strip("/")

    def base(self, base: str, customer_id: str) -> str:
        """Return where a customer's listener is mounted: what its ``register`` wants."""
        return f"{base.rstrip('/')}/{self._at}/{quote(customer_id, safe='')}"

    def url(self, base: str, customer_id: str) -> str:
        """Return the URL that Optimove notifies for this customer. It is a secret."""
        return self._listeners[customer_id].notifications_url(self.base(base, customer_id))

    def in_front_of(self, app: ASGIApp) -> ASGIApp:
        """Return an application that serves the listeners, and leaves all other paths to this one."""
        for customer_id, listener in self._listeners.items():
            app = listener.asgi.in_front_of(app, at=f"{self._at}/{customer_id}")
        return app
