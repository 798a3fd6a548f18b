"""Which failures are worth another try, and after how long.

What is sent again is decided by what the failure says about the first try, never by hope: a request of
which no byte left may always be sent again, any other one only if repeating the operation changes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC
from typing import TypeAlias

from ...config import RetryPolicy
from ...errors import DeadlineExceeded, Outcome, TransportError
from ...http.base import Request, Response
from ..flow import Flow, Sleep, draw, now
from .deadline import Deadline
from .rate import RateGate

Step: TypeAlias = Callable[[Request], Flow[Response]]
"""Gets one request answered: the thing every policy wraps."""

TRANSIENT = frozenset({429, 500, 502, 503, 504})
# More than a timer takes is nonsense, and so is more than any process waits.
_LONGEST_WAIT = 86_400.0


def worth_retrying(result: Response | TransportError, *, safe: bool) -> bool:
    """Say whether a request with this result may and should be sent again."""
    if isinstance(result, DeadlineExceeded):
        return False
    if isinstance(result, TransportError):
        return safe or result.outcome is Outcome.UNSENT
    return safe and result.status in TRANSIENT


def retrying(
    step: Step,
    request: Request,
    *,
    worth: Callable[[Response | TransportError], bool],
    policy: RetryPolicy,
    deadline: Deadline,
    gate: RateGate,
) -> Flow[Response]:
    """Send the request until it is answered for good; return that answer or raise the last failure.

    ``worth`` says whether a result is worth another try. A 429 closes the gate, so that everybody waits and
    not only this call.
    """
    failures = 0
    while True:
        result = yield from _outcome(step, request)
        if isinstance(result, Response) and result.status not in TRANSIENT:
            return result
        failures += 1
        moment = yield from now()
        floor = retry_after(result, moment.wall) if isinstance(result, Response) else None
        wait = policy.pause(failures, (yield from draw()), floor)
        if isinstance(result, Response) and result.status == 429:
            gate.close(moment.monotonic, wait)
        again = failures < policy.attempts and worth(result)
        if not again or not deadline.allows(wait, moment):
            break
        yield Sleep(wait)
    if isinstance(result, TransportError):
        raise result
    return result


def _outcome(step: Step, request: Request) -> Flow[Response | TransportError]:
    try:
        return (yield from step(request))
    except TransportError as error:
        return error


def retry_after(response: Response, wall: float) -> float | None:
    """Return the seconds a server asks to wait: a number, or a date compared with the server's own clock."""
    value = response.headers.get("retry-after")
    if value is None:
        return None
    seconds = _seconds(value)
    if seconds is None:
        when = _http_date(value)
        server_now = _http_date(response.headers.get("date", ""))
        seconds = None if when is None else when - (wall if server_now is None else server_now)
    return None if seconds is None else min(max(0.0, seconds), _LONGEST_WAIT)


def _seconds(value: str) -> float | None:
    try:
        seconds = float(value)
    except ValueError:
        return None
    return None if math.isnan(seconds) else seconds


def _http_date(value: str) -> float | None:
    from email.utils import parsedate_to_datetime  # a slow import that hardly any process needs

    try:
        when = parsedate_to_datetime(value)
        return (when if when.tzinfo is not None else when.replace(tzinfo=UTC)).timestamp()
    except (TypeError, ValueError, OverflowError, IndexError):
        return None
