"""What an answer means: the value in it, or the error it is.

Optimove answers a write with an empty body or ``{"ResponseCode": 200}``, and an error as plain text, a JSON
string, a JSON string within a JSON string, one of several objects, or the firewall's HTML. All of that ends
here. Readers are small values rather than functions, so that a call can be pickled.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Generic, TypeVar, get_args, get_origin

import attrs

from .. import errors
from ..http.base import Response
from ..wire import codec
from ..wire.names import fold

T = TypeVar("T")

_ERROR_KEYS = ("error", "errors", "message", "errormessage", "title", "detail")
_BY_STATUS: dict[int, type[errors.APIError]] = {
    400: errors.BadRequest,
    401: errors.AuthenticationFailed,
    403: errors.PermissionDenied,
    404: errors.NotFound,
    409: errors.DuplicateMessage,
    429: errors.RateLimited,
}


def error_class(status: int) -> type[errors.APIError]:
    """Return the error that an HTTP status means."""
    return _BY_STATUS.get(status, errors.ServerError if status >= 500 else errors.APIError)


def raise_for_status(response: Response) -> None:
    """Raise the error that the status means, with Optimove's own message."""
    if not 200 <= response.status < 300:
        raise refusal(response, message_of(response))


def refusal(response: Response, message: str) -> errors.APIError:
    """Return the error for an answer that says no, whatever its status."""
    return error_class(response.status)(response.status, message, body=response.body)


def message_of(response: Response) -> str:
    """Return what an error answer says, in whichever of its many forms."""
    text = response.body.decode("utf-8", "replace").strip()
    if is_html(response):
        return "an HTML page, not an answer of the API (a firewall or proxy?)"
    try:
        said = _unquoted(codec.parse_json(text)) if text else None
    except errors.DecodeError:
        said = text
    return _said(said) or _phrase(response.status)


def is_html(response: Response) -> bool:
    """Say whether the body is a web page, which the API itself never sends."""
    kind = response.headers.get("content-type", "")
    return "html" in kind.lower() or response.body.lstrip()[:1] == b"<"


def _unquoted(value: Any) -> Any:
    """Undo the JSON string within a JSON string that some functions answer."""
    while isinstance(value, str):
        try:
            inner = codec.parse_json(value)
        except errors.DecodeError:
            return value
        if not isinstance(inner, str | list | dict):
            return value
        value = inner
    return value


def _said(value: Any) -> str:
    """Return the message inside an error value; an empty one means that no error is stated."""
    if isinstance(value, Mapping):
        folded = {fold(key): item for key, item in value.items()}
        return "; ".join(dict.fromkeys(said for key in _ERROR_KEYS if (said := _said(folded.get(key)))))
    if isinstance(value, list):
        return "; ".join(filter(None, map(_said, value)))
    return "" if value is None else str(value).strip()


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "no reason given"


def parsed(response: Response) -> Any:
    """Return the JSON of a successful answer, None for an empty body; raise what a non-success means."""
    raise_for_status(response)
    if not response.body.strip():
        return None
    if is_html(response):
        raise errors.DecodeError("the answer is an HTML page, not JSON", body=response.body)
    return _unquoted(codec.parse_json(response.body))


@attrs.frozen
class Nothing:
    """Reads the answer of a write: an empty body, or an object that states no error."""

    def __call__(self, response: Response) -> None:
        """Raise if the answer states an error under a successful status."""
        answer = parsed(response)
        if isinstance(answer, Mapping):
            folded = {fold(key): value for key, value in answer.items()}
            code = folded.get("responsecode", response.status)
            stated = _said({key: folded[key] for key in ("error", "errors") if key in folded})
            if str(code).startswith("2") and not stated and folded.get("issuccess") is not False:
                return
            raise refusal(response, stated or _said(answer) or f"ResponseCode {code}")
        if said := _said(answer):
            raise refusal(response, said)


@attrs.frozen
class Into(Generic[T]):
    """Reads an answer as a type; an empty body or a 404 is an empty list where a list is expected."""

    type: type[T]

    def __call__(self, response: Response) -> T:
        """Return the value."""
        if self._is_list():
            rows = read_rows(response)
            (kind,) = get_args(self.type) or (Any,)
            return codec.decode_rows(rows, kind)  # type: ignore[return-value]
        answer = parsed(response)
        if isinstance(answer, str) and self.type is not str:
            raise refusal(response, answer)
        return codec.decode(answer, self.type)

    def _is_list(self) -> bool:
        return (get_origin(self.type) or self.type) is list


@attrs.frozen
class Field(Generic[T]):
    """Reads one field of the object that is answered."""

    key: str
    type: type[T]

    def __call__(self, response: Response) -> T:
        """Return the field's value."""
        answer = Into(dict[str, Any])(response)
        for key, value in answer.items():
            if fold(key) == fold(self.key):
                return codec.decode(value, self.type)
        raise errors.DecodeError("required field missing", path=f"$.{self.key}")


@attrs.frozen
class First(Generic[T]):
    """Reads one object that may come alone or as the only element of a list."""

    type: type[T]

    def __call__(self, response: Response) -> T:
        """Return the object; an empty answer is `NotFound`."""
        answer = parsed(response)
        if isinstance(answer, str):
            raise refusal(response, answer)
        if not answer:
            raise errors.NotFound(
                response.status, "the answer is empty: there is no such thing", body=response.body
            )
        return codec.decode(answer[0] if isinstance(answer, list) else answer, self.type)


def read_rows(response: Response) -> list[Any]:
    """Return the objects of a list answer. Nothing found is ``[]``, an empty body or a 404."""
    if response.status == 404 and not is_html(response):
        return []
    answer = parsed(response)
    if answer is None:
        return []
    if isinstance(answer, str):
        raise refusal(response, answer)
    if isinstance(answer, Mapping) and (said := _said(answer)):
        raise refusal(response, said)
    if not isinstance(answer, list):
        raise errors.DecodeError("expected a list", body=response.body)
    return answer


def into_reader(kind: Any) -> Any:
    """Return the reader for a type; None stands for an operation that answers nothing."""
    return Nothing() if kind is None else Into(kind)
