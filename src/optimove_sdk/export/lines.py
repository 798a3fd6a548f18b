"""A row as one line of JSON, and back.

Every export is kept like this until it is complete, whatever it becomes: lines can be appended to, cut off
and read one by one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import cache
from operator import attrgetter
from pathlib import Path
from typing import Any

import attrs

from ..wire.fields import Model, Row


def line_of(row: Any) -> bytes:
    """Spell a row as a line of JSON."""
    try:
        return _ENCODER.encode(row).encode() + b"\n"
    except ValueError:  # not a finite number, or half a character, neither of which UTF-8 JSON has
        finite = json.loads(_LENIENT.encode(row), parse_constant=lambda _: None)
        return _LENIENT.encode(finite).encode() + b"\n"


def parse_line(line: str) -> Any:
    """Read a line back: a row of JSON values."""
    return _DECODER.raw_decode(line)[0]


@attrs.frozen
class Lines:
    """The rows of a file of such lines, read anew by each loop."""

    path: Path

    def __iter__(self) -> Iterator[Any]:
        with open(self.path, encoding="utf-8", newline="\n") as file:
            yield from map(parse_line, file)


def _plain(value: object) -> Any:
    """Turn what JSON does not know into what it does."""
    if isinstance(value, Model):
        model: Any = type(value)  # which mypy does not believe to be hashable
        return _spelled(model)(value)
    if isinstance(value, date):  # or a datetime
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a {type(value).__name__} cannot be exported")


@cache
def _spelled(model: Any) -> Callable[[Any], dict[str, Any]]:
    """Return what spells a model: its own fields by their Python names, then what it shares with others."""
    names = [field.name for field in own_fields(model)]
    names += ["attributes"] if issubclass(model, Row) else []
    values = attrgetter("__class__", *names)  # with one name alone it would return no tuple

    def spelled(value: Any) -> dict[str, Any]:
        row = dict(zip(names, values(value)[1:], strict=True))
        return {**row, "extra": value.extra} if value.extra else row

    return spelled


def own_fields(model: type[Model]) -> tuple[attrs.Attribute[Any], ...]:
    """Return the fields of a model that not every model, or not every row, has."""
    common = [field.name for field in attrs.fields(Row if issubclass(model, Row) else Model)]
    return tuple(field for field in attrs.fields(model) if field.name not in common)


def text_of(value: Any) -> str:
    """Return a string as it is, and anything else as JSON."""
    return value if isinstance(value, str) else _ENCODER.encode(value)


_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain)
_DECODER = json.JSONDecoder()
_LENIENT = json.JSONEncoder(separators=(",", ":"), default=_plain)
