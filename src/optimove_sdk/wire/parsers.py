"""Parsers of JSON: the standard library's, and the fast ones of the extra ``speed`` where they are installed.

They give the same values, and the standard library has the last word: it reads what the others refuse, as
``NaN``, half a character, or another encoding than UTF-8, and what they would read otherwise.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.util import find_spec
from typing import Any, TypeAlias

from ..errors import DecodeError

Parsers: TypeAlias = frozenset[str]
"""Names of packages that may be used: msgspec, orjson."""


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


def exact(value: Any) -> Any:
    """Return a value that orjson parsed, unless a whole number of more than 64 bits may be a float in it."""
    if isinstance(value, float) and abs(value) >= 2**63:
        raise ValueError("perhaps no float")
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        exact(item)
    return value
