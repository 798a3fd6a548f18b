"""Who may come in, and how often.

An API key is always logged in. A token lives for 20 minutes after it was last used; a Login is refused while
one lives, and within a second of the last. A caller over the rate limit is turned away; sending transactional
mail is counted apart.
"""

from __future__ import annotations

import enum
import random
import uuid
from collections import deque
from collections.abc import Mapping
from typing import Final

import attrs

from ..config import RateLimit
from .answers import TOKEN_EXPIRED, TOO_MANY_REQUESTS, UNAUTHORIZED, Refused

TOKEN_LIFETIME: Final = 20 * 60.0
LOGIN_PAUSE: Final = 1.0
# https://developer.optimove.com/reference/understanding-api-rate-limits-at-optimove
MAIL_RATE_LIMIT: Final = RateLimit(10, 1.0)


class Door(enum.Enum):
    """How a function is entered."""

    OPEN = "open"
    """By anybody, at any rate."""
    GENERAL = "general"
    """With a key or a token, at the general rate."""
    MAIL = "mail"
    """With the key of transactional mail, at the general rate."""
    SENDING = "sending"
    """With the key of transactional mail, at the rate of sending mail."""


@attrs.define
class _Token:
    user: str
    used: float


class Logins:
    """The tokens that were given out; ``count`` is how many."""

    def __init__(self, username: str, password: str, chance: random.Random) -> None:
        self._credentials = (username, password)
        self._chance = chance
        self._tokens: dict[str, _Token] = {}
        self._last: float | None = None
        self.count: int = 0

    def log_in(self, username: object, password: object, now: float) -> str:
        """Return a token."""
        if (username, password) != self._credentials:
            raise Refused(UNAUTHORIZED)
        too_soon = self._last is not None and now - self._last < LOGIN_PAUSE
        if too_soon or any(self._alive(token, now) for token in self._tokens.values()):
            raise Refused(TOO_MANY_REQUESTS)
        self._last, self.count = now, self.count + 1
        value = str(uuid.UUID(int=self._chance.getrandbits(128), version=4))
        self._tokens = {value: _Token(str(username), now)}
        return value

    def use(self, value: str, now: float) -> str:
        """Return the user of a token, which lives on from now."""
        token = self._tokens.get(value)
        if token is None or not self._alive(token, now):
            raise Refused(TOKEN_EXPIRED)
        token.used = now
        return token.user

    def expire_all(self) -> None:
        """Let no token be valid any more."""
        self._tokens.clear()

    @staticmethod
    def _alive(token: _Token, now: float) -> bool:
        return now - token.used < TOKEN_LIFETIME


class Turnstile:
    """Counts what each caller asked lately, in a sliding window."""

    def __init__(self, limit: RateLimit | None) -> None:
        self._limit = limit
        self._lately: dict[str, deque[float]] = {}

    def admit(self, caller: str, now: float) -> None:
        """Count one request, or refuse it."""
        if self._limit is None:
            return
        lately = self._lately.setdefault(caller, deque())
        while lately and now - lately[0] >= self._limit.seconds:
            lately.popleft()
        if len(lately) >= self._limit.requests:
            raise Refused(TOO_MANY_REQUESTS)
        lately.append(now)


class Gatekeeper:
    """Asks everybody who comes for a key or a token, and counts them.

    With a ``mail_key``, transactional mail takes that and no other key: the fake's choice. A token opens
    every door.
    """

    def __init__(self, key: str, mail_key: str | None, logins: Logins, limit: RateLimit | None) -> None:
        self._logins = logins
        general = Turnstile(limit)
        self._turnstiles = {
            Door.GENERAL: general,
            Door.MAIL: general,
            Door.SENDING: Turnstile(None if limit is None else MAIL_RATE_LIMIT),
        }
        mail = mail_key or key
        self._keys = {Door.GENERAL: key, Door.MAIL: mail, Door.SENDING: mail}

    def admit(self, door: Door, headers: Mapping[str, str], now: float) -> None:
        """Let a request in, or refuse it; names of headers are in lower case."""
        if door is not Door.OPEN:
            self._turnstiles[door].admit(self._caller(door, headers, now), now)

    def _caller(self, door: Door, headers: Mapping[str, str], now: float) -> str:
        if headers.get("x-api-key") == self._keys[door]:
            return self._keys[door]
        if "authorization-token" in headers:
            return self._logins.use(headers["authorization-token"], now)
        raise Refused(UNAUTHORIZED)
