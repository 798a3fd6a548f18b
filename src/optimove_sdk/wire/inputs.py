"""What a user passes, checked before anything is sent and spelled as Optimove wants it."""

from __future__ import annotations

import enum
from collections.abc import Hashable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeAlias
from urllib.parse import quote, urlencode, urlsplit

from ..errors import InvalidInput
from .names import pascal

Param: TypeAlias = str | int | float | date | Sequence[str] | None
DateLike: TypeAlias = date | str


def encode_params(params: Mapping[str, Param]) -> dict[str, str]:
    """Spell query parameters as Optimove does; those that are None or empty lists are left out."""
    return {name: text for name, value in params.items() if (text := _param(value)) is not None}


def _param(value: Param) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, enum.Enum):
        return str(value.value)
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Sequence):
        return ";".join(value) or None
    return str(value)


def query(params: Mapping[str, str]) -> str:
    """Return the query string, with ``$top`` readable and everything else encoded."""
    try:
        return urlencode(params, quote_via=quote, safe="$,")
    except UnicodeEncodeError:
        raise InvalidInput("a parameter has half a character, which cannot be sent") from None


def day(name: str, value: DateLike) -> str:
    """Return ``YYYY-MM-DD`` from a date or such a string."""
    if isinstance(value, datetime):
        value = value.date()
    try:
        return (value if isinstance(value, date) else date.fromisoformat(value)).isoformat()
    except (TypeError, ValueError):
        raise InvalidInput(f"{name} must be a date or 'YYYY-MM-DD', not {value!r}") from None


def days(start_date: DateLike | None, end_date: DateLike | None) -> dict[str, Param]:
    """Return a range of days: both in order, or neither."""
    if start_date is None and end_date is None:
        return {}
    if start_date is None or end_date is None:
        raise InvalidInput("start_date and end_date go together: give both or neither")
    first, last = day("start_date", start_date), day("end_date", end_date)
    if last < first:
        raise InvalidInput(f"end_date {last} is before start_date {first}")
    return {"StartDate": first, "EndDate": last}


def whole(name: str, value: int, *, least: int = 0) -> int:
    """Return a whole number that is not too small."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise InvalidInput(f"{name} must be a whole number, {least} or more, not {value!r}")
    return value


def ids(**values: int) -> dict[str, Param]:
    """Return numbers under the names Optimove gives them: ``campaign_id`` is ``CampaignID``."""
    return {pascal(name): whole(name, value) for name, value in values.items()}


def optional(**values: int | bool | None) -> dict[str, Param]:
    """Return numbers and flags that were given: None and False are what Optimove assumes anyway."""
    return {
        pascal(name): value if isinstance(value, bool) else whole(name, value)
        for name, value in values.items()
        if value is not None and value is not False
    }


def text(name: str, value: str) -> str:
    """Return a string that is not empty."""
    if not isinstance(value, str) or not value.strip():
        raise InvalidInput(f"{name} must be a string that is not empty")
    return value


def texts(name: str, values: Iterable[str]) -> list[str]:
    """Return strings that are not empty; a lone string is refused, it would be taken letter by letter."""
    if isinstance(values, str):
        raise InvalidInput(f"{name} must be a list of strings, not one string")
    return [text(f"{name}[{index}]", value) for index, value in enumerate(values)]


def attribute_names(names: Iterable[str]) -> tuple[str, ...]:
    """Return the customer attributes to ask for; each once, none with the separator in it."""
    checked = texts("attributes", names)
    for name in checked:
        if ";" in name:
            raise InvalidInput(f"attributes: {name!r} has a ';', which separates attributes; pass a list")
    unique("attributes", checked)
    return tuple(checked)


def web_url(name: str, value: str) -> str:
    """Return an absolute http(s) URL."""
    try:
        parts = urlsplit(value)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and value.split() == [value]
    except (AttributeError, ValueError):
        good = False
    if not good:
        raise InvalidInput(f"{name} must be an absolute http(s) URL, not {value!r}")
    return value


def unique(name: str, keys: Sequence[Hashable]) -> None:
    """Refuse a list that names the same thing twice, and say where."""
    first: dict[Hashable, int] = {}
    for index, key in enumerate(keys):
        if key in first:
            raise InvalidInput(f"{name}[{index}] repeats {name}[{first[key]}]: {key!r}")
        first[key] = index


def segment(name: str, value: Any) -> str:
    """Return a value as one segment of a path."""
    if text(name, value) in (".", ".."):
        raise InvalidInput(f"{name} must not be {value!r}, which means another path")
    try:
        return quote(value, safe="")
    except UnicodeEncodeError:
        raise InvalidInput(f"{name} has half a character, which cannot be sent") from None
