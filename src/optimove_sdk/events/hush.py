"""Forks wait for a moment in which no thread of ours is in the middle of a request.

A fork copies one thread and all locks. What another thread holds just then, in an import, in OpenSSL or in a
pool of connections, nobody will ever release in the child. So before a fork no request is begun, and those
under way have a short time to end. One that takes longer than that waits for its server, and holds nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import attrs

from ..forks import at_fork
from ..http.base import Request, Response, Transport

_PATIENCE: Final = 1.0


class Hush:
    """Counts who is in the middle of something, and lets nobody begin while a fork is near."""

    def __init__(self) -> None:
        self.start_over()

    def start_over(self) -> None:
        """Forget everybody, as a child must."""
        self._changed = threading.Condition()
        self._busy = 0
        self._forks = 0

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Be in the middle of something."""
        with self._changed:
            self._changed.wait_for(lambda: self._forks == 0)
            self._busy += 1
        try:
            yield
        finally:
            with self._changed:
                self._busy -= 1
                self._changed.notify_all()

    def before_fork(self) -> None:
        """Wait until nobody is busy, or long enough."""
        with self._changed:
            self._forks += 1
            self._changed.wait_for(lambda: self._busy == 0, _PATIENCE)

    def after_fork(self) -> None:
        """Let everybody go on."""
        with self._changed:
            self._forks -= 1
            self._changed.notify_all()


HUSH: Final = Hush()
at_fork(before=HUSH.before_fork, after_in_parent=HUSH.after_fork, after_in_child=HUSH.start_over)


@attrs.frozen
class HushedTransport:
    """A transport whose requests forks wait for."""

    _inner: Transport

    def handle_request(self, request: Request) -> Response:
        """Send the request and return the answer."""
        with HUSH.busy():
            return self._inner.handle_request(request)

    def close(self) -> None:
        """Close all connections."""
        self._inner.close()
