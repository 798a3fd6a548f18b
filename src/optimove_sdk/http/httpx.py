"""The adapter for httpx: the only module that imports it."""

from __future__ import annotations

import httpx

from .adapter import AsyncAdapter, Library, SyncAdapter


class HttpxTransport(SyncAdapter):
    """The default transport of `Optimove`."""

    library = Library.of(httpx)


class AsyncHttpxTransport(AsyncAdapter):
    """The default transport of `AsyncOptimove`."""

    library = Library.of(httpx)
