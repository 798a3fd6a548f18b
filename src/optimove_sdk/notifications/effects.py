"""What handling a notification needs done, as values, and the two drivers that do it.

How a notification is handled is written once, as a generator that yields these effects. A WSGI server's
thread performs them blocking, an event loop performs them asynchronously.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
from collections.abc import Callable, Generator
from concurrent.futures import Future
from concurrent.futures import wait as wait_for_futures
from typing import Any, Protocol, TypeAlias, TypeVar

import attrs

from .crew import Crew

T = TypeVar("T")


class Outcome(Protocol):
    """What `asyncio.Future` and `concurrent.futures.Future` have in common."""

    def done(self) -> bool:
        """Say whether it is over."""
        ...

    def cancelled(self) -> bool:
        """Say whether it was given up."""
        ...

    def result(self) -> Any:
        """Return what came of it."""
        ...

    def exception(self) -> BaseException | None:
        """Return what went wrong."""
        ...

    def add_done_callback(self, fn: Callable[[Any], object], /) -> None:
        """Have a function called when it is over."""
        ...


@attrs.frozen
class Handle:
    """Effect: call a function of the user's, plain or asynchronous, and wait for it to end."""

    function: Callable[[Any], Any]
    argument: Any


@attrs.frozen
class Within:
    """Effect: the same, but wait only so many seconds. The result is an `Outcome`, perhaps not done yet."""

    function: Callable[[Any], Any]
    argument: Any
    seconds: float


@attrs.frozen
class Offload:
    """Effect: call a function that may block for a moment, as a disk does, and return its result."""

    function: Callable[[], Any]


@attrs.frozen
class Later:
    """Effect: perform this work after the answer."""

    work: Work[Any]


Effect: TypeAlias = Handle | Within | Offload | Later
Work: TypeAlias = Generator[Effect, Any, T]


def offload(function: Callable[[], T]) -> Work[T]:
    """Yield `Offload`, typed."""
    result: T = yield Offload(function)
    return result


def perform(work: Work[T], crew: Crew) -> T:
    """Perform the effects in this thread."""
    try:
        effect = next(work)
        while True:
            try:
                result = _perform(effect, crew)
            except Exception as error:
                effect = work.throw(error)
            else:
                effect = work.send(result)
    except StopIteration as stop:
        value: T = stop.value
        return value
    finally:
        work.close()


def _perform(effect: Effect, crew: Crew) -> Any:
    match effect:
        case Handle(function, argument):
            return _whole(function(argument), crew)
        case Within(function, argument, seconds):
            outcome = _begin(function, argument, crew)
            wait_for_futures([outcome], seconds)
            return outcome
        case Offload(function):
            return function()
        case Later(work):
            return crew.submit(perform, work, crew)


def _whole(result: Any, crew: Crew) -> Any:
    return crew.on_loop(result).result() if inspect.isawaitable(result) else result


def _begin(function: Callable[[Any], Any], argument: Any, crew: Crew) -> Future[Any]:
    return crew.on_loop(function(argument)) if is_async(function) else crew.submit(function, argument)


async def perform_async(work: Work[T], crew: Crew) -> T:
    """Perform the effects on the running event loop; plain functions of the user's run in threads.

    Cancellation closes the work, so that it can say that it was not done.
    """
    try:
        effect = next(work)
        while True:
            try:
                result = await _perform_async(effect, crew)
            except Exception as error:
                effect = work.throw(error)
            else:
                effect = work.send(result)
    except StopIteration as stop:
        value: T = stop.value
        return value
    finally:
        work.close()


async def _perform_async(effect: Effect, crew: Crew) -> Any:
    match effect:
        case Handle(function, argument):
            return await _call(function, argument, crew)
        case Within(function, argument, seconds):
            task = crew.keep(asyncio.ensure_future(_call(function, argument, crew)))
            await asyncio.wait([task], timeout=seconds)
            return task
        case Offload(function):
            return await asyncio.get_running_loop().run_in_executor(None, function)
        case Later(work):
            return crew.keep(asyncio.ensure_future(perform_async(work, crew)))


async def _call(function: Callable[[Any], Any], argument: Any, crew: Crew) -> Any:
    if is_async(function):
        return await function(argument)
    context = contextvars.copy_context()
    submitted = crew.submit(context.run, function, argument)
    result = await asyncio.wrap_future(submitted)
    return await result if inspect.isawaitable(result) else result


def is_async(function: Callable[..., Any]) -> bool:
    """Say whether calling it returns at once, with something to wait for."""
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
        getattr(function, "__call__", None)  # noqa: B004 - an instance may have an asynchronous __call__
    )
