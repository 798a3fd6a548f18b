"""What Netmera says when it says no.

::

    OptimoveError
    └── NetmeraError                 any answer that is no success
        ├── InternalError            2001
        ├── InvalidJSON              2009
        ├── KeyRefused               2010
        ├── MissingParameter         2020
        ├── InvalidConfiguration     2021, with status 400
        ├── AddressNotAllowed        2021, with status 403
        ├── NotAuthorised            2022
        ├── MessageTooBig            2101
        ├── TimeRestricted           2106
        ├── MessageNotFound          5003
        └── LoginRefused             5007

Source: https://user.netmera.com/netmera-developer-guide/rest-api/rest-api-error-responses
"""

from __future__ import annotations

import json
from typing import ClassVar, Final

from optimove_sdk import OptimoveError, Outcome, Response

from ..rest import whole


class NetmeraError(OptimoveError):
    """Netmera answered, and the answer is no.

    ``code`` is Netmera's own, None if it gave none; ``status`` the HTTP status; ``message`` what Netmera said
    and ``body`` the raw answer, neither of which is shown by ``str()``.
    """

    outcome: ClassVar[Outcome] = Outcome.SENT
    meaning: ClassVar[str] = "Netmera refused"

    def __init__(self, *, status: int, code: int | None = None, message: str = "", body: bytes = b"") -> None:
        numbers = f"status {status}" if code is None else f"code {code}, status {status}"
        super().__init__(f"{self.meaning} ({numbers})")
        self.code = code
        self.status = status
        self.message = message
        self.body = body

    @property
    def refused(self) -> bool:
        """Whether Netmera surely did nothing; after a failure of its own nobody knows."""
        return self.code != _FAILED and (self.code in _BY_CODE or 400 <= self.status < 500)


class InternalError(NetmeraError):
    """2001: Netmera failed; whether it did what was asked is unknown."""

    meaning = "Netmera failed"


class InvalidJSON(NetmeraError):
    """2009: the body is not JSON that Netmera can read."""

    meaning = "Netmera cannot read the body"


class KeyRefused(NetmeraError):
    """2010: the REST API key is wrong."""

    meaning = "Netmera does not know the API key"


class MissingParameter(NetmeraError):
    """2020: a parameter is missing."""

    meaning = "a parameter is missing"


class InvalidConfiguration(NetmeraError):
    """2021 with status 400: the configuration is invalid."""

    meaning = "the configuration is invalid"


class AddressNotAllowed(NetmeraError):
    """2021 with status 403: this machine's IP address is not allowed."""

    meaning = "Netmera does not allow this IP address"


class NotAuthorised(NetmeraError):
    """2022: the key may not do this."""

    meaning = "the API key may not do this"


class MessageTooBig(NetmeraError):
    """2101: the message is too big."""

    meaning = "the message is too big"


class TimeRestricted(NetmeraError):
    """2106: a time restriction forbids it now."""

    meaning = "a time restriction forbids it"


class MessageNotFound(NetmeraError):
    """5003: there is no such message."""

    meaning = "there is no such message"


class LoginRefused(NetmeraError):
    """5007: the login failed."""

    meaning = "the login failed"


_FAILED: Final = 2001
_BY_CODE: Final[dict[int | None, type[NetmeraError]]] = {
    _FAILED: InternalError,
    2009: InvalidJSON,
    2010: KeyRefused,
    2020: MissingParameter,
    2021: InvalidConfiguration,
    2022: NotAuthorised,
    2101: MessageTooBig,
    2106: TimeRestricted,
    5003: MessageNotFound,
    5007: LoginRefused,
}


def error_of(response: Response) -> NetmeraError | None:
    """Return what an answer complains of, or None. A success with an error's body is an error."""
    code, message = _complaint(response.body)
    if 200 <= response.status < 300 and code is None and not message:
        return None
    kind = _BY_CODE.get(code, NetmeraError)
    if kind is InvalidConfiguration and response.status == 403:
        kind = AddressNotAllowed
    return kind(status=response.status, code=code, message=message, body=response.body)


def _complaint(body: bytes) -> tuple[int | None, str]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return None, ""
    if not isinstance(said, dict):
        return None, ""
    return whole(said.get("code")), str(said.get("error") or "")
