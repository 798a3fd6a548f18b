"""The customer attributes in a row: sent by position, read by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .fields import is_nothing, to_str


def by_name(names: tuple[str, ...], value: Any, _: Any) -> dict[str, str | None]:
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
    return None if is_nothing(value) else to_str(value)
