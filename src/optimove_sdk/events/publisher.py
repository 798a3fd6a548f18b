"""Publishers: many events, in the background, each customer's in order.

`Publisher` works with threads, `AsyncPublisher` with tasks of one event loop. Both only run the flows of a
`Desk`, and look after their own birth and end.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any, Concatenate, Final, Generic, ParamSpec, Self, TypeVar, overload

from ..core.endpoint import AnyFace, Async, Described, Plan, Resource, Sync
from ..core.flow import Flow, drive
from ..errors import ConfigurationError
from ..forks import survive_forks
from .desk import Desk
from .hush import HushedTransport
from .lifetime import end_with_the_interpreter
from .reports import FlushReport, PublisherStats

E = TypeVar("E")
T = TypeVar("T")
P = ParamSpec("P")
S = TypeVar("S", bound="Resource[Any]")

_NAME: Final = "optimove-events"
# For requests under way at the end of the time.
_GRACE: Final = 0.5


class Publisher(Generic[E]):
    """Delivers events by worker threads. Safe to use from any thread, and after a fork.

    The threads are started by the first event. At the exit of the interpreter there is a short time to
    deliver what is left; use the publisher as a context manager to wait as long as it takes. A signal that
    kills the process, as SIGTERM does if nobody handles it, leaves no time at all, and neither does
    ``os._exit``, with which children of `multiprocessing` and of Celery end: close the publisher there
    yourself, for Celery at its signal ``worker_process_shutdown``. What is in an outbox is safe in any case.
    """

    def __init__(self, desk: Desk[E], face: Sync) -> None:
        self._desk = desk
        self._face = face
        self.start_over()
        survive_forks(self)
        end_with_the_interpreter(self)

    def start_over(self) -> None:
        """Forget the threads, which a forked child does not have."""
        self._starting = threading.Lock()
        self._started = False
        self._threads: list[threading.Thread] = []

    def put(self, event: E) -> bool:
        """Accept an event, to be delivered in the background; False if it was dropped.

        With an outbox the event is on disk when this returns. When the publisher is full, what happens is
        what ``when_full`` says.
        """
        if not self._started:
            self._start()
        return self._face.run(self._desk.put(event))

    def flush(self, timeout: float | None = None) -> FlushReport:
        """Wait until all events that were put are delivered or rejected, at most so many seconds.

        With an outbox that includes what other processes left behind, but not what they are delivering.
        """
        self._start_for_leftovers()
        return self._face.run(self._desk.flush(timeout))

    def close(self, timeout: float | None = None) -> FlushReport:
        """Accept nothing more, flush, and end the threads.

        What cannot be delivered in time is lost, unless there is an outbox. A request that is under way then
        goes on, but nobody waits for it.
        """
        self._start_for_leftovers()
        ends = None if timeout is None else time.monotonic() + timeout + _GRACE
        report = self._face.run(self._desk.close(timeout))
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(None if ends is None else max(0.0, ends - time.monotonic()))
        return report

    def stats(self) -> PublisherStats:
        """Return the numbers of this moment."""
        return self._desk.stats(self._face.clock.moment().monotonic)

    def last_words(self, elapsed: float) -> None:
        """Deliver what is left while there is time: the interpreter exits."""
        if self._started and not self._desk.stopped:
            self.close(max(0.0, self._desk.policy.exit_budget - elapsed))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start_for_leftovers(self) -> None:
        if self._desk.policy.outbox is not None and not self._desk.stopped:
            self._start()

    def _start(self) -> None:
        with self._starting:
            if self._started or self._desk.stopped:
                return
            for flow in self._desk.flows()[len(self._threads) :]:  # the rest, if the system had no more
                thread = threading.Thread(target=self._perform, args=(flow,), name=_NAME, daemon=True)
                thread.start()
                self._threads.append(thread)
            self._started = True

    def _perform(self, flow: Callable[[], Flow[None]]) -> None:
        drive(flow(), HushedTransport(self._face.transport), self._face.clock)


class AsyncPublisher(Generic[E]):
    """Delivers events by tasks of one event loop, the one that is running when the first event is put.

    Use it as a context manager: a loop that ends takes its tasks with it, and what they had not delivered is
    lost, unless there is an outbox, and reported.
    """

    def __init__(self, desk: Desk[E], face: Async) -> None:
        self._desk = desk
        self._face = face
        self.start_over()
        survive_forks(self)
        end_with_the_interpreter(self)

    def start_over(self) -> None:
        """Forget the loop, which a forked child does not have."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def put(self, event: E) -> bool:
        """Accept an event, to be delivered in the background; False if it was dropped.

        With an outbox the event is on disk when this returns. A cancelled ``put()`` may have succeeded.
        """
        self._start()
        return await self._face.run(self._desk.put(event))

    async def flush(self, timeout: float | None = None) -> FlushReport:
        """Wait until all events that were put are delivered or rejected, at most so many seconds.

        With an outbox that includes what other processes left behind, but not what they are delivering.
        """
        self._start()
        return await self._face.run(self._desk.flush(timeout))

    async def close(self, timeout: float | None = None) -> FlushReport:
        """Accept nothing more, flush, and end the tasks.

        What cannot be delivered in time is lost, unless there is an outbox.
        """
        self._start()
        try:
            report = await self._face.run(self._desk.close(timeout))
            if self._tasks:
                await asyncio.wait(self._tasks, timeout=_GRACE)
        finally:
            for task in self._tasks:
                task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        return report

    def stats(self) -> PublisherStats:
        """Return the numbers of this moment."""
        return self._desk.stats(self._face.clock.moment().monotonic)

    def last_words(self, elapsed: float) -> None:
        """Report what is left: the interpreter exits, and the loop is no more."""
        if not self._desk.stopped:
            self._desk.abandon()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def _start(self) -> None:
        loop = asyncio.get_running_loop()
        if self._loop is not None and self._loop is not loop:
            raise ConfigurationError(
                "this publisher belongs to another event loop: make one in each loop that publishes"
            )
        if not self._tasks and not self._desk.stopped:
            self._loop = loop
            self._tasks = [
                loop.create_task(self._face.run(flow()), name=_NAME) for flow in self._desk.flows()
            ]
            for task in self._tasks:
                task.add_done_callback(self._ended)

    def _ended(self, _: asyncio.Task[None]) -> None:
        if not self._desk.stopped:  # not by us: the loop ends
            self._desk.abandon()


class publishing(Described, Generic[S, P, T]):  # noqa: N801 - a decorator
    """Decorate a method that returns a `Desk`: a `Publisher`, an `AsyncPublisher`, or the desk itself."""

    def __init__(self, fn: Callable[Concatenate[S, P], Desk[T]]) -> None:
        super().__init__(fn)

    @overload
    def __get__(self, obj: None, owner: type) -> Callable[Concatenate[S, P], Desk[T]]: ...
    @overload
    def __get__(self, obj: Resource[Sync], owner: type) -> Callable[P, Publisher[T]]: ...
    @overload
    def __get__(self, obj: Resource[Async], owner: type) -> Callable[P, AsyncPublisher[T]]: ...
    @overload
    def __get__(self, obj: Resource[Plan], owner: type) -> Callable[P, Desk[T]]: ...
    def __get__(self, obj: Any, owner: type) -> Any:
        return self._fn if obj is None else self.bind(obj, _publish)


def _publish(face: AnyFace, desk: Desk[Any]) -> Any:
    if isinstance(face, Sync):
        return Publisher(desk, face)
    return AsyncPublisher(desk, face) if isinstance(face, Async) else desk
