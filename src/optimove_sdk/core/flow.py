"""Effects, and the two drivers that perform them: the only code that exists in two colours.

A flow is a generator that yields what it wants done and receives what came of it. It never sleeps, reads a
clock or touches a socket itself, so the same flow serves threads, event loops and tests in simulated time.
"""

from __future__ import annotations

import asyncio
import random
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator
from concurrent.futures import Future
from concurrent.futures import wait as wait_for_futures
from contextlib import suppress
from typing import Any, Protocol, TypeAlias, TypeVar

import attrs

from ..http.base import AsyncTransport, Request, Response, Transport

T = TypeVar("T")


@attrs.frozen
class Moment:
    """A point in time, on the clock that never jumps and on the one people set. Both in seconds."""

    monotonic: float
    wall: float


@attrs.frozen
class Send:
    """Effect: exchange this request for its `Response`."""

    request: Request


@attrs.frozen
class Sleep:
    """Effect: wait so many seconds."""

    seconds: float


@attrs.frozen
class Now:
    """Effect: the current `Moment`."""


@attrs.frozen
class Draw:
    """Effect: a random number in [0, 1)."""


@attrs.frozen
class Await:
    """Effect: wait until the future is done, or the seconds have passed.

    The future may be completed by any thread or event loop.
    """

    future: Future[Any]
    seconds: float | None


@attrs.frozen
class Spawn:
    """Effect: have this flow performed to its end, whatever becomes of the flow that asks for it.

    Cancelling the asker does not stop it. The future is done when the flow is.
    """

    flow: Flow[None]
    future: Future[Any]


@attrs.frozen
class Offload:
    """Effect: call a function that may block for a moment, as a disk does, and return its result."""

    function: Callable[[], Any]


class Act(ABC):
    """Base of effects that only few flows have, and that know themselves how they are performed."""

    @abstractmethod
    def perform(self, transport: Transport, clock: Clock) -> Any:
        """Do it, blocking."""

    @abstractmethod
    async def perform_async(self, transport: AsyncTransport, clock: Clock) -> Any:
        """Do it on the running event loop."""


Effect: TypeAlias = "Send | Sleep | Now | Draw | Await | Spawn | Offload | Act"
Flow: TypeAlias = Generator[Effect, Any, T]


def send(request: Request) -> Flow[Response]:
    """Yield `Send`, typed."""
    response: Response = yield Send(request)
    return response


_NOW = Now()


def now() -> Flow[Moment]:
    """Yield `Now`, typed."""
    moment: Moment = yield _NOW
    return moment


def offload(function: Callable[[], T]) -> Flow[T]:
    """Yield `Offload`, typed."""
    result: T = yield Offload(function)
    return result


def draw() -> Flow[float]:
    """Yield `Draw`, typed."""
    number: float = yield Draw()
    return number


class Clock(Protocol):
    """Where time and chance come from."""

    def moment(self) -> Moment:
        """Return the current moment."""
        ...

    def draw(self) -> float:
        """Return a random number in [0, 1)."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait, blocking."""
        ...

    async def async_sleep(self, seconds: float) -> None:
        """Wait, letting the event loop go on."""
        ...


class SystemClock:
    """Real time and real chance."""

    def moment(self) -> Moment:
        """Return the current moment."""
        return Moment(time.monotonic(), time.time())

    def draw(self) -> float:
        """Return a random number in [0, 1)."""
        return random.random()

    def sleep(self, seconds: float) -> None:
        """Wait, blocking."""
        time.sleep(seconds)

    async def async_sleep(self, seconds: float) -> None:
        """Wait, letting the event loop go on."""
        await asyncio.sleep(seconds)


def drive(
    flow: Flow[T], transport: Transport, clock: Clock, *, pause: Callable[[float], None] | None = None
) -> T:
    """Perform a flow's effects, blocking. What a send raises is raised inside the flow.

    ``pause`` waits, if the clock shall not; it is called before each request, too, and may raise to end the
    flow.
    """
    try:
        effect = next(flow)
        while True:
            try:
                result = _perform(effect, transport, clock, pause)
            except Exception as error:
                effect = flow.throw(error)
            else:
                effect = flow.send(result)
    except StopIteration as stop:
        value: T = stop.value
        return value
    finally:
        flow.close()


def _perform(
    effect: Effect, transport: Transport, clock: Clock, pause: Callable[[float], None] | None
) -> Any:
    match effect:
        case Send(request):
            if pause is not None:
                pause(0.0)
            return transport.handle_request(request)
        case Sleep(seconds):
            return (pause or clock.sleep)(seconds)
        case Now():
            return clock.moment()
        case Draw():
            return clock.draw()
        case Await(future, seconds):
            wait_for_futures([future], seconds)
            return None
        case Spawn(flow):
            return drive(flow, transport, clock)  # without a pause that may end it
        case Offload(function):
            return function()
        case Act():
            return effect.perform(transport, clock)


async def adrive(flow: Flow[T], transport: AsyncTransport, clock: Clock) -> T:
    """Perform a flow's effects on the running event loop.

    Cancellation closes the flow, so that it can give back what it holds, and goes on to the caller.
    """
    try:
        effect = next(flow)
        while True:
            try:
                result = await _perform_async(effect, transport, clock)
            except Exception as error:
                effect = flow.throw(error)
            else:
                effect = flow.send(result)
    except StopIteration as stop:
        value: T = stop.value
        return value
    finally:
        flow.close()


async def _perform_async(effect: Effect, transport: AsyncTransport, clock: Clock) -> Any:
    match effect:
        case Send(request):
            return await transport.handle_async_request(request)
        case Sleep(seconds):
            return await clock.async_sleep(seconds)
        case Now():
            return clock.moment()
        case Draw():
            return clock.draw()
        case Await(future, seconds):
            return await _wait_on_this_loop(future, seconds)
        case Spawn(flow, future):
            task = asyncio.create_task(adrive(flow, transport, clock))
            future.add_done_callback(lambda _: task)  # the loop itself would let a task be collected
            return None
        case Offload(function):
            return await asyncio.to_thread(function)
        case Act():
            return await effect.perform_async(transport, clock)


async def _wait_on_this_loop(future: Future[Any], seconds: float | None) -> None:
    # Not asyncio.wrap_future: cancelling one waiter would cancel the future for all the others.
    loop = asyncio.get_running_loop()
    done = asyncio.Event()

    def wake(_: Future[Any]) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits there any more
            loop.call_soon_threadsafe(done.set)

    future.add_done_callback(wake)
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):  # not wait_for, which may swallow a cancellation before 3.12
            await done.wait()
