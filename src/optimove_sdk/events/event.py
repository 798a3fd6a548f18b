"""One OptiEvent, checked when it is made."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

import attrs

from ..errors import InvalidInput

ContextValue: TypeAlias = str | int | float | bool

MAX_PARAMETERS: Final = 50
MAX_STRING: Final = 255
_EVENT_NAME = re.compile(r"[a-z][a-z0-9_]*")
_PARAMETER_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# JavaScript, which verifies signatures at the other end, prints whole numbers up to here without a point.
_EXACT = 2**53


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _copied(context: Mapping[str, ContextValue]) -> Mapping[str, ContextValue]:
    """Copy what the caller may go on to change, while the event waits to be sent."""
    return dict(context) if isinstance(context, Mapping) else context


@attrs.frozen(kw_only=True)
class Event:
    """Something a customer or a visitor did.

    ``event`` is the key that is configured in your Optimove instance, in snake_case; names are case
    sensitive. Exactly one of ``customer`` and ``visitor`` says who. ``timestamp`` is an aware datetime, by
    default now. ``context`` has up to 50 parameters: strings of up to 255 characters, numbers, booleans.

    Raises `InvalidInput` for anything that OptiEvent would not take, naming the field.

    Sources: https://developer.optimove.com/docs/serverside and
    https://github.com/optimove-tech/Reporting-Server-Side-Custom-Events
    """

    event: str = attrs.field()
    customer: str | None = attrs.field(default=None, repr=False)
    visitor: str | None = attrs.field(default=None, repr=False)
    timestamp: datetime = attrs.field(factory=_utc_now)
    context: Mapping[str, ContextValue] = attrs.field(factory=dict, converter=_copied, repr=False, hash=False)

    @event.validator
    def _check_event(self, _: Any, value: str) -> None:
        if not isinstance(value, str) or not _EVENT_NAME.fullmatch(value):
            raise InvalidInput(f"event must be a name in snake_case like 'newsletter_signup', not {value!r}")

    @timestamp.validator
    def _check_timestamp(self, _: Any, value: datetime) -> None:
        if not isinstance(value, datetime) or value.tzinfo is None:
            raise InvalidInput(
                "timestamp must be a datetime with a time zone: without one it would be a guess"
            )

    @context.validator
    def _check_context(self, _: Any, value: Mapping[str, ContextValue]) -> None:
        if not isinstance(value, Mapping):
            raise InvalidInput("context must be a mapping of parameter names to values")
        if len(value) > MAX_PARAMETERS:
            raise InvalidInput(f"context has {len(value)} parameters; OptiEvent takes up to {MAX_PARAMETERS}")
        for name, item in value.items():
            _check_parameter(name, item)

    def __attrs_post_init__(self) -> None:
        for field in ("customer", "visitor"):
            value = getattr(self, field)
            if value is not None and (not isinstance(value, str) or not value.strip()):
                raise InvalidInput(f"{field} must be a string that is not empty")
        if (self.customer is None) == (self.visitor is None):
            found = "neither" if self.customer is None else "both"
            raise InvalidInput(f"an event needs exactly one of customer and visitor; it has {found}")

    def payload(self, tenant_id: int) -> dict[str, Any]:
        """Return the object that is sent to OptiEvent."""
        return {"tenant": tenant_id, **self.content()}

    def content(self) -> dict[str, Any]:
        """Return the event itself, without its tenant."""
        who = {"customer": self.customer} if self.customer is not None else {"visitor": self.visitor}
        stamp = self.timestamp.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f UTC")
        context = {name: _plain(value) for name, value in self.context.items()}
        return {"event": self.event, **who, "timestamp": stamp, "context": context}


def _check_parameter(name: str, value: ContextValue) -> None:
    if not isinstance(name, str) or not _PARAMETER_NAME.fullmatch(name):
        raise InvalidInput(f"context: {name!r} is not a parameter name (letters, digits and underscores)")
    if isinstance(value, str):
        if len(value) > MAX_STRING:
            raise InvalidInput(
                f"context[{name!r}] has {len(value)} characters; OptiEvent takes up to {MAX_STRING}"
            )
    elif not isinstance(value, int | float):
        raise InvalidInput(
            f"context[{name!r}] is a {type(value).__name__}; OptiEvent takes text, numbers and booleans"
        )
    elif not math.isfinite(value):
        raise InvalidInput(f"context[{name!r}] is {value}, which JSON has no number for")


def _plain(value: ContextValue) -> ContextValue:
    """Return a number as JavaScript would print it: 1.0 is 1."""
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return int(value)
    return value
