"""A time limit that costs nothing when there is nothing to wait for.

Nearly every body is there when the application is called. To set a timer for each, only to cancel it, would
take as long as half the parsing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Generator
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class InTime(Generic[T]):
    """Waits for a coroutine, at most so many seconds; then raises `TimeoutError`."""

    def __init__(self, coroutine: Coroutine[Any, Any, T], seconds: float) -> None:
        self._coroutine = coroutine
        self._seconds = seconds

    def __await__(self) -> Generator[Any, Any, T]:
        try:
            waits_for = self._coroutine.send(None)
        except StopIteration as stop:
            value: T = stop.value
            return value
        return (yield from self._rest(waits_for).__await__())

    async def _rest(self, waits_for: Any) -> T:
        async with asyncio.timeout(self._seconds):
            return await _Begun(self._coroutine, waits_for)


class _Begun(Generic[T]):
    """The rest of a coroutine that waits for something already."""

    def __init__(self, coroutine: Coroutine[Any, Any, T], waits_for: Any) -> None:
        self._coroutine = coroutine
        self._waits_for = waits_for

    def __await__(self) -> Generator[Any, Any, T]:
        waits_for = self._waits_for
        try:
            while True:
                try:
                    sent = yield waits_for
                except BaseException as error:
                    waits_for = self._coroutine.throw(error)
                else:
                    waits_for = self._coroutine.send(sent)
        except StopIteration as stop:
            value: T = stop.value
            return value
        finally:
            self._coroutine.close()
