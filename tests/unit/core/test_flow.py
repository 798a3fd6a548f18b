"""The two drivers: effects are performed, failures raised inside the flow, and the flow is always closed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest

from optimove_sdk.core.flow import (
    Await,
    Draw,
    Flow,
    Moment,
    Now,
    Send,
    Sleep,
    SystemClock,
    adrive,
    drive,
)
from optimove_sdk.errors import ConnectionFailed
from optimove_sdk.http.base import Request, Response
from support.flows import VirtualClock

REQUEST = Request("GET", "https://x/y")
OK = Response(200)


class Carrier:
    """Both transports in one: answers, raises, or hangs."""

    def __init__(self, *results: Response | BaseException) -> None:
        self.results = list(results)

    def handle_request(self, request: Request) -> Response:
        result = self.results.pop(0)
        if isinstance(result, BaseException):
            raise result
        return result

    async def handle_async_request(self, request: Request) -> Response:
        await asyncio.sleep(0)
        return self.handle_request(request)

    def close(self) -> None: ...
    async def aclose(self) -> None: ...


Driver = Callable[..., Any]


def driven(flow: Flow[Any], carrier: Carrier, clock: Any) -> Any:
    return drive(flow, carrier, clock)


def adriven(flow: Flow[Any], carrier: Carrier, clock: Any) -> Any:
    return asyncio.run(adrive(flow, carrier, clock))


@pytest.fixture(params=[driven, adriven])
def run(request: pytest.FixtureRequest) -> Driver:
    return request.param


def test_every_effect_is_performed(run: Driver) -> None:
    clock = VirtualClock()
    done: Future[None] = Future()
    done.set_result(None)

    def flow() -> Flow[list[Any]]:
        results = []
        for effect in (Send(REQUEST), Sleep(3), Now(), Draw(), Await(done, 5), Await(done, None)):
            results.append((yield effect))
        return results

    assert run(flow(), Carrier(OK), clock) == [OK, None, Moment(1003.0, 1_700_000_003.0), 0.5, None, None]


def test_what_a_send_raises_is_raised_inside_the_flow(run: Driver) -> None:
    def flow() -> Flow[Response]:
        try:
            yield Send(REQUEST)
        except ConnectionFailed:
            return (yield Send(REQUEST))
        raise AssertionError

    assert run(flow(), Carrier(ConnectionFailed("x"), OK), VirtualClock()) == OK


def test_a_flow_that_catches_may_return_at_once(run: Driver) -> None:
    def flow() -> Flow[str]:
        try:
            yield Send(REQUEST)
        except ConnectionFailed:
            return "caught"
        raise AssertionError

    assert run(flow(), Carrier(ConnectionFailed("x")), VirtualClock()) == "caught"


def test_what_a_flow_does_not_catch_goes_to_the_caller(run: Driver) -> None:
    def flow() -> Flow[None]:
        yield Send(REQUEST)

    failure = ConnectionFailed("x")
    with pytest.raises(ConnectionFailed) as caught:
        run(flow(), Carrier(failure), VirtualClock())
    assert caught.value is failure


def test_a_flow_without_effects_just_returns(run: Driver) -> None:
    def flow() -> Flow[int]:
        return 7
        yield Now()

    assert run(flow(), Carrier(), VirtualClock()) == 7


def test_a_flow_is_closed_before_an_interrupt_goes_on() -> None:
    events = []

    def flow() -> Flow[None]:
        try:
            yield Send(REQUEST)
        except Exception:
            events.append("caught as if it were an error")
        finally:
            events.append("closed")

    with pytest.raises(KeyboardInterrupt):
        drive(flow(), Carrier(KeyboardInterrupt()), VirtualClock())
    assert events == ["closed"]


async def test_cancellation_closes_the_flow_and_is_not_swallowed() -> None:
    events = []

    def flow() -> Flow[None]:
        try:
            yield Sleep(3600)
        except GeneratorExit:
            events.append("closed")
            raise
        except BaseException:
            events.append("told of a cancellation it might swallow")

    task = asyncio.create_task(adrive(flow(), Carrier(), SystemClock()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert events == ["closed"]


def wait_for(future: Future[Any], seconds: float | None = 60) -> Flow[str]:
    yield Await(future, seconds)
    return "done" if future.done() else "time is up"


def test_a_wait_ends_when_its_time_is_up(run: Driver) -> None:
    assert run(wait_for(Future(), 0.001), Carrier(), VirtualClock()) == "time is up"


async def test_a_future_wakes_threads_and_loops_alike() -> None:
    future: Future[int] = Future()
    other_loop = asyncio.to_thread(asyncio.run, adrive(wait_for(future), Carrier(), VirtualClock()))
    thread = asyncio.to_thread(drive, wait_for(future), Carrier(), VirtualClock())
    tasks = [asyncio.create_task(waiter) for waiter in (other_loop, thread)]
    tasks.append(asyncio.create_task(adrive(wait_for(future), Carrier(), VirtualClock())))
    await asyncio.sleep(0)
    threading.Thread(target=future.set_result, args=(1,)).start()
    assert await asyncio.gather(*tasks) == ["done"] * 3


async def test_one_waiter_s_cancellation_disturbs_no_other() -> None:
    future: Future[int] = Future()
    tasks = [asyncio.create_task(adrive(wait_for(future), Carrier(), VirtualClock())) for _ in range(3)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    await asyncio.sleep(0)
    assert not future.cancelled()
    future.set_result(1)
    assert await asyncio.gather(*tasks[1:]) == ["done"] * 2
    with pytest.raises(asyncio.CancelledError):
        await tasks[0]


async def test_a_cancellation_in_the_same_instant_as_the_wake_up_is_not_lost() -> None:
    future: Future[int] = Future()
    closed = []

    def flow() -> Flow[None]:
        try:
            yield Await(future, 60)
            yield Sleep(0)
        finally:
            closed.append(True)

    task = asyncio.create_task(adrive(flow(), Carrier(), SystemClock()))
    for _ in range(3):
        await asyncio.sleep(0)
    future.set_result(1)
    await asyncio.sleep(0)  # the event is set, the waiter not yet resumed
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert closed == [True]


def test_a_waiter_whose_loop_is_gone_is_nobody_s_problem() -> None:
    future: Future[int] = Future()
    assert asyncio.run(adrive(wait_for(future, 0.001), Carrier(), VirtualClock())) == "time is up"
    future.set_result(1)
    assert future.result(0) == 1


async def test_the_system_clock_tells_the_time_and_sleeps() -> None:
    clock = SystemClock()
    begin = clock.moment()
    clock.sleep(0.001)
    await clock.async_sleep(0.001)
    end = clock.moment()
    assert end.monotonic - begin.monotonic >= 0.002
    assert end.wall > 1_700_000_000
    assert 0 <= clock.draw() < 1
