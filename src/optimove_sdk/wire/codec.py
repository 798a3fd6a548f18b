"""The one converter between JSON and models, built on first use.

A fast converter reads everything. Only when it fails is the same data read again by a converter that takes
notes, to name the JSON path of the misfit; neither path ever puts a value into an error.
"""

from __future__ import annotations

import json
import operator
import types
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import cache, lru_cache, partial, reduce
from typing import Any, TypeVar, Union, get_args, get_origin

import attrs
from cattrs import AttributeValidationNote, ClassValidationError, Converter, transform_error
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from ..config import Secret
from ..errors import DecodeError, InvalidInput
from . import fields
from .names import fold, snake
from .rows import RowReader

T = TypeVar("T")
R = TypeVar("R", bound=fields.Row)

# Where unknown fields travel between a JSON object and Model.extra: no JSON key of Optimove's looks so.
_EXTRA = "*"
_SHAPES_KEPT = 512
_SHAPE_LENGTH = 4096  # characters; longer ones come from nobody whose next message looks the same


def decode(data: Any, into: type[T]) -> T:
    """Turn parsed JSON into a value of this type; raise `DecodeError` naming the path of the first misfit."""
    try:
        return _converter().structure(data, into)
    except Exception:
        raise _misfit(lambda: _converter(detailed=True).structure(data, into), "$") from None


def decode_rows(data: Sequence[Any], row: Any, names: tuple[str, ...] = ()) -> list[Any]:
    """Turn parsed JSON objects into rows; ``names`` are the customer attributes that were asked for."""
    try:
        return _rows_reader(row, names)(data)
    except Exception:
        return _one_by_one(data, _row_reader(row, names))


def encode(value: Any) -> Any:
    """Turn models, dates and enums into what JSON knows, spelled as Optimove documents it."""
    return _converter().unstructure(value)


def parse_json(body: bytes | str) -> Any:
    """Parse JSON; raise `DecodeError`, never anything else."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        kind = "nested too deeply" if isinstance(error, RecursionError) else "not JSON"
        raise DecodeError(f"the answer is {kind}", body=body if isinstance(body, bytes) else b"") from None


def encode_json(value: Any) -> bytes:
    """Serialise once and compactly, so that the bytes can be signed and sent as they are."""
    try:
        text = json.dumps(
            encode(value), separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=_reveal
        )
        return text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        reason = (
            "a text has half a character" if isinstance(error, UnicodeEncodeError) else type(error).__name__
        )
        raise InvalidInput(f"the body cannot be sent as JSON ({reason})") from None


def _reveal(value: object) -> str:
    if isinstance(value, Secret):
        return value.reveal()
    raise TypeError(f"{type(value).__name__} is not JSON")


@cache
def _converter(*, detailed: bool = False) -> Converter:
    converter = Converter(detailed_validation=detailed)
    for kind, read in _READERS.items():  # by class: cattrs' own hooks for these come before any predicate
        converter.register_structure_hook(kind, partial(_as, kind, read))
    converter.register_structure_hook_factory(_is_tuple, _tuple_hook)
    converter.register_structure_hook_func(lambda t: t == tuple[str, ...], fields.to_strings)
    converter.register_structure_hook_func(lambda t: t == int | str, _int_or_str)
    converter.register_structure_hook_factory(_allows_plain_values, _enum_of_hook)
    converter.register_structure_hook_factory(_is_optional, _optional_hook)
    converter.register_structure_hook_factory(_is_model, _model_hook)
    converter.register_unstructure_hook_factory(_is_model, _model_unhook)
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


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, fields.Model)


def _spelling(model: Any) -> dict[str, str]:
    """Return how each field is spelled in JSON."""
    names = {attribute.name: fields.wire_name(attribute) for attribute in attrs.fields(model)}
    return {**names, "extra": _EXTRA}


def _model_hook(model: Any, converter: Converter, **special: Any) -> Callable[[Any, Any], Any]:
    spelling = _spelling(model)
    hooks = {a.name: a.metadata.get("hook") for a in attrs.fields(model)}
    renamed = {name: override(rename=wire, struct_hook=hooks[name]) for name, wire in spelling.items()}
    build = make_dict_structure_fn(model, converter, **{**renamed, **special})
    normalise = _Normaliser(model)

    def hook(value: Any, _: Any) -> Any:
        try:
            return build(normalise(value), model)
        except ClassValidationError as failure:
            _name_as_sent(failure, spelling)
            raise

    return hook


def _name_as_sent(failure: ClassValidationError, spelling: Mapping[str, str]) -> None:
    """Let the notes, and so the JSON path, speak of fields by Optimove's names."""
    for error in failure.exceptions:
        for note in getattr(error, "__notes__", ()):
            if isinstance(note, AttributeValidationNote):
                note.name = spelling[note.name]


def _model_unhook(model: Any, converter: Converter) -> Callable[[Any], dict[str, Any]]:
    renamed: dict[str, Any] = {
        name: override(rename=wire, omit_if_default=True) for name, wire in _spelling(model).items()
    }
    dump = make_dict_unstructure_fn(model, converter, **renamed)

    def unhook(value: Any) -> dict[str, Any]:
        known = dump(value)
        extra = known.pop(_EXTRA, {})
        return {**known, **extra, **known}  # known fields come first and win, also when this is read again

    return unhook


class _Normaliser:
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
        if not isinstance(item, Mapping):
            raise TypeError("not an object")
        known, unknown = self.plan(tuple(item))
        result = {wire: item[key] for key, wire in known}
        if unknown:
            result[_EXTRA] = {key: item[key] for key in unknown}
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


@lru_cache(maxsize=256)
def _rows_reader(row: Any, names: tuple[str, ...]) -> Callable[[Sequence[Any]], list[Any]]:
    """Return what reads well-formed rows fast."""
    if not _is_model(row):
        read = _row_reader(row, names)
        return lambda data: [read(item) for item in data]
    attrs.resolve_types(row)
    hooks = {
        a.name: a.metadata.get("hook") or _converter().get_structure_hook(a.type) for a in attrs.fields(row)
    }
    if issubclass(row, fields.Row):
        hooks["attributes"] = partial(_by_name, names)
    names_by_wire = {wire: name for name, wire in _spelling(row).items()}
    normaliser = _Normaliser(row)

    def plan(shape: tuple[str, ...]) -> tuple[dict[str, str], list[str]]:
        known, unknown = normaliser.plan(shape)
        return {names_by_wire[wire]: key for key, wire in known}, unknown

    return RowReader(row, hooks, plan, names)


@lru_cache(maxsize=256)
def _row_reader(row: Any, names: tuple[str, ...]) -> Callable[[Any], Any]:
    """Return what reads one row and takes notes of what is wrong with it."""
    converter = _converter(detailed=True)
    if get_origin(row) is Mapping:
        return _snake_keys
    if not (isinstance(row, type) and issubclass(row, fields.Row)):
        return lambda item: converter.structure(item, row)
    attributes = next(a for a in attrs.fields(row) if a.name == "attributes")
    by_name = override(rename=fields.wire_name(attributes), struct_hook=partial(_by_name, names))
    read = _model_hook(row, converter, attributes=by_name)
    return lambda item: read(item, row)


def _snake_keys(item: Any) -> dict[str, Any]:
    """Read a row whose schema is not published: only its keys are made uniform."""
    if not isinstance(item, Mapping):
        raise TypeError("not an object")
    return {snake(key): value for key, value in item.items()}


def _by_name(names: tuple[str, ...], value: Any, _: Any) -> dict[str, str | None]:
    """Give the positional attribute values their names; old servers send one delimited string."""
    if isinstance(value, Mapping):
        return dict(value)
    values = _split(value, len(names)) if isinstance(value, str) else value or ()
    if values and len(values) != len(names):
        raise ValueError("not as many attributes as were asked for")
    return {name: _attribute(part) for name, part in zip(names, values, strict=bool(values))}


def _split(text: str, count: int) -> list[str]:
    if count == 1:
        return [text]
    if text in ("", "NULL"):
        return []
    return next((parts for mark in ";," if len(parts := text.split(mark)) == count), [text])


def _attribute(value: Any) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    return None if fields.is_nothing(value) else fields.to_str(value)


def _one_by_one(data: Sequence[Any], read: Callable[[Any], Any]) -> list[Any]:
    """Read row by row, to find the first one that does not fit."""
    rows = []
    for index, item in enumerate(data):
        try:
            rows.append(read(item))
        except Exception:
            raise _misfit(partial(read, item), f"$[{index}]") from None
    return rows


def _misfit(read_again: Callable[[], Any], root: str) -> DecodeError:
    try:
        read_again()
    except Exception as error:
        reason, _, path = transform_error(error, path=root)[0].partition(" @ ")
        return DecodeError(reason, path=path or root)
    return DecodeError("the answer cannot be read", path=root)
