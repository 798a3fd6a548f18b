"""Parsers of JSON: the standard library's, and the fast ones of the extra ``speed`` where they are installed.

All give the same values. The standard library has the last word: what a fast parser refuses or would read
otherwise, as numbers that are not one (``NaN``) or have no end, half a character, or another encoding than
UTF-8, it reads.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from typing import Any, TypeAlias

from ..errors import DecodeError

Parsers: TypeAlias = frozenset[str]
"""Names of packages that may be used: msgspec, orjson."""

_DIGITS = bytes(48 if 48 <= byte <= 57 else 32 for byte in range(256))  # each of them a 0, all else blank
_LONG_NUMBER = re.compile(rb"[\[:,\s]-?[0-9]{19}")


@cache
def installed() -> Parsers:
    """Return which fast parsers there are."""
    return frozenset(name for name in ("msgspec", "orjson") if find_spec(name))


def parse_json(body: bytes | str) -> Any:
    """Parse JSON; raise `DecodeError`, never anything else."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        kind = "nested too deeply" if isinstance(error, RecursionError) else "not JSON"
        raise DecodeError(f"the answer is {kind}", body=body if isinstance(body, bytes) else b"") from None


def parse_fast(body: bytes, parsers: Parsers) -> Any:
    """Parse JSON in the fastest of these ways."""
    if "orjson" in parsers and not _has_long_number(body):
        import orjson

        with suppress(orjson.JSONDecodeError):
            return orjson.loads(body)
    return parse_json(body)


def _has_long_number(body: bytes) -> bool:
    """Say whether there may be a whole number of more than 64 bits, of which orjson makes a float."""
    return b"0" * 19 in body.translate(_DIGITS) and _LONG_NUMBER.search(body) is not None
