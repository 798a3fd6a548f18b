"""Writes the functions that read many rows of one model fast.

What such a function does for a field is what the converter would do, with the usual case inlined: a number
that is a number is taken as it is, everything else goes through the field's hook.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias, Union, get_args, get_origin

import attrs

from .building import Nothing, builder_of
from .parsers import exact

Hook = Callable[[Any, Any], Any]
Reader: TypeAlias = Callable[[Any], list[Any]]

_PLAIN = frozenset({str, int, float, bool, datetime})


@attrs.frozen
class Source:
    """Where generated code finds the value of a field.

    ``checked`` says that it is of the plain type that is usual for the field, ``absent`` that it may be
    ``UNSET``.
    """

    expression: str
    checked: bool = False
    absent: bool = False


class Compiler:
    """Writes functions for one model; ``hooks`` read each of its fields with care.

    ``names`` are those of the customer attributes, if its rows have any.
    """

    def __init__(self, model: type[Any], hooks: Mapping[str, Hook], names: Sequence[str] | None) -> None:
        self._fields = [field for field in attrs.fields(model) if field.name != "extra"]
        self._names = names
        self._values: dict[str, Any] = {
            "new": object.__new__,
            "Builder": builder_of(model),
            "Model": model,
            "iso": datetime.fromisoformat,
            "exact": exact,
            "nothing": Nothing(),
        }
        for field in self._fields:
            self._values |= _constants(field, hooks[field.name])

    def compile(self, template: str, sources: Mapping[str, Source], extra: str, **values: Any) -> Reader:
        """Return the function; ``sources`` are by field, ``extra`` is what makes the unknown fields, if any.

        A field without a source gets its default, or `KeyError` is raised here.
        """
        lines = [line for field in self._fields for line in self._lines(field, sources.get(field.name))]
        lines.append(f"o.extra = {f'exact({{{extra}}})' if extra else 'nothing'}")
        space = {**self._values, **values}
        source = template.format(fields="; ".join(lines))
        exec(source, space)  # noqa: S102 - written from field names and the repr of keys only
        reader: Reader = space["read"]
        return reader

    def _lines(self, field: attrs.Attribute[Any], source: Source | None) -> Sequence[str]:
        target = f"o.{field.name}"
        if source is None:
            return [f"{target} = {_default(field)}"]
        value = self._value(field, checked=source.checked)
        if source.absent:
            value = f"{_default(field)} if v is UNSET else {value}"
        if value == "v":
            return [f"{target} = {source.expression}"]
        return [f"v = {source.expression}", f"{target} = {value}"]

    def _value(self, field: attrs.Attribute[Any], *, checked: bool) -> str:
        """Return the expression that reads ``v``: the usual case first, then the hook."""
        careful = f"hook_{field.name}(v, type_{field.name})"
        if field.metadata.get("hook"):
            return careful
        if field.name == "attributes" and self._names is not None:
            return _named(self._names, careful)
        if field.type == tuple[str, ...]:
            lone = "v.__class__ is str and v.isalnum() and v != 'NULL'"
            return f"() if v is None or v == '' else (v,) if {lone} else {careful}"
        kind, optional = plain_kind(field)
        return _plain(kind, careful, optional=optional, checked=checked) if kind else careful


def plain_kind(field: attrs.Attribute[Any]) -> tuple[Any, bool]:
    """Return the plain type that is usual for a field, None if there is none, and whether null is as well."""
    if field.metadata.get("hook"):
        return None, False
    optional = get_origin(field.type) in (Union, types.UnionType)
    arms = [arm for arm in get_args(field.type) if arm is not types.NoneType] if optional else [field.type]
    return (arms[0] if len(arms) == 1 and arms[0] in _PLAIN else None), optional


def _plain(kind: Any, careful: str, *, optional: bool, checked: bool) -> str:
    usual, sent = ("iso(v)", str) if kind is datetime else ("v", kind)
    tests = [] if checked else [f"v.__class__ is {sent.__name__}"]
    if kind is datetime:
        tests.append("len(v) == 19")
    elif kind is str and optional:
        tests.append("v != 'NULL'")
    if not tests:
        return usual
    value = f"{usual} if {' and '.join(tests)} else {careful}"
    return f"None if v is None else {value}" if optional else value


def _named(names: Sequence[str], careful: str) -> str:
    """Return the expression that gives positional attribute values their names."""
    parts = [f"{name!r}: v[{number}]" for number, name in enumerate(names)]
    tests = [f"v[{number}].__class__ is str and v[{number}] != 'NULL'" for number in range(len(parts))]
    every = " and ".join([f"v.__class__ is list and len(v) == {len(parts)}", *tests])
    return f"{{{', '.join(parts)}}} if {every} else {careful}"


def _constants(field: attrs.Attribute[Any], hook: Hook) -> dict[str, Any]:
    """Return what the code for a field refers to."""
    values = {f"hook_{field.name}": hook, f"type_{field.name}": field.type}
    if isinstance(field.default, attrs.Factory):  # type: ignore[arg-type]
        return {**values, f"make_{field.name}": field.default.factory}  # type: ignore[union-attr]
    return {**values, f"default_{field.name}": field.default}


def _default(field: attrs.Attribute[Any]) -> str:
    """Return the expression for the value of a field that was not sent."""
    if field.default is attrs.NOTHING:
        raise KeyError(field.name)
    made = isinstance(field.default, attrs.Factory)  # type: ignore[arg-type]
    return f"make_{field.name}()" if made else f"default_{field.name}"
