"""From the body of a request to its answer: read, find the handler, drop repeats, have it handled.

200 says that nothing more is to be done: handled, handled before, or of no interest. Where a route wants
failures to be tried again, it says so only if that is sure.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl

import attrs

from ..errors import NotificationError
from ..wire.names import fold
from .callbacks import parse_attribute_callback
from .crew import Crew
from .effects import Handle, Later, Work, offload
from .gate import BUSY, FAILED, NOT_UNDERSTOOD, OK, Answer
from .parse import parse_notification
from .reports import Problem, Report, Reporter
from .router import Route, Router
from .seen import Seen, SeenStore

T = TypeVar("T")
_log: Final = logging.getLogger("optimove_sdk")


class _StoreFailed(Exception):
    """The store of what was seen could not be asked."""


@attrs.define
class Reception:
    """Receives notifications and attribute callbacks."""

    router: Router
    seen: SeenStore
    report: Reporter
    crew: Crew
    on_attributes: Route | None = None

    def notified(self, body: bytes, query: str) -> Work[Answer]:
        """Answer a notification."""
        try:
            notification = parse_notification(body, event_type_id=_type_in(query))
        except NotificationError as error:
            return self._unreadable(body, error)
        route = self.router.find(notification)
        if route is None:
            _log.debug("listener: no handler for %s", type(notification).__name__)
            return OK
        key = notification.key
        try:
            known = yield from self._ask(self.seen.begin, key)
        except _StoreFailed:
            return BUSY
        if known is not Seen.NEW:
            # Whether what is in progress will succeed, nobody knows: only a second try can tell.
            return BUSY if known is Seen.IN_PROGRESS and route.retry else OK
        return (yield from self._handle(route, notification, key))

    def attributes(self, body: bytes) -> Work[Answer]:
        """Answer the callback of an attribute write. Nothing in it tells a repeat, so none is dropped."""
        try:
            callback = parse_attribute_callback(body)
        except NotificationError as error:
            return self._unreadable(body, error)
        if self.on_attributes is None:
            return OK
        return (yield from self._handle(self.on_attributes, callback, None))

    def _unreadable(self, body: bytes, error: Exception) -> Answer:
        self.report(Report(Problem.UNREADABLE, error=error, body=body))
        return NOT_UNDERSTOOD

    def _handle(self, route: Route, message: Any, key: str | None) -> Work[Answer]:
        work = self._work(route, message, key)
        if route.background and self.crew.has_room:
            yield Later(work)
            return OK
        return (yield from work)  # without room for more, the sender waits: nothing is dropped

    def _work(self, route: Route, message: Any, key: str | None) -> Work[Answer]:
        try:
            yield Handle(route.handler, message)
        except Exception as error:
            self.report(Report(Problem.HANDLER_FAILED, message, error))
            yield from self._note(self.seen.failed, key)
            return FAILED if route.retry else OK
        except BaseException:
            self._forget(key)
            raise
        yield from self._note(self.seen.done, key)
        return OK

    def _note(self, note: Callable[[str], None], key: str | None) -> Work[None]:
        if key is not None:
            with suppress(_StoreFailed):  # reported; what was handled was handled
                yield from self._ask(note, key)

    def _ask(self, function: Callable[[str], T], key: str) -> Work[T]:
        """Ask the store, in a thread if it may block."""
        try:
            if getattr(self.seen, "blocking", True):
                return (yield from offload(lambda: function(key)))
            return function(key)
        except Exception as error:
            self.report(Report(Problem.SEEN_STORE_FAILED, error=error))
            raise _StoreFailed from None

    def _forget(self, key: str | None) -> None:
        """Note that the work was given up: the server is stopping, there is nobody to wait for a thread."""
        if key is not None:
            try:
                self.seen.failed(key)
            except Exception as error:
                self.report(Report(Problem.SEEN_STORE_FAILED, error=error))


def _type_in(query: str) -> int | None:
    """Return the event type a listener's URL names, in whatever casing."""
    if not query:
        return None
    try:
        named = [value for name, value in parse_qsl(query) if fold(name) == "eventtypeid"]
        return int(named[0]) if named else None
    except ValueError:
        return None
