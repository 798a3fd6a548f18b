"""Reads the lists of rows that answers are: in a fast way, and with care only if that finds anything odd.

The ways, each tried if the one before it fails: msgspec into twins of the model; orjson, then the standard
library, and compiled functions; the converter, row by row. They give the same rows, and only the last one
says what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, get_origin

import attrs
from cattrs.gen import override

from ..errors import DecodeError
from . import fields
from .attributes import by_name
from .building import is_plain
from .compiler import Compiler, Hook
from .converter import Normaliser, is_model, misfit, model_hook, spelling, the_converter
from .names import snake
from .parsers import Parsers, exact, parse_json
from .rows import Plan, RowReader

if TYPE_CHECKING:
    from .twins import TwinReader


@lru_cache(maxsize=256)
def list_reader(row: Any, names: tuple[str, ...], parsers: Parsers) -> ListReader:
    """Return what reads rows of this type; ``names`` are the customer attributes that were asked for."""
    reader = ListReader(_row_reader(row, names))
    if is_model(row) and is_plain(row):
        attrs.resolve_types(row)
        compiler = Compiler(row, _hooks(row, names), names if issubclass(row, fields.Row) else None)
        reader.compile(row, compiler, _plan(row), parsers)
    return reader


class ListReader:
    """Reads lists of rows of one type; ``careful`` reads one row and takes notes of what is wrong with it."""

    def __init__(self, careful: Callable[[Any], Any]) -> None:
        self.careful = careful
        self.compiled: RowReader | None = None
        self.twins: TwinReader | None = None
        self._fast: list[Callable[[bytes], list[Any]]] = []

    def compile(self, row: type[Any], compiler: Compiler, plan: Plan, parsers: Parsers) -> None:
        """Have fast ways too, those that these parsers allow."""
        self.compiled = RowReader(compiler, plan)
        if "msgspec" in parsers:
            from .twins import TwinReader

            self.twins = TwinReader(row, compiler, plan)
            self._fast.append(self.twins)
        if "orjson" in parsers:
            import orjson

            self._fast.append(lambda body: self._from_usual(orjson.loads(body)))

    def from_bytes(self, body: bytes, first: int = 0) -> list[Any]:
        """Read a JSON array; ``first`` is the number of its first row in the whole answer."""
        for read in self._fast:
            with suppress(Exception):
                return read(body)
        data = parse_json(body)
        if not isinstance(data, list):
            raise DecodeError("expected a list", body=body)
        return self.from_data(data, first)

    def from_data(self, data: list[Any], first: int = 0) -> list[Any]:
        """Read what the standard library parsed."""
        with suppress(Exception):
            return self._from_usual(data)
        return self.one_by_one(data, first)

    def _from_usual(self, data: Any) -> list[Any]:
        """Read what holds nothing that needs care, or raise anything at all."""
        if self.compiled is None or not isinstance(data, list):
            raise TypeError
        rows = self.compiled(data)
        if self.twins:
            self.twins.learn(data)
        return rows

    def one_by_one(self, data: Iterable[Any], first: int = 0) -> list[Any]:
        """Read row by row, and name the first one that does not fit."""
        rows = []
        for number, item in enumerate(data, first):
            try:
                rows.append(self.careful(item))
            except Exception:
                raise misfit(partial(self.careful, item), f"$[{number}]") from None
        return rows


def _hooks(row: Any, names: tuple[str, ...]) -> dict[str, Hook]:
    """Return what reads each field."""
    find = the_converter().get_structure_hook
    hooks: dict[str, Hook] = {a.name: a.metadata.get("hook") or find(a.type) for a in attrs.fields(row)}
    if issubclass(row, fields.Row):
        hooks["attributes"] = partial(by_name, names)
    return {name: partial(_exactly, hook) for name, hook in hooks.items()}


def _exactly(hook: Hook, value: Any, kind: Any) -> Any:
    return hook(exact(value), kind)


def _plan(row: Any) -> Plan:
    names_by_wire = {wire: name for name, wire in spelling(row).items()}
    normaliser = Normaliser(row)

    def plan(shape: tuple[str, ...]) -> tuple[dict[str, str], list[str]]:
        known, unknown = normaliser.plan(shape)
        return {names_by_wire[wire]: key for key, wire in known}, unknown

    return plan


def _row_reader(row: Any, names: tuple[str, ...]) -> Callable[[Any], Any]:
    converter = the_converter(detailed=True)
    if get_origin(row) is Mapping:
        return _snake_keys
    if not (isinstance(row, type) and issubclass(row, fields.Row)):
        return lambda item: converter.structure(item, row)
    attributes = next(a for a in attrs.fields(row) if a.name == "attributes")
    named = override(rename=fields.wire_name(attributes), struct_hook=partial(by_name, names))
    read = model_hook(row, converter, attributes=named)
    return lambda item: read(item, row)


def _snake_keys(item: Any) -> dict[str, Any]:
    """Read a row whose schema is not published: only its keys are made uniform."""
    if not isinstance(item, Mapping):
        raise TypeError("not an object")
    return {snake(key): value for key, value in item.items()}
