"""Between JSON and values: all that the rest of the SDK asks of it.

A fast converter reads everything. Only when it fails is the same data read again by a converter that takes
notes, to name the JSON path of the misfit; neither path ever puts a value into an error.
"""

from __future__ import annotations

import json
from typing import Any, Final, TypeVar

from ..config import Secret
from ..errors import InvalidInput
from .converter import misfit, the_converter
from .lists import list_reader
from .parsers import installed
from .parsers import parse_json as parse_json

T = TypeVar("T")


def decode(data: Any, into: type[T]) -> T:
    """Turn parsed JSON into a value of this type; raise `DecodeError` naming the path of the first misfit."""
    try:
        return the_converter().structure(data, into)
    except Exception:
        raise misfit(lambda: the_converter(detailed=True).structure(data, into), "$") from None


def read_rows(body: bytes, row: Any, names: tuple[str, ...] = (), first: int = 0) -> list[Any]:
    """Turn the bytes of a JSON array of objects into rows.

    ``names`` are the customer attributes that were asked for; an error counts rows from ``first``.
    """
    return list_reader(row, names, installed()).from_bytes(body, first)


def decode_rows(data: list[Any], row: Any, names: tuple[str, ...] = ()) -> list[Any]:
    """Turn parsed JSON objects into rows, as `read_rows` does."""
    return list_reader(row, names, installed()).from_data(data)


def encode(value: Any) -> Any:
    """Turn models, dates and enums into what JSON knows, spelled as Optimove documents it."""
    return the_converter().unstructure(value)


def encode_json(value: Any) -> bytes:
    """Serialise once and compactly, so that the bytes can be signed and sent as they are."""
    try:
        return _ENCODER.encode(value).encode()
    except (TypeError, ValueError, RecursionError) as error:
        reason = (
            "a text has half a character" if isinstance(error, UnicodeEncodeError) else type(error).__name__
        )
        raise InvalidInput(f"the body cannot be sent as JSON ({reason})") from None


def _plain(value: object) -> Any:
    """Return what JSON does not know as something that it does."""
    plain = value.reveal() if isinstance(value, Secret) else encode(value)
    if type(plain) is type(value):
        raise TypeError(f"{type(value).__name__} is not JSON")
    return plain


_ENCODER: Final = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=_plain)
