"""Reads many rows of one model fast: a function is written for each set of keys, when it is first seen.

What it does for a field is what the converter would do, with the usual case inlined: a number that is a
number is taken as it is, everything else goes through the field's hook. It fills instances of a private
subclass, because the ``__init__`` of a frozen class is what reading a row costs most, and then declares them
to be of the model. Measured, this is three times as fast as the converter alone (benchmarks/decode.py).
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar, Union, get_args, get_origin

import attrs

R = TypeVar("R")
Hook = Callable[[Any, Any], Any]

_SHAPES_KEPT = 64
_PLAIN = frozenset({str, int, float, bool})


class RowReader(Generic[R]):
    """Reads rows of one model.

    ``hooks`` read each field with care. ``plan`` says for a set of keys which field each one is, and which
    are none. ``names`` are those of the customer attributes.
    """

    def __init__(
        self,
        model: type[R],
        hooks: Mapping[str, Hook],
        plan: Callable[[tuple[str, ...]], tuple[Mapping[str, str], Sequence[str]]],
        names: Sequence[str] = (),
    ) -> None:
        self._model: Any = model
        self._hooks = hooks
        self._plan = plan
        self._names = names
        self._builder = _builder(model)
        self._readers: dict[tuple[str, ...], Callable[[Sequence[Any]], list[R]]] = {}

    def __call__(self, data: Sequence[Any]) -> list[R]:
        """Return the rows, or raise anything at all: then the converter knows what is wrong."""
        return self._reader(tuple(data[0]))(data) if data else []

    def _reader(self, shape: tuple[str, ...]) -> Callable[[Sequence[Any]], list[R]]:
        reader = self._readers.get(shape)
        if reader is None:
            if len(self._readers) >= _SHAPES_KEPT:
                self._readers.clear()
            reader = self._readers[shape] = self._write(shape)
        return reader

    def _write(self, shape: tuple[str, ...]) -> Callable[[Sequence[Any]], list[R]]:
        keys, unknown = self._plan(shape)
        values: dict[str, Any] = {
            "new": object.__new__,
            "Builder": self._builder,
            "Model": self._model,
            "iso": datetime.fromisoformat,
            "other": lambda row: self._reader(tuple(row))([row])[0],
        }
        lines = [line for field in attrs.fields(self._model) for line in self._field(field, keys, values)]
        extra = "{" + ", ".join(f"{key!r}: d[{key!r}]" for key in unknown) + "}"
        source = _TEMPLATE.format(size=len(shape), fields="\n            ".join(lines), extra=extra)
        exec(source, values)  # noqa: S102 - written from field names and the repr of keys only
        reader: Callable[[Sequence[Any]], list[R]] = values["read"]
        return reader

    def _field(self, field: Any, keys: Mapping[str, str], values: dict[str, Any]) -> Iterator[str]:
        if field.name == "extra":
            return
        if field.name not in keys:
            yield from _default(field, values)
            return
        hook, kind = f"hook_{field.name}", f"type_{field.name}"
        values[hook], values[kind] = self._hooks[field.name], field.type
        careful = f"{hook}(v, {kind})"
        yield f"v = d[{keys[field.name]!r}]"
        usual = careful if field.metadata.get("hook") else _inlined(field.type, careful)
        yield f"o.{field.name} = {self._named(careful) if field.name == 'attributes' else usual}"

    def _named(self, careful: str) -> str:
        """Return the expression that gives positional attribute values their names."""
        parts = [f"{name!r}: v[{number}]" for number, name in enumerate(self._names)]
        tests = [f"v[{number}].__class__ is str and v[{number}] != 'NULL'" for number in range(len(parts))]
        every = " and ".join([f"v.__class__ is list and len(v) == {len(parts)}", *tests])
        return f"{{{', '.join(parts)}}} if {every} else {careful}"


_TEMPLATE = """
def read(data):
    rows = []
    add = rows.append
    for d in data:
        if len(d) != {size}:
            add(other(d))
            continue
        try:
            o = new(Builder)
            {fields}
            o.extra = {extra}
            o.__class__ = Model
        except KeyError:
            o = other(d)
        add(o)
    return rows
"""


def _default(field: Any, values: dict[str, Any]) -> Iterator[str]:
    if field.default is attrs.NOTHING:
        raise KeyError(field.name)
    if isinstance(field.default, attrs.Factory):  # type: ignore[arg-type]
        values[f"make_{field.name}"] = field.default.factory
        yield f"o.{field.name} = make_{field.name}()"
    else:
        values[f"default_{field.name}"] = field.default
        yield f"o.{field.name} = default_{field.name}"


def _inlined(kind: Any, careful: str) -> str:
    """Return the expression that reads ``v``: the usual case first, then the hook."""
    if kind == tuple[str, ...]:
        lone = "v.__class__ is str and v.isalnum() and v != 'NULL'"
        return f"() if v is None or v == '' else (v,) if {lone} else {careful}"
    optional = _is_union(kind)
    arms = [arg for arg in get_args(kind) if arg is not types.NoneType] if optional else [kind]
    if len(arms) != 1:
        return careful
    (arm,) = arms
    if arm is datetime:
        usual, test = "iso(v)", "v.__class__ is str and len(v) == 19"
    elif arm in _PLAIN:
        usual, test = "v", f"v.__class__ is {arm.__name__}"
    else:
        return careful
    if optional and arm is str:
        test += " and v != 'NULL'"
    return f"{'None if v is None else ' if optional else ''}{usual} if {test} else {careful}"


def _is_union(kind: Any) -> bool:
    return get_origin(kind) in (Union, types.UnionType)


def _builder(model: type[Any]) -> type[Any]:
    """Return a subclass with the same layout whose instances can be filled.

    Both methods must be object's own, or CPython keeps the slow slot of the frozen class.
    """
    body = {"__slots__": (), "__setattr__": object.__setattr__, "__delattr__": object.__delattr__}
    return type(f"_Building{model.__name__}", (model,), body)
