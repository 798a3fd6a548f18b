"""Bytes from Optimove to a typed notification, or a `NotificationError`; never anything else."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, cast

from ..errors import DecodeError, NotificationError
from ..wire import codec
from ..wire.fields import to_int
from ..wire.names import fold
from .models import KNOWN, AnyNotification, UnknownNotification

_TYPE_KEY: Final = fold("EventTypeID")
_LONGEST_TYPE_KEY: Final = 32


def parse_notification(
    body: bytes | str | Mapping[str, Any],
    *,
    headers: Mapping[str, str] | None = None,
    event_type_id: int | None = None,
) -> AnyNotification:
    """Read what Optimove POSTed to a listener.

    Args:
        body: the raw body (PascalCase, camelCase and snake_case are all understood), or the parsed object.
        headers: the request's headers; Optimove documents none that matter, so they are not needed.
        event_type_id: the type, where the body does not say it because it is in the listener's URL. A type
            in the body wins.

    Returns:
        The notification; an `UnknownNotification` for a type that is not known.

    Raises:
        NotificationError: the body is not a JSON object, has no type, or lacks what its type must have.

    Source: https://developer.optimove.com/reference/post_general-registereventlistener
    """
    payload = json_object(body)
    type_keys = [key for key in payload if len(key) <= _LONGEST_TYPE_KEY and _names_type(key)]
    kind = _event_type(payload[type_keys[0]]) if type_keys else None
    kind = event_type_id if kind is None else kind
    model = KNOWN.get(kind) if kind is not None else None
    if model is None:
        return UnknownNotification(kind, payload)
    content = dict(payload)
    for key in type_keys:
        del content[key]
    try:
        return cast(AnyNotification, codec.decode(content, model))
    except DecodeError as error:
        raise NotificationError(f"a notification of type {kind} cannot be read: {error}") from None


def json_object(body: bytes | str | Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the object that was POSTed, or raise `NotificationError`."""
    if isinstance(body, Mapping):
        payload, is_object = body, all(isinstance(key, str) for key in body)
    else:
        payload = _parsed(body)
        is_object = isinstance(payload, dict)
    if not is_object:
        raise NotificationError("the body is not a JSON object")
    return payload


def _parsed(body: bytes | str) -> Any:
    try:
        return codec.parse_json(body)
    except DecodeError as error:
        raise NotificationError(f"the body cannot be read: {error}") from None


@lru_cache(maxsize=512)  # the same keys come again and again
def _names_type(key: str) -> bool:
    return fold(key) == _TYPE_KEY


def _event_type(stated: Any) -> int | None:
    try:
        return None if stated is None else to_int(stated)
    except (TypeError, ValueError):
        raise NotificationError("the notification's event type is not a number") from None
