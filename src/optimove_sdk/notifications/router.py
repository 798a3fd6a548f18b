"""Which handler a notification is for. Pure: nothing is called here.

One notification has one handler: the one with the most conditions that hold, among equals the first. So what
"handled" means, and "failed", is never half and half.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import attrs

from ..errors import ConfigurationError
from .models import Notification, UnknownNotification


@attrs.frozen
class Route:
    """A handler, and what it is for.

    ``background`` answers before the work is done; ``retry`` answers 500 when it fails.
    """

    handler: Callable[[Any], Any]
    background: bool = False
    retry: bool = False
    where: Mapping[str, Any] = attrs.field(factory=dict)

    def takes(self, notification: Any) -> bool:
        """Say whether all conditions hold."""
        return all(getattr(notification, name) == value for name, value in self.where.items())


class Router:
    """The handlers, by the class of notification."""

    def __init__(self) -> None:
        self._routes: dict[type, list[Route]] = {}
        self.fallback: Route | None = None

    def add(self, kind: type, route: Route) -> None:
        """Add a handler.

        Raises:
            ConfigurationError: this is no notification, it has no such field, or there is such a handler.
        """
        if not (isinstance(kind, type) and issubclass(kind, Notification | UnknownNotification)):
            raise ConfigurationError("on() takes a class of notifications, as ChannelExecuted")
        unknown = set(route.where) - set(attrs.fields_dict(kind))
        if unknown:
            raise ConfigurationError(f"{kind.__name__} has no field {', '.join(sorted(unknown))}")
        routes = self._routes.setdefault(kind, [])
        if any(one.where == route.where for one in routes):
            raise ConfigurationError(f"{kind.__name__} has a handler with these conditions already")
        routes.append(route)
        routes.sort(key=lambda one: -len(one.where))

    def find(self, notification: Any) -> Route | None:
        """Return the handler of a notification, or the fallback, or None."""
        for kind in type(notification).__mro__:
            for route in self._routes.get(kind, ()):
                if route.takes(notification):
                    return route
        return self.fallback

    def __iter__(self) -> Iterator[tuple[type, Route]]:
        return ((kind, route) for kind, routes in self._routes.items() for route in routes)
