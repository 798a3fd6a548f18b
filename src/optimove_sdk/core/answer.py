"""What an answer means: the value in it, or the error it is.

Optimove answers a write with an empty body or ``{"ResponseCode": 200}``, and an error as plain text, a JSON
string, a JSON string within a JSON string, one of several objects, or the firewall's HTML. All of that ends
here. Readers are small values rather than functions, so that a call can be pickled.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Generic, TypeVar, get_args, get_origin

import attrs

from .. import errors
from ..http.base import Response
from ..wire import codec
from ..wire.fields import Model
from ..wire.names import fold

T = TypeVar("T")

_STATED_KEYS = ("error", "errors")
_ERROR_KEYS = (*_STATED_KEYS, "message", "errormessage", "title", "detail")
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
    if not response.is_success:
        raise refusal(response, message_of(response))


def refusal(response: Response, message: str) -> errors.APIError:
    """Return the error for an answer that says no, whatever its status."""
    return error_class(response.status)(response.status, message, body=response.body)


def message_of(response: Response) -> str:
    """Return what an error answer says, in whichever of its many forms."""
    if is_html(response):
        return "an HTML page, not an answer of the API (a firewall or proxy?)"
    return _said(unquoted(text_of(response))) or _phrase(response.status)


def text_of(response: Response) -> str:
    """Return the body as text, without the byte order mark that Windows servers may put before it."""
    return response.body.decode("utf-8-sig", "replace").strip()


def is_html(response: Response) -> bool:
    """Say whether the body is a web page, which the API itself never sends."""
    kind = response.headers.get("content-type", "")
    return "html" in kind.lower() or response.body.lstrip()[:1] == b"<"


def unquoted(value: Any) -> Any:
    """Undo JSON, and the JSON string within a JSON string that some functions answer; keep plain text."""
    while isinstance(value, str):
        try:
            inner = codec.parse_json(value)
        except errors.DecodeError:
            return value
        if isinstance(inner, bool | int | float):
            return value
        value = inner
    return value


def _said(value: Any, keys: tuple[str, ...] = _ERROR_KEYS) -> str:
    """Return the message in an answer; an empty one means that no error is stated."""
    if isinstance(value, Mapping):
        return _said_under(keys, _folded(value))
    if isinstance(value, list):
        return _joined(_said(item) if isinstance(item, Mapping) else _details(item) for item in value)
    return _details(value)


def _folded(value: Mapping[str, Any]) -> dict[str, Any]:
    return {fold(key): item for key, item in value.items()}


def _said_under(keys: tuple[str, ...], folded: Mapping[str, Any]) -> str:
    return _joined(_details(folded.get(key)) for key in keys)


def _details(value: Any, levels: int = 8) -> str:
    """Return what is under an error key. ``null``, ``false``, 0 and whatever is empty are no error."""
    if not value or not levels:
        return ""
    if isinstance(value, list):
        return _joined(_details(item, levels - 1) for item in value)
    if not isinstance(value, Mapping):
        return str(value).strip()
    said = {key: _details(item, levels - 1) for key, item in value.items()}
    messages = [text for key, text in said.items() if fold(key) in _ERROR_KEYS]
    # ASP.NET: the fields, and what is wrong with each.
    return _joined(messages) or _joined(f"{key}: {text}" for key, text in said.items() if text)


def _joined(texts: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(filter(None, texts)))


def _stated_error(value: Any) -> str:
    """Return the error that an object states under a successful status, and nothing else it may say."""
    return _said(value, _STATED_KEYS) if isinstance(value, Mapping) else ""


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "no reason given"


def parsed(response: Response) -> Any:
    """Return the JSON of a successful answer, None for an empty one; raise what a non-success means."""
    raise_for_status(response)
    if not response.body.strip():
        return None
    if is_html(response):
        raise errors.DecodeError("the answer is an HTML page, not JSON", body=response.body)
    value = unquoted(codec.parse_json(response.body))
    return None if value == "" else value


@attrs.frozen
class Nothing:
    """Reads the answer of a write: an empty body, or an object that states no error."""

    def __call__(self, response: Response) -> None:
        """Raise if the answer states an error under a successful status."""
        answer = parsed(response)
        if isinstance(answer, Mapping):
            folded = _folded(answer)
            code = folded.get("responsecode") or response.status
            stated = _said_under(_STATED_KEYS, folded)
            failed = str(folded.get("issuccess")).lower() == "false"
            if str(code).startswith("2") and not stated and not failed:
                return
            raise refusal(response, stated or _said(answer) or f"ResponseCode {code}")
        if answer is False:
            raise refusal(response, "false")
        if isinstance(answer, str | list) and (said := _said(answer)):
            raise refusal(response, said)


@attrs.frozen
class Into(Generic[T]):
    """Reads an answer as a type; an empty body or a 404 is an empty list where a list is expected."""

    type: type[T]

    def __call__(self, response: Response) -> T:
        """Return the value."""
        if self._is_list():
            (kind,) = get_args(self.type) or (Any,)
            # A list of rows is what T is here; type checkers do not follow get_origin().
            return rows_of(response, kind)  # type: ignore[return-value]
        return _decoded(parsed(response), self.type, response)

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
        if said := _stated_error(answer):
            raise refusal(response, said)
        raise errors.DecodeError("required field missing", path=f"$.{self.key}")


@attrs.frozen
class First(Generic[T]):
    """Reads one object that may come alone or as the only element of a list."""

    type: type[T]

    def __call__(self, response: Response) -> T:
        """Return the object; an empty answer is `NotFound`."""
        answer = parsed(response)
        if not answer:
            raise errors.NotFound(
                response.status, "the answer is empty: there is no such thing", body=response.body
            )
        return _decoded(answer[0] if isinstance(answer, list) else answer, self.type, response)


def _decoded(answer: Any, kind: type[T], response: Response) -> T:
    """Decode one value; what is no such value may be an error under a successful status."""
    if isinstance(answer, str) and kind is not str:
        raise refusal(response, answer)
    try:
        value = codec.decode(answer, kind)
    except errors.DecodeError:
        if said := _stated_error(answer):
            raise refusal(response, said) from None
        raise
    # A model whose fields are all optional takes anything, but does not know a field for the error.
    if isinstance(value, Model) and (said := _stated_error(value.extra)):
        raise refusal(response, said)
    return value


def rows_of(response: Response, row: Any, names: tuple[str, ...] = ()) -> list[Any]:
    """Return a list answer as rows of this type, straight from its bytes if it is a list as it should be."""
    usual = 200 <= response.status < 300 and response.body.lstrip().startswith(b"[") and not is_html(response)
    if usual:
        return codec.read_rows(response.body, row, names)
    return codec.decode_rows(read_rows(response), row, names)


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
