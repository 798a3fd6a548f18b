"""One token for any number of threads, tasks and processes.

A token is valid for 20 minutes after it was last used. Who finds none has one Login begun; everybody waits
for what comes of it. A token is only ever dropped by name, so that a late "expired" about an old one cannot
throw away its successor.
"""

from __future__ import annotations

import copy
import logging
import math
import threading
from concurrent.futures import Future
from typing import Final, Protocol, TypeAlias, runtime_checkable

import attrs

from ...config import Secret
from ...errors import AuthenticationFailed, DeadlineExceeded, RateLimited
from ...forks import survive_forks
from ...http.base import Request, Response
from ..flow import Await, Flow, Spawn, now
from .deadline import Deadline, pause, time_left
from .login import Login
from .retry import Step

LIFETIME: Final = 20 * 60.0
"""Seconds a token stays valid after it was last used."""
_REFUSAL_KEPT: Final = 30.0
_SAVE_EVERY: Final = 60.0
_STORE_POLL: Final = 0.05
_log = logging.getLogger("optimove_sdk")


@attrs.frozen
class Token:
    """A session token. ``issued`` and ``used`` are seconds of the epoch, so that processes can share it."""

    value: Secret
    issued: float
    used: float

    def usable(self, wall: float, expired: Token | None) -> bool:
        """Say whether the token should still be valid, and is not the one just found to be expired.

        A clock that was set back makes a token look used in the future: then the server decides.
        """
        return wall < self.used + LIFETIME and (expired is None or self.value != expired.value)


@runtime_checkable
class TokenStore(Protocol):
    """Keeps tokens where other clients can find them. ``key`` names a user at a server.

    No method may block for long: ``try_lock`` says at once whether this caller alone may log in now.
    """

    def load(self, key: str) -> Token | None:
        """Return what was saved, or None."""
        ...

    def save(self, key: str, token: Token) -> None:
        """Keep a token."""
        ...

    def try_lock(self, key: str) -> bool:
        """Take the right to log in; False if somebody else has it."""
        ...

    def unlock(self, key: str) -> None:
        """Give the right back."""
        ...


_Flight: TypeAlias = "Future[Token | Exception | None]"


@attrs.frozen
class _Turn:
    """The Login to wait for; it is ours to begin if nobody has."""

    flight: _Flight
    ours: bool


class TokenAuth:
    """Puts the token of one user on every request, logging in when there is none that works."""

    def __init__(self, login: Login, *, store: TokenStore, key: str) -> None:
        self._login = login
        self._store = store
        self._key = key
        self._token: Token | None = None
        self._refusal: tuple[float, AuthenticationFailed] | None = None
        self._last_save = -math.inf
        self.start_over()
        survive_forks(self)

    def start_over(self) -> None:
        """Forget who logs in: in a forked child nobody will land what its parent had in flight."""
        self._lock = threading.Lock()  # held for a few instructions, never across a yield
        self._flight: _Flight | None = None

    def __call__(self, step: Step, request: Request, deadline: Deadline) -> Flow[Response]:
        """Send with the token; if the server says that it has expired, once more with a new one."""
        token = yield from self._current(step, deadline)
        response = yield from self._send(step, request, token)
        if _says_expired(response):
            token = yield from self._current(step, deadline, expired=token)
            response = yield from self._send(step, request, token)
        return response

    def _send(self, step: Step, request: Request, token: Token) -> Flow[Response]:
        response = yield from step(request.with_headers({"Authorization-Token": token.value}))
        if not _says_expired(response):
            self._touch(token, (yield from now()).wall)
        return response

    def _current(self, step: Step, deadline: Deadline, expired: Token | None = None) -> Flow[Token]:
        while True:
            moment = yield from now()
            turn = self._turn(moment.wall, expired)
            if isinstance(turn, Token):
                return turn
            if turn.ours:
                yield Spawn(self._fly(turn.flight, step, deadline, expired), turn.flight)
            yield Await(turn.flight, (yield from time_left(deadline)))
            landed = turn.flight.result() if turn.flight.done() else None
            if isinstance(landed, Exception) and (turn.ours or not isinstance(landed, DeadlineExceeded)):
                raise copy.copy(landed)

    def _turn(self, wall: float, expired: Token | None) -> Token | _Turn:
        with self._lock:
            if self._token is not None and self._token.usable(wall, expired):
                return self._token
            if self._refusal is not None and 0 <= wall - self._refusal[0] < _REFUSAL_KEPT:
                raise copy.copy(self._refusal[1])
            if self._flight is not None:
                return _Turn(self._flight, ours=False)
            self._flight = Future()
            return _Turn(self._flight, ours=True)

    def _fly(self, flight: _Flight, step: Step, deadline: Deadline, expired: Token | None) -> Flow[None]:
        """Get a token, or the reason why there is none, to everybody who waits."""
        landed: Token | Exception | None = None  # None: cut off
        try:
            landed = yield from self._obtain(step, deadline, expired)
        except Exception as error:  # out of time is the beginner's trouble only: the others try again
            landed = error
            if isinstance(error, AuthenticationFailed):
                self._refusal = (yield from now()).wall, error
        finally:
            self._land(flight, landed)

    def _land(self, flight: _Flight, landed: Token | Exception | None) -> None:
        with self._lock:
            self._flight = None
            if isinstance(landed, Token):
                self._token, self._refusal = landed, None
        flight.set_result(landed)

    def _obtain(self, step: Step, deadline: Deadline, expired: Token | None) -> Flow[Token]:
        while not self._store.try_lock(self._key):
            yield from pause(_STORE_POLL, deadline, "another process to log in")
        try:
            known = self._store.load(self._key)
            if known is not None and known.usable((yield from now()).wall, expired):
                return known
            token = yield from self._log_in_or_keep(known or self._token, step, deadline, expired)
            self._save(token)
            return token
        finally:
            self._store.unlock(self._key)

    def _save(self, token: Token) -> None:
        """Tell the other processes. If that fails, this one has the token all the same and goes on."""
        try:
            self._store.save(self._key, token)
        except Exception as error:
            _log.warning("the token store did not save the token: %s", type(error).__name__)

    def _log_in_or_keep(
        self, old: Token | None, step: Step, deadline: Deadline, expired: Token | None
    ) -> Flow[Token]:
        """Log in. Optimove refuses that with 429 while a token still works: then that one is used on."""
        if old is not None:
            yield from self._login.note(old.issued)
        try:
            secret = yield from self._login(step, deadline)
        except RateLimited:
            if old is None or (expired is not None and old.value == expired.value):
                raise
            return attrs.evolve(old, used=(yield from now()).wall)
        wall = (yield from now()).wall
        return Token(secret, issued=wall, used=wall)

    def _touch(self, token: Token, wall: float) -> None:
        """Note that the token was used, and every now and then tell the other processes."""
        with self._lock:
            if self._token is None or self._token.value != token.value:
                return
            self._token = current = attrs.evolve(self._token, used=wall)
            due = abs(wall - max(self._last_save, current.issued)) >= _SAVE_EVERY
            if due:
                self._last_save = wall
        if not due:
            return
        try:
            self._save_if_newest(current)
        except Exception as error:  # never at the expense of the answer that has just come
            _log.warning("the token store failed: %s", type(error).__name__)

    def _save_if_newest(self, token: Token) -> None:
        if self._store.try_lock(self._key):
            try:
                stored = self._store.load(self._key)
                if stored is not None and stored.value == token.value:
                    self._save(token)
            finally:
                self._store.unlock(self._key)


def _says_expired(response: Response) -> bool:
    return response.status == 403 and b"authorization-token expired" in response.body[:200].lower()
