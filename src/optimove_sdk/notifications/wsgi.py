"""The listener as a WSGI application, for any server and any framework that wraps one.

How long a body may take is up to the server: a thread that reads cannot be interrupted.

Source: https://peps.python.org/pep-3333/
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, Final, TypeAlias

from .desk import Desk
from .effects import perform
from .gate import HEADERS, TOO_LARGE, Answer, Incoming

Environ: TypeAlias = dict[str, Any]
StartResponse: TypeAlias = Callable[..., Any]
WSGIApp: TypeAlias = Callable[[Environ, StartResponse], Iterable[bytes]]


_HEADERS: Final = {
    "CONTENT_LENGTH": "content-length",
    **{f"HTTP_{name.upper().replace('-', '_')}": name for name in HEADERS[1:]},
}


class ListenerWSGI:
    """Answers requests in the server's threads. Background work and asynchronous handlers get their own."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request."""
        answer = self._answer(_incoming(environ), environ)
        status = f"{answer.status} {HTTPStatus(answer.status).phrase}"
        start_response(status, list(answer.all_headers))
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else answer.content]

    def in_front_of(self, app: WSGIApp, *, at: str) -> WSGIApp:
        """Return an application that answers below this path itself, and leaves all else to the other."""
        prefix = f"/{at.strip('/')}"

        def both(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
            below = f"{environ.get('PATH_INFO', '')}/".startswith(f"{prefix}/")
            return (self if below else app)(environ, start_response)

        return both

    def _answer(self, incoming: Incoming, environ: Environ) -> Answer:
        room = self._desk.gate.admit(incoming)
        if isinstance(room, Answer):
            return room
        body = _read(environ, self._desk.gate.max_body)
        if body is None:
            return TOO_LARGE
        return perform(*self._desk.work(room, body, incoming.query))


def _incoming(environ: Environ) -> Incoming:
    headers = {name: environ[variable] for variable, name in _HEADERS.items() if environ.get(variable)}
    return Incoming(
        environ["REQUEST_METHOD"],
        environ.get("PATH_INFO", ""),
        environ.get("QUERY_STRING", ""),
        headers,
        environ.get("REMOTE_ADDR"),
    )


def _read(environ: Environ, limit: int) -> bytes | None:
    """Return the body, or None if it is too large.

    Without a length, reading may wait for ever, unless the server promises that the input ends.
    """
    length = environ.get("CONTENT_LENGTH")
    wanted = int(length) if length else (limit + 1 if environ.get("wsgi.input_terminated") else 0)
    parts = bytearray()
    while len(parts) < wanted:
        part = environ["wsgi.input"].read(wanted - len(parts))
        if not part:
            break
        parts += part
    return bytes(parts) if len(parts) <= limit else None
