"""Optimove's Login: username and password for a token, at most once a second."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

from ...config import RetryPolicy, Secret
from ...errors import (
    AuthenticationFailed,
    ConnectionFailed,
    DeadlineExceeded,
    DecodeError,
    TransportError,
)
from ...http.base import Request, Response
from ...wire import redact
from .. import answer
from ..flow import Flow, now
from .deadline import Deadline, pause
from .rate import RateGate
from .retry import TRANSIENT, Step, retrying

LOGIN_PAUSE: Final = 1.0
"""Optimove takes one Login a second."""
# Wrong credentials were documented as 500 in 2016; today's code for them is not published.
_REFUSALS: Final = frozenset({400, 401, 403, 500})


class Login:
    """Logs one user in. Not for several callers at once: `TokenAuth` sees to that."""

    def __init__(self, make_request: Callable[[], Request], *, policy: RetryPolicy, gate: RateGate) -> None:
        self._make_request = make_request
        self._policy = policy
        self._gate = gate
        self._last = -math.inf  # monotonic; infinite while one is under way, and if it was cut off

    def __call__(self, step: Step, deadline: Deadline) -> Flow[Secret]:
        """Log in and return the token."""
        request = self._make_request()

        def one_a_second(request: Request) -> Flow[Response]:
            return self._in_turn(step, request, deadline)

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

    def note(self, issued: float) -> Flow[None]:
        """Count a Login that somebody else made, at this time of the wall clock."""
        moment = yield from now()
        self._last = max(self._last, moment.monotonic - max(0.0, moment.wall - issued))

    def _in_turn(self, step: Step, request: Request, deadline: Deadline) -> Flow[Response]:
        since = (yield from now()).monotonic - self._last
        if since < LOGIN_PAUSE:
            yield from pause(min(LOGIN_PAUSE - since, LOGIN_PAUSE), deadline, "the next Login")
        self._last = math.inf
        try:
            response = yield from step(request)
        except TransportError:
            self._last = (yield from now()).monotonic
            raise
        self._last = (yield from now()).monotonic
        return response


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
