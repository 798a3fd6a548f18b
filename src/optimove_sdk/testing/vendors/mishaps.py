"""What can happen to a request on its way to a vendor."""

from __future__ import annotations

import json
from typing import Any

import attrs

from ...errors import ConnectionFailed, Outcome, ResponseLost
from ...http.base import Response


@attrs.frozen
class Mishap:
    """One request goes wrong: it is not performed, or its answer is lost, or another answer comes."""

    name: str
    instead: Response | None = None
    performed: bool = False

    def happen(self) -> Response:
        """Return what comes back, or raise."""
        if self.instead is not None:
            return self.instead
        if self.performed:
            raise ResponseLost("the connection broke off", outcome=Outcome.SENT)
        raise ConnectionFailed("the connection was refused")


def unreachable() -> Mishap:
    """Let no byte be sent."""
    return Mishap("unreachable")


def lost() -> Mishap:
    """Perform the request, and lose the answer."""
    return Mishap("lost", performed=True)


def answered(status: int, body: Any = None) -> Mishap:
    """Answer this without performing the request: bytes as they are, anything else as JSON."""
    return Mishap("answered", Response(status, {}, body if isinstance(body, bytes) else as_json(body)))


def as_json(value: Any) -> bytes:
    """Return the body of an answer."""
    return b"" if value is None else json.dumps(value).encode()
