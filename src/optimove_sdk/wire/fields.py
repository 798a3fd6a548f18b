"""The kinds of field that Optimove's answers need, each tolerant in the ways that were really seen.

Ids come as ``12`` or ``"12"``, truth as ``true`` or ``"true"``, nothing as ``null`` or ``"NULL"``, lists as
``["A", "B"]`` or ``"A,B"``. A value the enum does not know is kept, never refused.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Self

import attrs

from .names import fold, pascal


class OpenIntEnum(enum.IntEnum):
    """Known numbers have names; an unknown one is kept as a member named ``UNKNOWN_<value>``."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if isinstance(value, bool) or not isinstance(value, int):
            return None
        member = int.__new__(cls, value)
        member._name_, member._value_ = f"UNKNOWN_{value}", value
        return member


class OpenStrEnum(enum.StrEnum):
    """Known strings have names, in any case; an unknown one is kept as a member named ``UNKNOWN``."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        for member in cls:
            if fold(member.value) == fold(value):
                return member
        stranger = str.__new__(cls, value)
        stranger._name_, stranger._value_ = "UNKNOWN", value
        return stranger


@attrs.frozen
class Model:
    """Base of everything Optimove sends and takes.

    ``extra`` keeps the fields that this version of the SDK does not know, under their own names.
    """

    extra: Mapping[str, Any] = attrs.field(factory=dict, kw_only=True, repr=False, hash=False)


@attrs.frozen
class Row(Model):
    """A row about a customer, with the attributes that were asked for, by name."""

    attributes: Mapping[str, str | None] = attrs.field(
        factory=dict,
        kw_only=True,
        hash=False,
        metadata={"read": ("CustomerAttribute",), "wire": "CustomerAttributes"},
    )


def spelled(wire: str | None = None, *read: str, hook: Any = None) -> dict[str, Any]:
    """Return attrs metadata: how a field is spelled when sent and when read, and what reads it."""
    return {"wire": wire, "read": read, "hook": hook}


def wire_name(attribute: attrs.Attribute[Any]) -> str:
    """Return how Optimove documents this field."""
    return attribute.metadata.get("wire") or pascal(attribute.name)


def to_int(value: Any, _: Any = int) -> int:
    """Read ``12``, ``"12"`` and ``12.0``."""
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        raise ValueError("not a whole number")
    if not isinstance(value, (int, float, str)):
        raise TypeError("not a whole number")
    return int(value)


def to_float(value: Any, _: Any = float) -> float:
    """Read ``1.5`` and ``"1.5"``."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise TypeError("not a number")
    return float(value)


def to_str(value: Any, _: Any = str) -> str:
    """Read strings, and numbers where an id was sent as one."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise TypeError("not a string")
    return str(value)


def to_bool(value: Any, _: Any = bool) -> bool:
    """Read ``true``, ``"True"``, ``1`` and their opposites."""
    known = {"true": True, "1": True, "false": False, "0": False, "": False}
    if not isinstance(value, (bool, int, str)) or str(value).lower() not in known:
        raise ValueError("neither true nor false")
    return known[str(value).lower()]


def to_date(value: Any, _: Any = date) -> date:
    """Read ``2015-12-30``, with or without a time behind it."""
    return date.fromisoformat(to_str(value).strip()[:10])


def to_datetime(value: Any, _: Any = datetime) -> datetime:
    """Read ``2015-12-30 10:30:00``: naive, unless the text itself says UTC or an offset."""
    text = to_str(value).strip()
    if text.upper().endswith("UTC"):
        return datetime.fromisoformat(text[:-3].strip()).replace(tzinfo=UTC)
    return datetime.fromisoformat(text)


def to_utc(value: Any, _: Any = datetime) -> datetime | None:
    """Read a time that Optimove documents as UTC, whether or not it says so itself."""
    if is_nothing(value) or value == "":
        return None
    when = to_datetime(value)
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)


def to_strings(value: Any, _: Any = tuple) -> tuple[str, ...]:
    """Read ``["A", "B"]``, ``"A,B"``, ``12``, ``""`` and ``null``."""
    if is_nothing(value):
        return ()
    parts = value if isinstance(value, list | tuple) else to_str(value).split(",")
    return tuple(stripped for part in parts if not is_nothing(part) and (stripped := to_str(part).strip()))


def is_nothing(value: Any) -> bool:
    """Say whether a value means "no value": ``null``, or the string that some functions send instead."""
    return value is None or value == "NULL"
