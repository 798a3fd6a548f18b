"""Reads many rows of one model from their bytes with msgspec, which parses them into a twin of the model.

The twin is a Struct with the keys that the server sends. What it sends is learned from a page that was read
in another way: a field of which every value was a plain one of the usual type is declared so, and any other
as whatever comes, for its hook to read. If a row is of another kind, nothing is read: the caller reads the
page in the other way, and the twin learns from that too.
"""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import attrs
import msgspec

from .compiler import Compiler, Reader, Source, plain_kind
from .rows import Plan

_LESSONS = 16
_KEYS = 256
_TEMPLATE = """
def read(body):
    rows = []
    add = rows.append
    for d in decode(body):
        o = new(Builder)
        {fields}
        o.__class__ = Model
        add(o)
    return rows
"""


class TwinReader:
    """Reads rows of one model."""

    def __init__(self, model: type[Any], compiler: Compiler, plan: Plan) -> None:
        self._fields = attrs.fields_dict(model)
        self._compiler = compiler
        self._plan = plan
        self._seen: dict[str, frozenset[type]] = {}
        self._lessons = 0
        self._read: Reader = _nothing_learned

    def __call__(self, body: bytes) -> list[Any]:
        """Return the rows of a JSON array, or raise anything at all."""
        return self._read(body)

    def learn(self, data: Iterable[Mapping[str, Any]]) -> None:
        """See what rows are like, when these could not be read."""
        latest = _kinds_in(data)
        every = {key: latest.get(key, frozenset()) | kinds for key, kinds in self._seen.items()}
        # A field may have two spellings: which one counts differs from row to row, so the latest page does.
        seen = next(filter(self._is_clear, ({**latest, **every}, latest)), self._seen)
        if seen != self._seen and self._lessons < _LESSONS and len(seen) <= _KEYS:
            self._lessons += 1
            self._seen, self._read = seen, self._write(seen)

    def _is_clear(self, keys: Iterable[str]) -> bool:
        """Say whether no two of these keys are the same field."""
        names = [field.name for key in keys if (field := self._field(key))]
        return len(names) == len(set(names))

    def _write(self, seen: Mapping[str, frozenset[type]]) -> Reader:
        slots = [_Slot(f"f{number}", key, self._field(key), seen[key]) for number, key in enumerate(seen)]
        known = {slot.field.name: slot.source for slot in slots if slot.field}
        unknown = [f"({slot.key!r}, d.{slot.name})" for slot in slots if not slot.field]
        extra = f"k: v for k, v in ({', '.join(unknown)},) if v is not UNSET" if unknown else ""
        try:
            twin: Any = _twin(slots)
        except ValueError:  # a key with a quote, a control character or half a character in it
            return _nothing_learned
        decode = msgspec.json.Decoder(list[twin]).decode
        return self._compiler.compile(_TEMPLATE, known, extra, decode=decode, UNSET=msgspec.UNSET)

    def _field(self, key: str) -> attrs.Attribute[Any] | None:
        known, _ = self._plan((key,))
        return self._fields[next(iter(known))] if known else None


@attrs.frozen
class _Slot:
    """Where the twin keeps what is sent under a key; ``kinds`` are the types of all values that were."""

    name: str
    key: str
    field: attrs.Attribute[Any] | None
    kinds: frozenset[type]

    @property
    def source(self) -> Source:
        return Source(f"d.{self.name}", checked=self.type is not Any, absent=self.default is msgspec.UNSET)

    @property
    def type(self) -> Any:
        kind, optional = plain_kind(self.field) if self.field else (None, False)
        sent: Any = str if kind is datetime else kind
        if kind is None or not self.kinds <= {sent, types.NoneType if optional else sent}:
            return Any
        return sent | None if optional else sent

    @property
    def default(self) -> Any:
        """What stands for a key that a row does not have; nothing does if it must have it."""
        if self.field and self.field.default is attrs.NOTHING:
            return msgspec.NODEFAULT
        plain = self.type is not Any and self.field and self.field.default is None
        return None if plain else msgspec.UNSET


def _kinds_in(data: Iterable[Mapping[str, Any]]) -> dict[str, frozenset[type]]:
    """Return of which types the values under each key are."""
    kinds: dict[str, set[type]] = {}
    for row in data:
        for key, value in row.items():
            kinds.setdefault(key, set()).add(value.__class__)
    return {key: frozenset(found) for key, found in kinds.items()}


def _twin(slots: Iterable[_Slot]) -> type[msgspec.Struct]:
    return msgspec.defstruct(
        "Twin",
        [(slot.name, slot.type, msgspec.field(name=slot.key, default=slot.default)) for slot in slots],
        kw_only=True,
        forbid_unknown_fields=True,
        gc=False,
    )


def _nothing_learned(_: bytes) -> list[Any]:
    raise LookupError("what rows are like is not known")
