"""Who is let in, and where to, decided before the body is read. Pure.

Optimove signs nothing: who knows the secret path is Optimove. Whoever does not learns nothing, not even
that there is a listener.
"""

from __future__ import annotations

import enum
import hmac
import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import attrs

from ..config import Secret
from ..errors import ConfigurationError
from .sources import Sources

_SECRET: Final = re.compile(r"[A-Za-z0-9_~.-]{16,}")
_BODY_METHODS: Final = frozenset({"POST", "PUT", "PATCH"})
_PLAIN_ENCODINGS: Final = frozenset({"", "identity"})


HEADERS: Final = ("content-length", "transfer-encoding", "content-encoding", "x-forwarded-for")
"""All that matters here. Whatever the content type is, the content is JSON or is refused."""


@attrs.frozen
class Incoming:
    """A request without its body, and of its headers only the `HEADERS`."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    peer: str | None


@attrs.frozen
class Answer:
    """What is answered."""

    status: int
    content: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()

    @cached_property
    def all_headers(self) -> list[tuple[str, str]]:
        """The headers, with the length of the content, for WSGI."""
        return [*self.headers, ("content-length", str(len(self.content)))]

    @cached_property
    def raw_headers(self) -> list[tuple[bytes, bytes]]:
        """The same, for ASGI."""
        return [(name.encode(), value.encode()) for name, value in self.all_headers]


OK: Final = Answer(200)
NOT_UNDERSTOOD: Final = Answer(400)
FORBIDDEN: Final = Answer(403)
NOT_FOUND: Final = Answer(404)
NO_SUCH_METHOD: Final = Answer(405, headers=(("allow", "POST"),))
TOO_SLOW: Final = Answer(408)
TOO_LARGE: Final = Answer(413)
COMPRESSED: Final = Answer(415)
FAILED: Final = Answer(500)
BUSY: Final = Answer(503)
_HEALTHY: Final = Answer(200, b"ok", (("content-type", "text/plain"),))


class Room(enum.Enum):
    """What a URL is for."""

    NOTIFICATIONS = ""
    ATTRIBUTES = "attributes"
    APPROVAL = "approval"


_INNER: Final = {room.value: room for room in Room if room.value}


class Gate:
    """Knows the secrets, the sources and the limit."""

    def __init__(self, secrets: Sequence[str | Secret], sources: Sources | None, max_body: int) -> None:
        plain = [secret.reveal() if isinstance(secret, Secret) else secret for secret in secrets]
        if not all(isinstance(secret, str) and _SECRET.fullmatch(secret) for secret in plain):
            raise ConfigurationError(
                "a listener's secret must be 16 or more letters, digits, '-', '_', '.' or '~': "
                "make one with secrets.token_urlsafe(32)"
            )
        if max_body < 1:
            raise ConfigurationError("max_body must be positive")
        self._secrets = [secret.encode() for secret in plain]
        self._sources = sources
        self.max_body = max_body

    def admit(self, incoming: Incoming) -> Room | Answer:
        """Say what the request is for, or what to answer without reading it."""
        before, _, last = incoming.path.rstrip("/").rpartition("/")
        if last == "health" and incoming.method in {"GET", "HEAD"}:
            return _HEALTHY
        room = self._room(before, last)
        if room is None:
            return NOT_FOUND
        return self._refusal(incoming) or room

    def url(self, base: str, room: Room, extra: str = "") -> str:
        """Return the URL of a room, where the listener is mounted at this one. A query string is kept."""
        parts = urlsplit(base)
        path = "/".join(filter(None, (parts.path.rstrip("/"), self._secrets[0].decode(), room.value)))
        query = "&".join(filter(None, (parts.query, extra)))
        return urlunsplit(
            (parts.scheme, parts.netloc, path if path.startswith("/") else f"/{path}", query, "")
        )

    def _room(self, before: str, last: str) -> Room | None:
        inner = _INNER.get(last)
        if inner is None:
            return Room.NOTIFICATIONS if self._is_secret(last) else None
        return inner if self._is_secret(before.rpartition("/")[2]) else None

    def _is_secret(self, segment: str) -> bool:
        given = segment.encode("utf-8", "surrogatepass")
        # No "any": how long it takes must not tell which of them it is.
        return sum([hmac.compare_digest(given, secret) for secret in self._secrets]) > 0

    def _refusal(self, incoming: Incoming) -> Answer | None:
        headers = incoming.headers
        length = headers.get("content-length", "")
        if self._sources and not self._sources.allow(incoming.peer, headers.get("x-forwarded-for", "")):
            return FORBIDDEN
        if incoming.method not in _BODY_METHODS and not length and "transfer-encoding" not in headers:
            return NO_SUCH_METHOD
        if headers.get("content-encoding", "").strip().lower() not in _PLAIN_ENCODINGS:
            return COMPRESSED
        if length and not (length.isascii() and length.isdigit()):
            return NOT_UNDERSTOOD
        # Compared by the number of digits first: int() refuses numbers that are thousands of digits long.
        if len(length.lstrip("0")) > len(str(self.max_body)) or int(length or 0) > self.max_body:
            return TOO_LARGE
        return None
