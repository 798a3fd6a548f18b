"""What a failure means for the event it happened to, and for the others."""

from __future__ import annotations

import enum

from ..errors import (
    APIError,
    EventRejected,
    InvalidInput,
    OptimoveError,
    Outcome,
    ServerError,
    TransportError,
)

_TOO_MANY = 429


class Verdict(enum.Enum):
    """What becomes of an event that was not taken."""

    REJECT = "reject"
    """It is given up: sending it again would not help, or might double it."""
    WAIT = "wait"
    """Its lane waits, then it is sent again."""
    OUTAGE = "outage"
    """Nothing was sent. All lanes wait: nobody gets through."""


def judge(error: OptimoveError, *, at_least_once: bool) -> Verdict:
    """Decide by what is known, never by hope. ``at_least_once``: a doubled event does no harm."""
    if isinstance(error, TransportError) and error.outcome is Outcome.UNSENT:
        return Verdict.OUTAGE
    if isinstance(error, APIError | EventRejected) and error.status == _TOO_MANY:
        return Verdict.WAIT  # refused as one too many, not for what it is
    if isinstance(error, EventRejected | InvalidInput):
        return Verdict.REJECT
    if isinstance(error, APIError) and not isinstance(error, ServerError):
        return Verdict.REJECT
    return Verdict.WAIT if at_least_once else Verdict.REJECT  # it may have arrived


def asked_to_wait(error: OptimoveError) -> float | None:
    """Return the seconds that the server asked to wait."""
    return error.attempts[-1].retry_after if error.attempts else None
