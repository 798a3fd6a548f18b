"""What can go wrong, as values, and when it shall.

A fault strikes one request: the next one, or the next of an operation, or one after some went well.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

import attrs

from ..errors import InvalidInput
from ..http.base import Response
from ..wire.names import fold
from . import answers

_FIREWALL_PAGE = b"<html><head><title>502 Bad Gateway</title></head><body>Incapsula</body></html>"


@attrs.frozen
class Fault:
    """Something that goes wrong with one request, or with one notification.

    ``instead`` is answered without the operation being performed. Otherwise it is performed, and its answer
    delayed, emptied, or broken off. ``copies`` is how often a notification is delivered.
    """

    name: str
    instead: Response | None = None
    expires_tokens: bool = False
    delay: float = 0.0
    cut_after: int | None = None
    empty: bool = False
    copies: int = 1

    def on_the_way(self, response: Response) -> answers.Answer:
        """Return what becomes of a response."""
        return answers.Answer(Response(200) if self.empty else response, self.delay, self.cut_after)


NONE = Fault("none")
"""Nothing goes wrong."""


def rate_limited(retry_after: int | None = None) -> Fault:
    """Answer 429 with the documented body; Optimove documents no ``Retry-After``, but you may send one."""
    response = answers.TOO_MANY_REQUESTS
    if retry_after is not None:
        response = attrs.evolve(response, headers={**response.headers, "retry-after": str(retry_after)})
    return Fault("rate_limited", instead=response)


def token_expired() -> Fault:
    """Answer 403 ``Authorization-Token Expired``, and let all tokens really be."""
    return Fault("token_expired", instead=answers.TOKEN_EXPIRED, expires_tokens=True)


def html_502() -> Fault:
    """Answer 502 with the web page of a firewall in front of Optimove."""
    return Fault("html_502", instead=Response(502, {"content-type": "text/html"}, _FIREWALL_PAGE))


def slow(seconds: float) -> Fault:
    """Perform the operation, and begin the answer so many seconds later."""
    return Fault("slow", delay=seconds)


def cut(after: int = 0) -> Fault:
    """Perform the operation, and break the connection after so many bytes of the answer's body."""
    return Fault("cut", cut_after=after)


def empty() -> Fault:
    """Perform the operation, and answer 200 without a body."""
    return Fault("empty", empty=True)


def duplicate_notification(copies: int = 2) -> Fault:
    """Deliver a notification more than once, as Optimove sometimes does."""
    return Fault("duplicate_notification", copies=copies)


BY_NAME: Mapping[str, Callable[..., Fault]] = {
    make.__name__: make
    for make in (rate_limited, token_expired, html_502, slow, cut, empty, duplicate_notification)
}
"""The named faults, for those who can only say their name."""


@attrs.define
class _Appointment:
    """A fault, and the requests it waits for."""

    fault: Fault
    on: str | None
    after: int
    times: int

    def is_for(self, operation: str, *, notification: bool) -> bool:
        kind = (self.fault.copies > 1) == notification
        return kind and self.times > 0 and self.on in (None, fold(operation))

    def strikes(self) -> bool:
        """Count one request, and say whether this is one that goes wrong."""
        if self.after > 0:
            self.after -= 1
            return False
        self.times -= 1
        return True


class Schedule:
    """The faults that are still to strike; ``struck`` counts those that did, by name."""

    def __init__(self, operations: Iterable[str]) -> None:
        self._operations = {fold(name) for name in operations}
        self._appointments: list[_Appointment] = []
        self._lock = threading.Lock()  # a test adds while a server takes
        self.struck: Counter[str] = Counter()

    def add(self, fault: Fault, *, on: str | None = None, times: int = 1, after: int = 0) -> None:
        """Let a fault strike.

        Args:
            fault: what goes wrong.
            on: only requests of this operation, by Optimove's name; None is any.
            times: how many requests it strikes.
            after: how many such requests go well before.
        """
        if on is not None and fold(on) not in self._operations:
            raise InvalidInput(f"the fake has no operation named {on!r}")
        if times < 1 or after < 0:
            raise InvalidInput("times must be at least 1, and after at least 0")
        with self._lock:
            self._appointments.append(_Appointment(fault, on and fold(on), after, times))

    def clear(self) -> None:
        """Forget all faults that did not strike yet."""
        with self._lock:
            self._appointments.clear()

    def take(self, operation: str, *, notification: bool = False) -> Fault:
        """Return the fault that strikes now."""
        with self._lock:
            waiting = [a for a in self._appointments if a.is_for(operation, notification=notification)]
            struck = next((a.fault for a in waiting if a.strikes()), NONE)
            self._appointments = [a for a in self._appointments if a.times > 0]
            if struck is not NONE:
                self.struck[struck.name] += 1
        return struck
