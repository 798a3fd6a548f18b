"""The converter between parsed JSON and models, built on first use, and the hooks it reads fields with."""

from __future__ import annotations

import operator
import types
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cache, partial, reduce
from typing import Any, Union, get_args, get_origin

import attrs
from cattrs import AttributeValidationNote, ClassValidationError, Converter, transform_error
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from ..errors import DecodeError
from . import fields
from .names import fold

# Where unknown fields travel between a JSON object and Model.extra: no JSON key of Optimove's looks so.
EXTRA = "*"
_SHAPES_KEPT = 512
_SHAPE_LENGTH = 4096  # characters; longer ones come from nobody whose next message looks the same


@cache
def the_converter(*, detailed: bool = False) -> Converter:
    """Return the converter that is fast, or the one that takes notes of what is wrong."""
    converter = Converter(detailed_validation=detailed)
    for kind, read in _READERS.items():  # by class: cattrs' own hooks for these come before any predicate
        converter.register_structure_hook(kind, partial(_as, kind, read))
    converter.register_structure_hook_factory(_is_tuple, _tuple_hook)
    converter.register_structure_hook_func(lambda t: t == tuple[str, ...], fields.to_strings)
    converter.register_structure_hook_func(lambda t: t == int | str, _int_or_str)
    converter.register_structure_hook_factory(_allows_plain_values, _enum_of_hook)
    converter.register_structure_hook_factory(_is_optional, _optional_hook)
    converter.register_structure_hook_factory(is_model, model_hook)
    converter.register_unstructure_hook_factory(is_model, _model_unhook)
    converter.register_unstructure_hook(datetime, lambda value: value.isoformat(" ", "seconds"))
    converter.register_unstructure_hook(date, date.isoformat)
    return converter


_READERS: dict[Any, Callable[[Any], Any]] = {
    int: fields.to_int,
    float: fields.to_float,
    str: fields.to_str,
    bool: fields.to_bool,
    date: fields.to_date,
    datetime: fields.to_datetime,
}


def _as(base: Any, read: Callable[[Any], Any], value: Any, kind: Any) -> Any:
    """Read a value as a number, a text... or as the enum of such that a field is declared as."""
    plain = read(value)
    return plain if kind is base else kind(plain)


def _int_or_str(value: Any, _: Any) -> int | str:
    text = fields.to_str(value).strip()
    return int(text) if text.isascii() and text.isdigit() else text


def _is_tuple(kind: Any) -> bool:
    return get_origin(kind) is tuple


def _tuple_hook(kind: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    """Read a list; nothing is an empty one."""
    items: Any = types.GenericAlias(list, get_args(kind)[:1])
    return lambda value, _: () if fields.is_nothing(value) else tuple(converter.structure(value, items))


def _is_optional(kind: Any) -> bool:
    return get_origin(kind) in (Union, types.UnionType) and types.NoneType in get_args(kind)


def _optional_hook(kind: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    inner = reduce(operator.or_, (arg for arg in get_args(kind) if arg is not types.NoneType))
    read, keeps_empty = converter.get_structure_hook(inner), inner is str

    def hook(value: Any, _: Any) -> Any:
        return None if fields.is_nothing(value) or (value == "" and not keeps_empty) else read(value, inner)

    return hook


def _is_open_enum(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, fields.OpenIntEnum | fields.OpenStrEnum)


def _allows_plain_values(kind: Any) -> bool:
    return get_origin(kind) in (Union, types.UnionType) and any(map(_is_open_enum, get_args(kind)))


def _enum_of_hook(kind: Any, converter: Converter) -> Callable[[Any, Any], Any]:
    """Read ``Metric | int``: users may pass either, but an open enum takes every value."""
    enum = next(filter(_is_open_enum, get_args(kind)))
    return lambda value, _: converter.structure(value, enum)


def is_model(kind: Any) -> bool:
    """Say whether this type is one of our models."""
    return isinstance(kind, type) and issubclass(kind, fields.Model)


def spelling(model: Any) -> dict[str, str]:
    """Return how each field is spelled in JSON."""
    names = {attribute.name: fields.wire_name(attribute) for attribute in attrs.fields(model)}
    return {**names, "extra": EXTRA}


def model_hook(model: Any, converter: Converter, **special: Any) -> Callable[[Any, Any], Any]:
    """Return what reads one object as this model; ``special`` overrides how a field is read."""
    wires = spelling(model)
    hooks = {a.name: a.metadata.get("hook") for a in attrs.fields(model)}
    renamed = {name: override(rename=wire, struct_hook=hooks[name]) for name, wire in wires.items()}
    build = make_dict_structure_fn(model, converter, **{**renamed, **special})
    normalise = Normaliser(model)

    def hook(value: Any, _: Any) -> Any:
        try:
            return build(normalise(value), model)
        except ClassValidationError as failure:
            _name_as_sent(failure, wires)
            raise

    return hook


def _name_as_sent(failure: ClassValidationError, wires: Mapping[str, str]) -> None:
    """Let the notes, and so the JSON path, speak of fields by Optimove's names."""
    for error in failure.exceptions:
        for note in getattr(error, "__notes__", ()):
            if isinstance(note, AttributeValidationNote):
                note.name = wires[note.name]


def _model_unhook(model: Any, converter: Converter) -> Callable[[Any], dict[str, Any]]:
    renamed: dict[str, Any] = {
        name: override(rename=wire, omit_if_default=True) for name, wire in spelling(model).items()
    }
    dump = make_dict_unstructure_fn(model, converter, **renamed)

    def unhook(value: Any) -> dict[str, Any]:
        known = dump(value)
        extra = known.pop(EXTRA, {})
        return {**known, **extra, **known}  # known fields come first and win, also when this is read again

    return unhook


class Normaliser:
    """Renames the keys of an object to the documented ones and gathers the unknown ones.

    All rows of an answer have the same keys, so what to do with a set of keys is worked out once.
    """

    def __init__(self, model: Any) -> None:
        self._shapes: dict[tuple[str, ...], tuple[list[tuple[str, str]], list[str]]] = {}
        self._known = {}
        for attribute in attrs.fields(model):
            wire = fields.wire_name(attribute)
            for name in (*attribute.metadata.get("read", ()), attribute.name, wire):
                self._known[fold(name)] = wire
        del self._known["extra"]

    def __call__(self, item: Any) -> dict[str, Any]:
        """Return the object as the converter wants it."""
        if not isinstance(item, Mapping):
            raise TypeError("not an object")
        known, unknown = self.plan(tuple(item))
        result = {wire: item[key] for key, wire in known}
        if unknown:
            result[EXTRA] = {key: item[key] for key in unknown}
        return result

    def plan(self, shape: tuple[str, ...]) -> tuple[list[tuple[str, str]], list[str]]:
        """Return which key of these is which documented one, and which are unknown."""
        return self._shapes.get(shape) or self._learn(shape)

    def _learn(self, shape: tuple[str, ...]) -> tuple[list[tuple[str, str]], list[str]]:
        taken: dict[str, str] = {}
        unknown = []
        for key in shape:
            wire = self._known.get(fold(key))
            if wire is None or wire in taken:
                unknown.append(key)
            else:
                taken[wire] = key
        if len(self._shapes) >= _SHAPES_KEPT:
            self._shapes.clear()
        plan = [(key, wire) for wire, key in taken.items()], unknown
        if sum(map(len, shape)) <= _SHAPE_LENGTH:
            self._shapes[shape] = plan
        return plan


def misfit(read_again: Callable[[], Any], root: str) -> DecodeError:
    """Return the error for what cannot be read; ``read_again`` reads it so that notes are taken."""
    try:
        read_again()
    except Exception as error:
        reason, _, path = transform_error(error, path=root)[0].partition(" @ ")
        return DecodeError(reason, path=path or root)
    return DecodeError("the answer cannot be read", path=root)
