"""Optimove spells its keys three ways; here all of them become one.

``CustomerID``, ``customerId`` and ``customer_id`` are the same key. Python sees ``customer_id``; what is sent
is spelled as Optimove documents it, ``CustomerID``.
"""

from __future__ import annotations

import re
from functools import lru_cache

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_ACRONYMS = {"id": "ID", "ids": "IDs", "url": "URL", "pii": "PII"}


def fold(name: str) -> str:
    """Return what is left of a key when case and separators do not count."""
    return "".join(filter(str.isalnum, name)).lower()


@lru_cache(maxsize=1024)
def snake(name: str) -> str:
    """Spell a key as Python would: ``CustomerIDs`` is ``customer_ids``."""
    plain = name.replace("IDs", "Ids").replace(" ", "_").replace("-", "_")
    return _HUMP.sub("_", plain).lower()


def pascal(name: str) -> str:
    """Spell a Python name as Optimove documents its keys: ``customer_id`` is ``CustomerID``."""
    return "".join(_ACRONYMS.get(part, part.capitalize()) for part in name.split("_"))
