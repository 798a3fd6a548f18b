"""Effects for what is done beside the caller's own work: on a thread each, or in a task each."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextvars import copy_context
from typing import Any, Generic, TypeVar

import attrs

from ..http.base import AsyncTransport, Transport
from .flow import Act, Clock, Flow, adrive, drive

T = TypeVar("T")


@attrs.frozen
class Begin(Act):
    """Effect: have this flow performed from now on. Returns what `Join` and `Stop` take."""

    flow: Flow[Any]

    def perform(self, transport: Transport, clock: Clock) -> Worker[Any]:
        """Begin a thread."""
        return Worker(lambda pause: drive(self.flow, transport, clock, pause=pause))

    async def perform_async(self, transport: AsyncTransport, clock: Clock) -> asyncio.Task[Any]:
        """Begin a task."""
        return asyncio.create_task(adrive(self.flow, transport, clock))


@attrs.frozen
class Join(Act):
    """Effect: wait for what was begun, and return or raise what came of it."""

    begun: Any

    def perform(self, transport: Transport, clock: Clock) -> Any:
        """Wait for the thread."""
        return self.begun.result()

    async def perform_async(self, transport: AsyncTransport, clock: Clock) -> Any:
        """Wait for the task."""
        return await self.begun


@attrs.frozen
class Stop(Act):
    """Effect: end what was begun, done or not."""

    begun: Sequence[Any]

    def perform(self, transport: Transport, clock: Clock) -> None:
        """Tell the threads."""
        for worker in self.begun:
            worker.stop()

    async def perform_async(self, transport: AsyncTransport, clock: Clock) -> None:
        """Cancel the tasks, and wait until they have put away what they held."""
        for task in self.begun:
            task.cancel()
        await asyncio.gather(*self.begun, return_exceptions=True)


class Worker(Generic[T]):
    """Does some work on a thread of its own.

    Told to stop, it wakes from its sleep, and neither sleeps nor sends any more. For a request that is on its
    way nobody waits: it comes home to nobody, gives its connection back, and does not keep the process from
    ending.
    """

    def __init__(self, work: Callable[[Callable[[float], None]], T]) -> None:
        self._work = work
        self._stopped = threading.Event()
        self._future: Future[T] = Future()
        run = copy_context().run  # what traces or logs by context goes on doing so
        threading.Thread(target=run, args=(self._run,), name="optimove-prefetch", daemon=True).start()

    def result(self) -> T:
        """Wait until the work is done, and return or raise what came of it."""
        return self._future.result()

    def stop(self) -> None:
        """Have no more interest in the work."""
        self._stopped.set()

    def _run(self) -> None:
        try:
            result = self._work(self._pause)
        except BaseException as error:
            self._future.set_exception(error)
        else:
            self._future.set_result(result)

    def _pause(self, seconds: float) -> None:
        if self._stopped.wait(seconds):
            raise _Woken


class _Woken(Exception):
    """Ends a flow whose result nobody wants."""
