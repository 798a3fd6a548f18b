"""What a failed send means for the customer. Pure."""

from __future__ import annotations

import enum
from typing import Final

from optimove_sdk import OptimoveError, Outcome, TransportError

from .errors import AddressNotAllowed, KeyRefused, LoginRefused, NetmeraError, NotAuthorised

UNKNOWN: Final = "unknown"
"""What the error of a recipient begins with who may have got the message, or not."""

_ABOUT_US: Final = (KeyRefused, AddressNotAllowed, NotAuthorised, LoginRefused)
_TOO_MANY_REQUESTS: Final = 429


class Fate(enum.Enum):
    """What to do about it."""

    AGAIN = "again"
    """Surely nothing was sent, and the customer is not the reason: the whole batch may be tried later."""
    FAILED = "failed"
    """Surely nothing was sent, and it never will be."""
    UNKNOWN = "unknown"
    """Netmera may have sent it. Never try that again."""


def fate_of(error: OptimoveError) -> Fate:
    """Say what a failure means: by how far the request got, and by what Netmera answered."""
    if isinstance(error, NetmeraError) and error.refused:
        about_us = isinstance(error, _ABOUT_US) or error.status == _TOO_MANY_REQUESTS
        return Fate.AGAIN if about_us else Fate.FAILED
    if isinstance(error, TransportError) and error.outcome is Outcome.UNSENT:
        return Fate.AGAIN
    return Fate.UNKNOWN if isinstance(error, NetmeraError | TransportError) else Fate.FAILED


def text_of(error: OptimoveError, fate: Fate) -> str:
    """Return the error of a recipient. It holds no personal data."""
    return f"{UNKNOWN}: {error}" if fate is Fate.UNKNOWN else str(error)
