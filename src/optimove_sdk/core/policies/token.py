"""One Login for any number of threads, tasks and processes.

A token is valid for 20 minutes after it was last used. Who finds none becomes the leader and logs in; all
others wait for what comes of it. A token is only ever dropped by name, so that a late "expired" about an old
one cannot throw away its successor.
"""

from __future__ import annotations

import copy
import logging
import math
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Final, Protocol, TypeAlias, runtime_checkable

import attrs

from ...config import RetryPolicy, Secret
from ...errors import (
    AuthenticationFailed,
    ConnectionFailed,
    DeadlineExceeded,
    DecodeError,
    OptimoveError,
    RateLimited,
    TransportError,
)
from ...http.base import Request, Response
from ...wire import redact
from .. import answer
from ..flow import Await, Flow, now
from .deadline import Deadline, pause, time_left
from .rate import RateGate
from .retry import TRANSIENT, Step, retrying

LIFETIME = 20 * 60.0
"""Seconds a token stays valid after it was last used."""
LOGIN_PAUSE = 1.0
"""Optimove takes one Login a second."""
_REFUSAL_KEPT = 30.0
_SAVE_EVERY = 60.0
_STORE_POLL = 0.05
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


_Flight: TypeAlias = "Future[Token | OptimoveError | None]"


@attrs.frozen
class _Lead:
    """It is this caller's turn to log in; everybody else waits for the flight to land."""

    flight: _Flight


class TokenAuth:
    """Puts the token of one user on every request, logging in when there is none that works."""

    def __init__(
        self,
        login_request: Callable[[], Request],
        *,
        store: TokenStore,
        key: str,
        policy: RetryPolicy,
        gate: RateGate,
    ) -> None:
        self._login_request = login_request
        self._store = store
        self._key = key
        self._policy = policy
        self._gate = gate
        self._lock = threading.Lock()  # held for a few instructions, never across a yield
        self._token: Token | None = None
        self._flight: _Flight | None = None
        self._leader = 0  # its process: nobody will land what a parent had in flight when it forked
        self._refusal: tuple[float, AuthenticationFailed] | None = None
        self._last_login = -math.inf  # monotonic; infinite while one is under way, and if it was cut off
        self._last_save = -math.inf

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
            if isinstance(turn, _Lead):
                return (yield from self._lead(turn.flight, step, deadline, expired))
            yield Await(turn, (yield from time_left(deadline)))
            landed = turn.result() if turn.done() else None
            if isinstance(landed, OptimoveError):
                raise copy.copy(landed)

    def _turn(self, wall: float, expired: Token | None) -> Token | _Flight | _Lead:
        with self._lock:
            if self._token is not None and self._token.usable(wall, expired):
                return self._token
            if self._refusal is not None and 0 <= wall - self._refusal[0] < _REFUSAL_KEPT:
                raise copy.copy(self._refusal[1])
            if self._flight is not None and self._leader == os.getpid():
                return self._flight
            self._flight, self._leader = Future(), os.getpid()
            return _Lead(self._flight)

    def _lead(self, flight: _Flight, step: Step, deadline: Deadline, expired: Token | None) -> Flow[Token]:
        landed: Token | OptimoveError | None = None  # None: cancelled or out of time, the next one leads
        try:
            landed = yield from self._obtain(step, deadline, expired)
        except DeadlineExceeded:
            raise
        except OptimoveError as error:
            landed = copy.copy(error)
            if isinstance(landed, AuthenticationFailed):
                self._refusal = (yield from now()).wall, landed
            raise
        finally:
            self._land(flight, landed)
        return landed

    def _land(self, flight: _Flight, landed: Token | OptimoveError | None) -> None:
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
            moment = yield from now()
            self._last_login = max(self._last_login, moment.monotonic - max(0.0, moment.wall - old.issued))
        try:
            secret = yield from self._log_in(step, deadline)
        except RateLimited:
            if old is None or (expired is not None and old.value == expired.value):
                raise
            return attrs.evolve(old, used=(yield from now()).wall)
        wall = (yield from now()).wall
        return Token(secret, issued=wall, used=wall)

    def _log_in(self, step: Step, deadline: Deadline) -> Flow[Secret]:
        def one_a_second(request: Request) -> Flow[Response]:
            since = (yield from now()).monotonic - self._last_login
            if since < LOGIN_PAUSE:
                yield from pause(min(LOGIN_PAUSE - since, LOGIN_PAUSE), deadline, "the next Login")
            self._last_login = math.inf
            try:
                response = yield from step(request)
            except TransportError:
                self._last_login = (yield from now()).monotonic
                raise
            self._last_login = (yield from now()).monotonic
            return response

        request = self._login_request()
        try:
            response = yield from retrying(
                one_a_second,
                request,
                worth=_worth_another_login,
                policy=self._policy,
                deadline=deadline,
                gate=self._gate,
            )
        except DeadlineExceeded as error:
            raise DeadlineExceeded(f"Login: {error}") from error
        except TransportError as error:  # whatever became of the Login, nothing of the call itself was sent
            raise ConnectionFailed(f"Login: {error}") from error
        return _token_in(response, request)

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


# Wrong credentials were documented as 500 in 2016; today's code for them is not published.
_REFUSALS: Final = frozenset({400, 401, 403, 500})


def _says_expired(response: Response) -> bool:
    return response.status == 403 and b"authorization-token expired" in response.body[:200].lower()


def _worth_another_login(result: Response | TransportError) -> bool:
    """Say whether to try again here. What was not answered is tried again with the call as a whole."""
    return isinstance(result, Response) and result.status in TRANSIENT - _REFUSALS


def _token_in(response: Response, request: Request) -> Secret:
    """Read the token: a JSON string, or the bare text that older documentation shows."""
    if response.status in _REFUSALS:
        reason = f"Login was refused: {answer.message_of(response)}"
        shown = redact.scrub(reason, answer.unquoted((request.content or b"").decode()))
        raise AuthenticationFailed(response.status, reason, shown=shown, body=response.body)
    answer.raise_for_status(response)
    token: Any = None if answer.is_html(response) else answer.unquoted(answer.text_of(response))
    if not (isinstance(token, str) and token and token.isascii() and token.isprintable()) or " " in token:
        raise DecodeError("the answer to Login is not a token")
    return Secret(token)
