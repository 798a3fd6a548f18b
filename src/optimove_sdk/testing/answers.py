"""What goes back over the wire, and what may happen to it on the way.

The bodies are Optimove's own, as documented or as really seen.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Generator
from typing import Any, Final

import attrs

from ..config import Timeouts
from ..errors import DeadlineExceeded, Outcome, ResponseLost
from ..http.base import AsyncStreamedResponse, Request, Response, StreamedResponse

_PIECE: Final = 65_536


def json_answer(value: Any, status: int = 200) -> Response:
    """Return an answer with a JSON body."""
    body = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
    return Response(status, {"content-type": "application/json; charset=utf-8"}, body)


def text_answer(text: str, status: int = 200) -> Response:
    """Return an answer in plain text."""
    return Response(status, {"content-type": "text/plain; charset=utf-8"}, text.encode())


NOTHING: Final = Response(200)
"""The answer to a write that worked: no payload."""
UNAUTHORIZED: Final = text_answer('"Unauthorized"', 401)
TOKEN_EXPIRED: Final = text_answer("Authorization-Token Expired", 403)
NOT_FOUND: Final = text_answer("Not Found", 404)
METHOD_NOT_ALLOWED: Final = text_answer('"Method Not Allowed"', 405)
# https://developer.optimove.com/reference/understanding-api-rate-limits-at-optimove
TOO_MANY_REQUESTS: Final = json_answer(
    {
        "status": 429,
        "error": "Too Many Requests",
        "message": "You have exceeded the rate limit for this API group. Please retry later.",
    },
    429,
)


class Refused(Exception):
    """Ends an operation with an answer that says no."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


def bad_request(reason: str) -> Refused:
    """Return a refusal with status 400, whose body is a JSON string."""
    return Refused(json_answer(reason, 400))


@attrs.frozen
class Answer:
    """A response, the seconds before it begins, and after how many bytes of its body it breaks off."""

    response: Response
    delay: float = 0.0
    cut_after: int | None = None

    def wait(self, timeouts: Timeouts) -> float:
        """Return how long a client with these timeouts waits for it."""
        return min(self.delay, timeouts.within(timeouts.deadline).read)

    def arrive(self, request: Request) -> Response:
        """Return the response, or raise what a client that sent this would see instead."""
        response = self._begin(request.timeouts)
        if request.stream and response.is_success:
            return StreamedResponse(response.status, response.headers, pieces=self._pieces())
        return attrs.evolve(response, body=b"".join(self._pieces()))

    def arrive_async(self, request: Request) -> Response:
        """Return the response as a client on an event loop sees it."""
        response = self._begin(request.timeouts)
        if request.stream and response.is_success:
            return AsyncStreamedResponse(response.status, response.headers, pieces=self._async_pieces())
        return attrs.evolve(response, body=b"".join(self._pieces()))

    def _begin(self, timeouts: Timeouts) -> Response:
        if timeouts.deadline is not None and timeouts.deadline <= self.wait(timeouts):
            raise DeadlineExceeded("the deadline passed (the answer is slow)", outcome=Outcome.SENT)
        if self.wait(timeouts) < self.delay:
            raise ResponseLost("the answer did not come in time")
        return self.response

    def _pieces(self) -> Generator[bytes, None, None]:
        body = self.response.body[: self.cut_after]
        yield from (body[start : start + _PIECE] for start in range(0, len(body), _PIECE))
        if self.cut_after is not None:
            raise ResponseLost("the connection broke off in the middle", outcome=Outcome.PARTIAL)

    async def _async_pieces(self) -> AsyncGenerator[bytes, None]:
        for piece in self._pieces():
            yield piece
