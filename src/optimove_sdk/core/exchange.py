"""A call, performed: the policies in their order around one request.

retry( authorise( wait for the rate limit( send ) ) ), all before one deadline, and every request that is made
noted down.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import partial
from typing import Any, Final, Generic, Protocol, TypeVar

import attrs

from ..config import PathStyle, RetryPolicy, Secret, Timeouts
from ..errors import (
    APIError,
    Attempt,
    AuthenticationFailed,
    ConfigurationError,
    DecodeError,
    EventRejected,
    OptimoveError,
    Outcome,
    PermissionDenied,
    TransportError,
)
from ..http.base import Request, Response
from ..wire import inputs, redact
from . import access
from .call import Call, Reply
from .flow import Flow, Moment, now, send
from .policies.deadline import Deadline
from .policies.rate import RateGate, admit
from .policies.retry import Step, retry_after, retrying, worth_retrying

T = TypeVar("T")
_log = logging.getLogger("optimove_sdk")


class Authenticator(Protocol):
    """Sends a request with whatever proves who we are."""

    def __call__(self, step: Step, request: Request, deadline: Deadline, /) -> Flow[Response]:
        """Send the request through ``step``, authorised."""
        ...


@attrs.frozen
class HeaderAuth:
    """Proves who we are with one constant header."""

    headers: Mapping[str, str | Secret]

    def __call__(self, step: Step, request: Request, deadline: Deadline) -> Flow[Response]:
        """Send the request with the header."""
        return step(request.with_headers(self.headers))


@attrs.frozen
class Host:
    """A server: where it is, how to prove who we are, and how often it may be asked."""

    url: str
    auth: Authenticator
    gate: RateGate
    path_style: PathStyle = "current"

    def url_of(self, call: Call[Any]) -> str:
        """Return the full URL of a call. A path that begins with ``/`` has no style."""
        query = f"?{call.query}" if call.params else ""
        if not call.path:
            return self.url + query
        if call.path.startswith("/"):
            return f"{self.url}{call.path}{query}"
        group, _, function = call.path.rpartition("/")
        styled = (
            f"current/{group}"
            if self.path_style == "current"
            else _PASCAL_GROUPS.get(group, group.capitalize())
        )
        return f"{self.url}/{styled}/{function}{query}"


# https://developer.optimove.com/reference spells this one group with two capitals.
_PASCAL_GROUPS = {"transactionalmail": "TransactionalMail"}


@attrs.frozen
class Session:
    """What all calls of a client share, and how patient they are."""

    hosts: Mapping[str, Host]
    retry: RetryPolicy
    timeouts: Timeouts
    headers: Mapping[str, str | Secret]
    tenant_id: int | None = None
    prefetch: int = 0

    def exchange(self, call: Call[T]) -> Flow[Reply[T]]:
        """Perform a call; whatever goes wrong names the call and every request that was made."""
        answer = yield from self.answer(call)
        value, response, journey = answer.value(), answer.response, answer.journey
        elapsed = (yield from now()).monotonic - journey.started.monotonic
        return Reply(
            value, response.status, response.headers, response.body, tuple(journey.attempts), elapsed
        )

    def answer(self, call: Call[T], *, stream: bool = False) -> Flow[Answer[T]]:
        """Get a call answered, and leave the answer to be read.

        With ``stream`` its body may be arriving still: then the deadline of the call is over, and what goes
        wrong later is the reader's.
        """
        journey = Journey((yield from now()), self.timeouts)
        try:
            response = yield from self._send(call, journey, stream=stream)
        except OptimoveError as error:
            _tell(error, call, journey)
            raise
        return Answer(call, response, journey)

    def with_prefetch(self, pages: int) -> Session:
        """Return the same session, fetching so many pages ahead."""
        inputs.whole("prefetch", pages, least=0)
        return attrs.evolve(self, prefetch=pages)

    def value(self, call: Call[T]) -> Flow[T]:
        """Perform a call for its value alone."""
        answer = yield from self.answer(call)
        return answer.value()

    def host(self, name: str) -> Host:
        """Return the server of this name, or say which setting is missing."""
        try:
            return self.hosts[name]
        except KeyError:
            raise ConfigurationError(
                f"this operation needs {_NEEDS.get(name, name)}, which is not set"
            ) from None

    def request(self, call: Call[Any]) -> Request:
        """Return the request for a call, not yet authorised."""
        headers = dict(self.headers)
        content = call.content
        if content is not None:
            headers["Content-Type"] = "application/json"
        return Request(call.method, self.host(call.host).url_of(call), headers, content, self.timeouts)

    def _send(self, call: Call[Any], journey: Journey, *, stream: bool) -> Flow[Response]:
        host = self.host(call.host)
        request = self.request(call)

        def authorised(request: Request) -> Flow[Response]:
            return host.auth(lambda request: journey.send(request, host.gate), request, journey.deadline)

        return (
            yield from retrying(
                authorised,
                attrs.evolve(request, stream=True) if stream else request,
                worth=partial(worth_retrying, safe=call.safe),
                policy=self.retry,
                deadline=journey.deadline,
                gate=host.gate,
            )
        )


_NEEDS: Final = {
    "api": "base_url",
    "mail": "base_url",
    "sending": "base_url",
    "events": "events_url",
    "metrics": "metrics_url and events_token",
    "preferences": "preferences_url and tenant_id",
}
"""The settings that make a host."""


class Journey:
    """One call on its way: its deadline, and a journal of the requests made for it."""

    def __init__(self, started: Moment, timeouts: Timeouts) -> None:
        self.started = started
        self.deadline = Deadline.after(started, timeouts.deadline)
        self.attempts: list[Attempt] = []
        self.requests: list[Request] = []

    def ended_with(self, call: Call[Any]) -> bool:
        """Say whether the last request was for the call itself, and not a Login for it."""
        return bool(self.attempts) and self.attempts[-1].operation == call.name

    def secrets(self) -> list[Secret]:
        """Return the secrets that were sent."""
        values = (value for request in self.requests for value in request.headers.values())
        return [value for value in values if isinstance(value, Secret)]

    def send(self, request: Request, gate: RateGate) -> Flow[Response]:
        """Wait for the rate limit, send, and note what came of it."""
        yield from admit(gate, self.deadline)
        sent = yield from now()
        left = self.deadline.require(sent)
        self.requests.append(request)
        try:
            response = yield from send(attrs.evolve(request, timeouts=request.timeouts.within(left)))
        except TransportError as error:
            self._note(request, sent, (yield from now()), outcome=error.outcome, failure=str(error))
            raise
        got = yield from now()
        self._note(request, sent, got, status=response.status, retry_after=retry_after(response, got.wall))
        return response

    def _note(
        self, request: Request, sent: Moment, got: Moment, outcome: Outcome = Outcome.SENT, **what: Any
    ) -> None:
        operation = request.url.partition("?")[0].rpartition("/")[2]
        elapsed = got.monotonic - sent.monotonic
        attempt = Attempt(operation, sent.monotonic - self.started.monotonic, elapsed, outcome, **what)
        self.attempts.append(attempt)
        _log.debug(
            "%s %s: %s in %.3f s",
            request.method,
            operation,
            attempt.status or attempt.failure,
            elapsed,
            extra={"operation": operation, "status": attempt.status, "elapsed": elapsed},
        )


@attrs.frozen
class Answer(Generic[T]):
    """What came of a call, not read yet."""

    call: Call[T]
    response: Response
    journey: Journey

    def value(self) -> T:
        """Read it."""
        try:
            return self.call.read(self.response)
        except OptimoveError as error:
            if isinstance(error, DecodeError):
                error.body = error.body or self.response.body
            self.blame(error)
            raise

    def blame(self, error: OptimoveError) -> None:
        """Tell an error in the answer, or in its arrival, which call it belongs to."""
        _tell(error, self.call, self.journey)


def _tell(error: OptimoveError, call: Call[Any], journey: Journey) -> None:
    """Tell an error its call, and take out of its text what the call itself had sent."""
    error.call, error.attempts = call, tuple(journey.attempts)
    if isinstance(error, APIError | EventRejected | DecodeError):
        sent = call.json, call.params, journey.secrets()
        error.args = tuple(redact.scrub(str(arg), *sent) for arg in error.args)
    if isinstance(error, AuthenticationFailed | PermissionDenied) and journey.ended_with(call):
        error.args = (f"{error.args[0]}{access.hint(call)}",)
