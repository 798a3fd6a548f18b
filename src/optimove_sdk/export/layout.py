"""The columns of a table, the same for every page: from the model or, for untyped rows, from all rows."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from typing import Any, Final, Union, get_args, get_origin

import attrs

from ..wire.fields import Model, to_utc
from .lines import own_fields


class Kind(Enum):
    """What the values of a column are. Whatever fits nothing else is text: JSON, if it is no string."""

    TRUTH = "truth"
    INTEGER = "integer"
    NUMBER = "number"
    TEXT = "text"
    TIME = "time"
    UTC = "utc"
    DAY = "day"


@attrs.frozen
class Column:
    """A column; ``many`` if each value is a list."""

    name: str
    kind: Kind = Kind.TEXT
    many: bool = False


@attrs.frozen
class Layout:
    """The columns, and how a row, as it is read from a line, fills them."""

    columns: tuple[Column, ...]
    cells: Callable[[Mapping[str, Any]], list[Any]]


def of_model(model: type[Model], attributes: Sequence[str]) -> Layout:
    """Return the columns of a model: its fields, a column for each attribute, and ``extra``, always."""
    attrs.resolve_types(model)
    fields = own_fields(model)
    names = [field.name for field in fields]

    def cells(row: Mapping[str, Any]) -> list[Any]:
        given = dict(row.get("attributes", ()))
        known = [row[name] for name in names]
        asked = [given.pop(name, None) for name in attributes]
        return [*known, *asked, {**given, **row.get("extra", {})} or None]

    columns = [Column(field.name, *_kind_of(field)) for field in fields]
    columns += [Column(name) for name in _beside([*names, "extra"], attributes)]
    return Layout((*columns, Column("extra")), cells)


def of_rows(rows: Iterable[Mapping[str, Any]]) -> Layout:
    """Return the columns of untyped rows: every key of any row, in the order of appearance."""
    kinds: dict[str, Kind | None] = {}
    for row in rows:
        for key, value in row.items():
            kinds[key] = _common(kinds.get(key), _kind_of_value(value))
    columns = tuple(Column(name, kind or Kind.TEXT) for name, kind in kinds.items())
    return Layout(columns, lambda row: [row.get(name) for name in kinds])


def _beside(taken: Sequence[str], attributes: Sequence[str]) -> list[str]:
    """Return a column name for each attribute, told apart from the fields by a prefix where need be."""
    return [f"attributes.{name}" if name in taken else name for name in attributes]


_CLASSES: Final[tuple[tuple[Kind, tuple[type, ...]], ...]] = (
    (Kind.TRUTH, (bool,)),  # before the int it is
    (Kind.INTEGER, (int,)),
    (Kind.NUMBER, (int, float)),
    (Kind.TEXT, (str,)),
    (Kind.TIME, (datetime,)),  # before the date it is
    (Kind.DAY, (date,)),
)
_KIND_OF_CLASS: Final = {bool: Kind.TRUTH, int: Kind.INTEGER, float: Kind.NUMBER}


def _kind_of(field: attrs.Attribute[Any]) -> tuple[Kind, bool]:
    if field.metadata.get("hook") is to_utc:
        return Kind.UTC, False
    arms = _arms(field.type)
    if len(arms) == 1 and get_origin(arms[0]) is tuple:
        return _kind_of_types(get_args(arms[0])[:1]), True
    return _kind_of_types(arms), False


def _arms(kind: Any) -> tuple[Any, ...]:
    """Return what a value may be, besides None."""
    if get_origin(kind) not in (Union, types.UnionType):
        return (kind,)
    return tuple(arm for arm in get_args(kind) if arm is not types.NoneType)


def _kind_of_types(arms: Sequence[Any]) -> Kind:
    for kind, classes in _CLASSES:
        if all(isinstance(arm, type) and issubclass(arm, classes) for arm in arms):
            return kind
    return Kind.TEXT


def _kind_of_value(value: Any) -> Kind | None:
    if value is None:
        return None
    if value.__class__ is int and not -(2**63) <= value < 2**63:
        return Kind.TEXT
    return _KIND_OF_CLASS.get(value.__class__, Kind.TEXT)


def _common(one: Kind | None, other: Kind | None) -> Kind | None:
    if one is None or other is None or one is other:
        return one or other
    return Kind.NUMBER if {one, other} == {Kind.INTEGER, Kind.NUMBER} else Kind.TEXT
