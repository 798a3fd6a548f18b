"""Bytes from Optimove to a typed notification, or a `NotificationError`; never anything else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from ..errors import DecodeError, NotificationError
from ..wire import codec
from ..wire.fields import to_int
from ..wire.names import fold
from .models import KNOWN, AnyNotification, UnknownNotification

_TYPE_KEY = fold("EventTypeID")


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
    kind = _event_type(payload, event_type_id)
    model = KNOWN.get(kind) if kind is not None else None
    if model is None:
        return UnknownNotification(kind, payload)
    content = {key: value for key, value in payload.items() if fold(key) != _TYPE_KEY}
    try:
        return cast(AnyNotification, codec.decode(content, model))
    except DecodeError as error:
        raise NotificationError(f"a notification of type {kind} cannot be read: {error}") from None


def json_object(body: bytes | str | Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the object that was POSTed, or raise `NotificationError`."""
    try:
        payload = body if isinstance(body, Mapping) else codec.parse_json(body)
    except DecodeError as error:
        raise NotificationError(f"the body cannot be read: {error}") from None
    if not isinstance(payload, Mapping) or not all(isinstance(key, str) for key in payload):
        raise NotificationError("the body is not a JSON object")
    return payload


def _event_type(payload: Mapping[str, Any], otherwise: int | None) -> int | None:
    stated = next((value for key, value in payload.items() if fold(key) == _TYPE_KEY), None)
    try:
        return otherwise if stated is None else to_int(stated)
    except (TypeError, ValueError):
        raise NotificationError("the notification's event type is not a number") from None
