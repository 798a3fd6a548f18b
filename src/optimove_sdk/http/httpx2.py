"""The adapter for httpx2, httpx's maintained continuation: the only module that imports it.

Install it with the extra ``[httpx2]``, and pass ``transport=Httpx2Transport()``.
"""

from __future__ import annotations

from typing import ClassVar

import httpx2

from .adapter import AsyncAdapter, SyncAdapter
from .library import Library


class Httpx2Transport(SyncAdapter):
    """A transport for `Optimove`, over httpx2."""

    library: ClassVar[Library] = Library.of(httpx2)


class AsyncHttpx2Transport(AsyncAdapter):
    """A transport for `AsyncOptimove`, over httpx2."""

    library: ClassVar[Library] = Library.of(httpx2)
