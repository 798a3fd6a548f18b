"""What is done beside the caller's own work, and what becomes of it when nobody wants it any more."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future

from optimove_sdk.core.background import Begin, Stop
from optimove_sdk.core.flow import Flow, Offload, Send, Sleep, Spawn, SystemClock, adrive, drive
from optimove_sdk.http.base import Request
from optimove_sdk.testing.fake import FakeOptimove


def shared(begun: threading.Event, ended: Future[None]) -> Flow[None]:
    """Something others wait for, too, such as a Login."""
    yield Offload(begun.set)
    yield Sleep(0.2)
    ended.set_result(None)


def asker(begun: threading.Event, ended: Future[None], gone: threading.Event) -> Flow[None]:
    try:
        yield Spawn(shared(begun, ended), ended)
        yield Sleep(60)
    finally:
        gone.set()


def stopped_at_once(begun: threading.Event, ended: Future[None], gone: threading.Event) -> Flow[None]:
    work = yield Begin(asker(begun, ended, gone))
    yield Offload(lambda: begun.wait(5))
    yield Stop([work])


def test_a_thread_that_is_stopped_brings_what_others_wait_for_to_its_end() -> None:
    begun, gone, ended = threading.Event(), threading.Event(), Future[None]()
    drive(stopped_at_once(begun, ended, gone), FakeOptimove(), SystemClock())
    assert ended.result(5) is None
    assert gone.wait(5)


async def test_a_task_that_is_stopped_leaves_what_others_wait_for_to_its_end() -> None:
    begun, gone, ended = threading.Event(), threading.Event(), Future[None]()
    await adrive(stopped_at_once(begun, ended, gone), FakeOptimove(), SystemClock())
    assert gone.is_set()
    await asyncio.wait_for(asyncio.wrap_future(ended), 5)


def sender(begun: threading.Event, stopped: threading.Event, gone: threading.Event) -> Flow[None]:
    try:
        yield Offload(begun.set)
        yield Offload(lambda: stopped.wait(5))
        yield Send(Request("GET", "https://fake.optimove.test/current/general/GetLastDataUpdate"))
    finally:
        gone.set()


def test_a_thread_that_is_stopped_sends_nothing_any_more() -> None:
    begun, stopped, gone = threading.Event(), threading.Event(), threading.Event()

    def stopping() -> Flow[None]:
        work = yield Begin(sender(begun, stopped, gone))
        yield Offload(lambda: begun.wait(5))
        yield Stop([work])
        stopped.set()

    fake = FakeOptimove()
    drive(stopping(), fake, SystemClock())
    assert gone.wait(5)
    assert fake.count() == 0
