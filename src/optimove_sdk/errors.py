"""Every error the SDK raises, and what each one means for the request.

::

    OptimoveError
    ├── InvalidInput                 what you passed cannot be sent (also a ValueError)
    │   └── ConfigurationError       the client itself is set up wrongly
    ├── TransportError               no whole answer came
    │   ├── ConnectionFailed         nothing was sent
    │   ├── ResponseLost             it was sent; whether it took effect is unknown
    │   └── DeadlineExceeded         the time you allowed ran out
    ├── APIError                     Optimove answered, and the answer is no
    │   ├── BadRequest               400
    │   ├── AuthenticationFailed     401, and a refused Login
    │   ├── PermissionDenied         403
    │   ├── NotFound                 404
    │   ├── DuplicateMessage         409
    │   ├── RateLimited              429
    │   └── ServerError              5xx
    ├── DecodeError                  the answer is not what Optimove documents
    ├── EventRejected                OptiEvent said {"status": "error"}
    ├── NotificationError            what came to your listener is not a notification
    └── BatchFailed                  some items of a batch failed

All of them survive ``pickle``, ``copy`` and ``deepcopy``. None shows a secret or personal data in ``str()``;
what Optimove really said is kept in ``message`` and ``body``.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

if TYPE_CHECKING:
    from .core.batch import BatchResult
    from .core.call import Call


class Outcome(enum.Enum):
    """How far a request got."""

    UNSENT = "unsent"
    """No byte left this machine: sending it again cannot repeat anything."""
    SENT = "sent"
    """Bytes left; no byte of an answer was lost (there was none, or it came whole)."""
    PARTIAL = "partial"
    """The answer began and broke off."""


@attrs.frozen
class Attempt:
    """One request that was made, or tried, for a call.

    ``at`` and ``elapsed`` are seconds, ``at`` counted from the start of the call. ``status`` is None when no
    answer came; ``failure`` then says why. ``retry_after`` is what the server asked for, in seconds.
    """

    operation: str
    at: float
    elapsed: float
    outcome: Outcome
    status: int | None = None
    failure: str | None = None
    retry_after: float | None = None


class OptimoveError(Exception):
    """Root of all errors of this package.

    ``call`` is the operation that failed and ``attempts`` every request made for it, where there was one.
    """

    call: Call[Any] | None = None
    attempts: tuple[Attempt, ...] = ()

    # The constructors take keywords, which BaseException.__reduce__ forgets.
    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), self.args), self.__dict__


def _restore(cls: type[OptimoveError], args: tuple[Any, ...]) -> OptimoveError:
    return cls.__new__(cls, *args)


class InvalidInput(OptimoveError, ValueError):
    """Something you passed cannot be sent; nothing was."""


class ConfigurationError(InvalidInput):
    """The client is set up wrongly: a missing credential, a URL that is none."""


class TransportError(OptimoveError):
    """No whole answer came. ``outcome`` says how far the request got."""

    outcome: Outcome = Outcome.UNSENT

    def __str__(self) -> str:
        return f"{super().__str__()}{_tale(self)}"


class ConnectionFailed(TransportError):
    """Nothing was sent, so nothing happened at Optimove."""


class ResponseLost(TransportError):
    """The request left and no whole answer came back: whether it took effect is unknown."""

    outcome: Outcome = Outcome.SENT

    def __init__(self, reason: str, *, outcome: Outcome = Outcome.SENT) -> None:
        super().__init__(reason)
        self.outcome = outcome


class DeadlineExceeded(TransportError):
    """The time allowed for the call, its retries and its waiting ran out."""

    def __init__(self, reason: str, *, outcome: Outcome = Outcome.UNSENT) -> None:
        super().__init__(reason)
        self.outcome = outcome


class APIError(OptimoveError):
    """Optimove answered, and the answer is no.

    ``status`` is the HTTP status, ``message`` what Optimove said, ``body`` the raw answer, ``retry_after``
    the seconds the server asked to wait, and ``outcome`` is always ``Outcome.SENT``.
    """

    outcome: ClassVar[Outcome] = Outcome.SENT

    def __init__(self, status: int, message: str, *, shown: str | None = None, body: bytes = b"") -> None:
        super().__init__(f"{status}: {message if shown is None else shown}")
        self.status = status
        self.message = message
        self.body = body

    @property
    def retry_after(self) -> float | None:
        """Seconds the server asked to wait before the next try, if it did."""
        return self.attempts[-1].retry_after if self.attempts else None

    def __str__(self) -> str:
        return f"{super().__str__()}{_tale(self)}"


class BadRequest(APIError):
    """400: a parameter is missing or wrong."""


class AuthenticationFailed(APIError):
    """401, or a Login that was refused: the credentials are wrong, revoked or missing."""


class PermissionDenied(APIError):
    """403: these credentials may not do this."""


class NotFound(APIError):
    """404: no such thing, or no such function at this base URL."""


class DuplicateMessage(APIError):
    """409: a message with this UniqueMessageID was accepted before."""


class RateLimited(APIError):
    """429: too many requests."""


class ServerError(APIError):
    """5xx: Optimove, or something in front of it, failed."""


class DecodeError(OptimoveError):
    """The answer cannot be read as what Optimove documents.

    ``path`` is the JSON path of the first misfit (``$[3].ActionID``), ``body`` the raw answer.
    """

    def __init__(self, reason: str, *, path: str = "$", body: bytes = b"") -> None:
        super().__init__(reason)
        self.path = path
        self.body = body

    def __str__(self) -> str:
        return f"{super().__str__()} at {self.path}{_tale(self)}"


class EventRejected(OptimoveError):
    """OptiEvent refused the event. ``message`` is its reason, ``status`` the HTTP status."""

    def __init__(self, message: str, *, status: int, shown: str | None = None) -> None:
        super().__init__(message if shown is None else shown)
        self.message = message
        self.status = status

    def __str__(self) -> str:
        return f"{super().__str__()}{_tale(self)}"


class NotificationError(OptimoveError):
    """What arrived is not a notification that can be understood."""


class BatchFailed(OptimoveError):
    """Some items of a batch failed; ``result`` says which and why."""

    def __init__(self, result: BatchResult[Any]) -> None:
        failed = result.failed
        first = failed[0]
        super().__init__(
            f"{len(failed)} of {len(result)} items failed, first item {first.index}: {first.error}"
        )
        self.result = result


def _tale(error: OptimoveError) -> str:
    """Which operation it was and how often it was tried."""
    where = f" [{error.call.name}]" if error.call is not None and error.call.name else ""
    tries = f" after {len(error.attempts)} requests" if len(error.attempts) > 1 else ""
    return where + tries
