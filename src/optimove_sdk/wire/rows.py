"""Reads many rows of one model from parsed JSON: a function is written for each set of keys it meets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from .compiler import Compiler, Reader, Source

Plan: TypeAlias = Callable[[tuple[str, ...]], tuple[Mapping[str, str], Sequence[str]]]
"""Says for a set of keys which field each one is, by field, and which are none."""

_SHAPES_KEPT = 64
_TEMPLATE = """
def read(data):
    rows = []
    add = rows.append
    for d in data:
        if len(d) != size:
            add(other(d))
            continue
        try:
            o = new(Builder)
            {fields}
            o.__class__ = Model
        except KeyError:
            o = other(d)
        add(o)
    return rows
"""


class RowReader:
    """Reads rows of one model."""

    def __init__(self, compiler: Compiler, plan: Plan) -> None:
        self._compiler = compiler
        self._plan = plan
        self._readers: dict[tuple[str, ...], Reader] = {}

    def __call__(self, data: Sequence[Any]) -> list[Any]:
        """Return the rows, or raise anything at all: then the converter knows what is wrong."""
        return self._reader(tuple(data[0]))(data) if data else []

    def _reader(self, shape: tuple[str, ...]) -> Reader:
        reader = self._readers.get(shape)
        if reader is None:
            if len(self._readers) >= _SHAPES_KEPT:
                self._readers.clear()
            reader = self._readers[shape] = self._write(shape)
        return reader

    def _write(self, shape: tuple[str, ...]) -> Reader:
        keys, unknown = self._plan(shape)
        sources = {name: Source(f"d[{key!r}]") for name, key in keys.items()}
        extra = ", ".join(f"{key!r}: d[{key!r}]" for key in unknown)
        return self._compiler.compile(_TEMPLATE, sources, extra, size=len(shape), other=self._one)

    def _one(self, row: Any) -> Any:
        return self._reader(tuple(row))([row])[0]
