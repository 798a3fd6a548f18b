"""Publishers: many events, in the background, each customer's in order.

`Publisher` works with threads, `AsyncPublisher` with tasks of one event loop. Both only run the flows of a
`Desk`, and look after their own birth and end.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
import weakref
from collections.abc import Callable
from typing import Any, Concatenate, Generic, ParamSpec, Self, TypeVar, overload

from ..core.endpoint import AnyFace, Async, Described, Plan, Resource, Sync
from ..core.flow import Flow
from ..errors import ConfigurationError
from .desk import Desk, FlushReport, PublisherStats

E = TypeVar("E")
T = TypeVar("T")
P = ParamSpec("P")
S = TypeVar("S", bound="Resource[Any]")


class Publisher(Generic[E]):
    """Delivers events by worker threads. Safe to use from any thread, and after a fork.

    The threads are started by the first event. At the exit of the interpreter there is a short time to
    deliver what is left; use the publisher as a context manager to wait as long as it takes.
    """

    def __init__(self, desk: Desk[E], face: Sync) -> None:
        self._desk = desk
        self._face = face
        self._start_over()
        _look_after(self)

    def _start_over(self) -> None:
        self._starting = threading.Lock()
        self._threads: list[threading.Thread] = []

    def _after_fork(self) -> None:
        self._start_over()
        self._desk.start_over()

    def put(self, event: E) -> bool:
        """Accept an event, to be delivered in the background; False if it was dropped.

        With an outbox the event is on disk when this returns. When the publisher is full, what happens is
        what ``when_full`` says.
        """
        if not self._threads:
            self._start()
        return self._face.run(self._desk.put(event))

    def flush(self, timeout: float | None = None) -> FlushReport:
        """Wait until all events that were put are delivered or rejected, at most so many seconds.

        With an outbox that includes what other processes left behind, but not what they are delivering.
        """
        self._start()
        return self._face.run(self._desk.flush(timeout))

    def close(self, timeout: float | None = None) -> FlushReport:
        """Flush, and end the threads. What cannot be delivered in time is lost, unless there is an outbox."""
        report = self.flush(timeout) if self._threads or self._desk.policy.outbox else FlushReport(0, 0, 0)
        self._desk.stop()
        self._desk.give_up()
        for thread in self._threads:
            thread.join(timeout)
        self._threads = []
        return report

    def stats(self) -> PublisherStats:
        """Return the numbers of this moment."""
        return self._desk.stats(self._face.clock.moment().monotonic)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start(self) -> None:
        with self._starting:
            if self._threads or self._desk.stopping:
                return
            flows = [self._desk.feed, *[self._desk.work] * self._desk.policy.concurrency]
            self._threads = [
                threading.Thread(target=self._perform, args=(flow,), name="optimove-events", daemon=True)
                for flow in flows
            ]
            for thread in self._threads:
                thread.start()

    def _perform(self, flow: Callable[[], Flow[None]]) -> None:
        self._face.run(flow())

    def _at_exit(self) -> None:
        if self._threads and not self._desk.stopping:
            self.close(self._desk.policy.exit_budget)


class AsyncPublisher(Generic[E]):
    """Delivers events by tasks of one event loop, the one that is running when the first event is put.

    Use it as a context manager: a loop that ends takes its tasks with it, and what they had not delivered.
    """

    def __init__(self, desk: Desk[E], face: Async) -> None:
        self._desk = desk
        self._face = face
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def put(self, event: E) -> bool:
        """Accept an event, to be delivered in the background; False if it was dropped."""
        self._start()
        return await self._face.run(self._desk.put(event))

    async def flush(self, timeout: float | None = None) -> FlushReport:
        """Wait until all events that were put are delivered or rejected, at most so many seconds."""
        self._start()
        return await self._face.run(self._desk.flush(timeout))

    async def close(self, timeout: float | None = None) -> FlushReport:
        """Flush, and end the tasks. What cannot be delivered in time is lost, unless there is an outbox."""
        report = (
            await self.flush(timeout) if self._tasks or self._desk.policy.outbox else FlushReport(0, 0, 0)
        )
        self._desk.stop()
        self._desk.give_up()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=timeout)
            for task in late:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        return report

    def stats(self) -> PublisherStats:
        """Return the numbers of this moment."""
        return self._desk.stats(self._face.clock.moment().monotonic)

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
        if not self._tasks and not self._desk.stopping:
            self._loop = loop
            flows = [self._desk.feed, *[self._desk.work] * self._desk.policy.concurrency]
            self._tasks = [loop.create_task(self._face.run(flow())) for flow in flows]


def _look_after(publisher: Publisher[Any]) -> None:
    """Have a publisher start over in a forked child, and drain at exit, for as long as it lives."""
    reference = weakref.ref(publisher)

    def after_fork() -> None:
        alive = reference()
        if alive is not None:
            alive._after_fork()

    def at_exit() -> None:
        alive = reference()
        if alive is not None:
            alive._at_exit()

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=after_fork)
    atexit.register(at_exit)
    weakref.finalize(publisher, atexit.unregister, at_exit)


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
