"""The adapter for httpx: the only module that imports it."""

from __future__ import annotations

from typing import ClassVar

import httpx

from .adapter import AsyncAdapter, SyncAdapter
from .library import Library


class HttpxTransport(SyncAdapter):
    """The default transport of `Optimove`."""

    library: ClassVar[Library] = Library.of(httpx)


class AsyncHttpxTransport(AsyncAdapter):
    """The default transport of `AsyncOptimove`."""

    library: ClassVar[Library] = Library.of(httpx)
