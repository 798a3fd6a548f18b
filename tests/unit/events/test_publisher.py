"""Publishers with real threads and tasks, over a transport that is a function."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from collections import defaultdict
from typing import Any
from weakref import WeakSet

import pytest

from optimove_sdk import AsyncOptimove, ConfigurationError, Event, Optimove, Request, Response, forks
from optimove_sdk.events import hush, lifetime
from optimove_sdk.events.desk import Desk
from optimove_sdk.events.outbox import MemoryOutbox
from optimove_sdk.wire import codec
from support.recording import SETTINGS

TAKEN = Response(200, {}, b'{"status":"success"}')


def event(customer: str, number: int = 0) -> Event:
    return Event(event="deposit", customer=customer, context={"number": number})


class Sink:
    """Takes events; ``gate`` holds them up. Knows whether two of one customer were under way at once."""

    def __init__(self) -> None:
        self.got: dict[str, list[int]] = defaultdict(list)
        self.gate = threading.Event()
        self.gate.set()
        self.under_way: list[str] = []
        self.overlaps = 0
        self.most = 0

    @property
    def count(self) -> int:
        return sum(map(len, self.got.values()))

    def handle_request(self, request: Request) -> Response:
        customer, number = self._begin(request)
        self.gate.wait(20)
        return self._end(customer, number)

    async def handle_async_request(self, request: Request) -> Response:
        customer, number = self._begin(request)
        while not self.gate.is_set():
            await asyncio.sleep(0.005)
        await asyncio.sleep(0)
        return self._end(customer, number)

    def _begin(self, request: Request) -> tuple[str, int]:
        payload: Any = codec.parse_json(request.content or b"")
        self.overlaps += payload["customer"] in self.under_way
        self.under_way.append(payload["customer"])
        self.most = max(self.most, len(self.under_way))
        return payload["customer"], payload["context"]["number"]

    def _end(self, customer: str, number: int) -> Response:
        self.under_way.remove(customer)
        self.got[customer].append(number)
        return TAKEN

    def close(self) -> None: ...
    async def aclose(self) -> None: ...


@pytest.fixture
def sink() -> Sink:
    return Sink()


@pytest.fixture
def client(sink: Sink) -> Optimove:
    return Optimove(**SETTINGS, transport=sink)


@pytest.fixture
def async_client(sink: Sink) -> AsyncOptimove:
    return AsyncOptimove(**SETTINGS, transport=sink)


def wait_until(condition: Any) -> None:
    ends = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < ends, "it never came to that"
        time.sleep(0.002)


# Threads


@pytest.mark.parametrize("outbox", [None, MemoryOutbox], ids=["memory", "outbox"])
def test_many_threads_put_and_each_customers_events_stay_in_order(client, sink, outbox) -> None:
    publisher = client.events.publisher(outbox and outbox(), capacity=50)

    def put(name: str) -> None:
        for number in range(100):
            assert publisher.put(event(f"{name}{number % 3}", number))

    threads = [threading.Thread(target=put, args=(name,)) for name in "abcdef"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert publisher.flush(30).pending == 0
    assert (sink.count, sink.overlaps, publisher.stats().sent) == (600, 0, 600)
    assert all(numbers == sorted(numbers) for numbers in sink.got.values())
    publisher.close()


def test_customers_are_served_side_by_side(client, sink) -> None:
    sink.gate.clear()
    with client.events.publisher(concurrency=4) as publisher:
        for number in range(8):
            publisher.put(event(f"c{number}"))
        wait_until(lambda: sink.most == 4)
        assert publisher.stats().in_flight == 4
        sink.gate.set()
    assert (sink.count, sink.most) == (8, 4)


def test_a_publisher_that_nobody_used_starts_no_threads_and_closes_at_once(client) -> None:
    before = threading.active_count()
    publisher = client.events.publisher()
    assert publisher.flush().pending == 0
    assert publisher.close().sent == 0
    assert threading.active_count() == before


def test_a_publisher_with_an_outbox_delivers_what_is_there_when_it_is_flushed(client, sink) -> None:
    outbox = MemoryOutbox()
    outbox.put("c:a", '{"customer":"a","context":{"number":7}}')
    with client.events.publisher(outbox) as publisher:
        assert publisher.flush().sent == 1
    assert sink.got == {"a": [7]}


def test_closing_ends_all_threads(client, sink) -> None:
    publisher = client.events.publisher(MemoryOutbox(), concurrency=5)
    publisher.put(event("a"))
    threads = publisher._threads
    assert len(threads) == 6
    assert all(thread.daemon and thread.name == "optimove-events" for thread in threads)
    publisher.close()
    assert not any(thread.is_alive() for thread in threads)
    with pytest.raises(ConfigurationError, match="closed"):
        publisher.put(event("a"))
    assert publisher.close().pending == 0


def test_closing_waits_no_longer_than_it_may_for_a_request_that_hangs(client, sink) -> None:
    lost: list[int] = []
    sink.gate.clear()
    publisher = client.events.publisher(concurrency=3, on_lost=lost.append)
    for number in range(5):
        publisher.put(event(f"c{number}"))
    started = time.monotonic()
    assert publisher.close(timeout=0.2).pending == 5
    assert time.monotonic() - started < 1.2
    assert lost == [5]
    sink.gate.set()
    for thread in publisher._threads:
        thread.join(5)
    assert publisher.stats().in_flight == 0


def test_only_one_of_many_starts_the_threads(client) -> None:
    publisher = client.events.publisher(concurrency=2)
    barrier = threading.Barrier(8)

    def put(name: str) -> None:
        barrier.wait(5)
        publisher.put(event(name))

    putters = [threading.Thread(target=put, args=(name,)) for name in "abcdefgh"]
    for putter in putters:
        putter.start()
    for putter in putters:
        putter.join()
    assert len(publisher._threads) == 2
    assert publisher.close().sent == 8


def test_threads_that_could_not_be_started_are_started_later(client, monkeypatch) -> None:
    publisher = client.events.publisher(concurrency=3)
    start, left = threading.Thread.start, [None]

    def run_out(thread: threading.Thread) -> None:
        if not left:
            raise RuntimeError("can't start new thread")
        left.pop()
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", run_out)
    with pytest.raises(RuntimeError):
        publisher.put(event("a"))
    monkeypatch.undo()
    publisher.put(event("a"))
    assert len(publisher._threads) == 3
    assert publisher.close().sent == 1


def test_a_callback_may_close_the_publisher(client, sink) -> None:
    closed = threading.Event()

    def close(_: object) -> None:
        publisher.close(timeout=0.1)
        closed.set()

    sink._end = lambda *_: Response(400, {}, b"{}")  # type: ignore[method-assign]
    publisher = client.events.publisher(on_rejected=close)
    publisher.put(event("a"))
    assert closed.wait(5)


def test_at_exit_a_publisher_has_its_budget_and_several_share_the_time(client, sink) -> None:
    lost: list[int] = []
    publishers = [client.events.publisher(on_lost=lost.append, exit_budget=0.3) for _ in range(3)]
    unused = client.events.publisher(exit_budget=0.3)
    sink.gate.clear()
    for publisher in publishers:
        publisher.put(event("a"))
    started = time.monotonic()
    for publisher in publishers:
        publisher.last_words(time.monotonic() - started)
    unused.last_words(0)
    publishers[0].last_words(0)
    assert lost == [1, 1, 1]
    assert time.monotonic() - started < 0.3 + 3 * 0.6
    sink.gate.set()


def test_exiting_and_forking_find_all_who_are_alive_and_nobody_else(client, monkeypatch) -> None:
    class Thing:
        def __init__(self) -> None:
            self.said: list[str] = []

        def start_over(self) -> None:
            self.said.append("fork")

        def last_words(self, elapsed: float) -> None:
            assert elapsed >= 0
            self.said.append("exit")

    for module, name in ((forks, "_FORKABLE"), (lifetime, "_MORTAL")):
        monkeypatch.setattr(module, name, WeakSet())
    alive, dead = Thing(), Thing()
    for thing in (alive, dead):
        forks.survive_forks(thing)
        lifetime.end_with_the_interpreter(thing)
    del dead, thing
    gc.collect()
    forks._in_child()
    lifetime._at_exit()
    assert alive.said == ["fork", "exit"]


def test_where_there_are_no_forks_nothing_is_done_about_them(monkeypatch) -> None:
    monkeypatch.delattr("os.register_at_fork")
    forks.at_fork(before=lambda: None)


def test_a_fork_waits_for_requests_under_way_and_they_for_it() -> None:
    quiet, order = hush.Hush(), []

    def work(name: str) -> None:
        with quiet.busy():
            order.append(name)
            arrived.set()
            time.sleep(0.05)
            order.append(f"{name} ends")

    arrived = threading.Event()
    first = threading.Thread(target=work, args=("first",))
    first.start()
    assert arrived.wait(5)
    quiet.before_fork()
    second = threading.Thread(target=work, args=("second",))
    second.start()
    time.sleep(0.05)
    order.append("fork")
    quiet.after_fork()
    for thread in (first, second):
        thread.join()
    assert order == ["first", "first ends", "fork", "second", "second ends"]


def test_a_fork_does_not_wait_forever_for_a_request_that_hangs(monkeypatch) -> None:
    monkeypatch.setattr(hush, "_PATIENCE", 0.05)
    quiet = hush.Hush()
    with quiet.busy():
        started = time.monotonic()
        quiet.before_fork()
        assert 0.04 < time.monotonic() - started < 1
        quiet.start_over()  # the child
        with quiet.busy():
            pass
        quiet.start_over()
        quiet.before_fork()
        quiet.after_fork()
    hush.HushedTransport(Sink()).close()


def test_a_plan_gives_the_desk_itself(client) -> None:
    assert isinstance(client.plan.events.publisher(), Desk)
    assert callable(type(client.events).publisher)


# Tasks


@pytest.mark.parametrize("outbox", [None, MemoryOutbox], ids=["memory", "outbox"])
async def test_many_tasks_put_and_each_customers_events_stay_in_order(async_client, sink, outbox) -> None:
    async with async_client.events.publisher(outbox and outbox(), capacity=50) as publisher:

        async def put(name: str) -> None:
            for number in range(60):
                assert await publisher.put(event(f"{name}{number % 3}", number))

        await asyncio.gather(*map(put, "abcd"))
        assert (await publisher.flush(30)).pending == 0
        assert publisher.stats().sent == 240
    assert (sink.count, sink.overlaps) == (240, 0)
    assert all(numbers == sorted(numbers) for numbers in sink.got.values())


async def test_a_put_that_waits_for_room_can_be_cancelled(async_client, sink) -> None:
    sink.gate.clear()
    async with async_client.events.publisher(capacity=1, concurrency=1) as publisher:
        await publisher.put(event("a", 1))
        await asyncio.sleep(0.05)
        await publisher.put(event("a", 2))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await publisher.put(event("a", 3))
        sink.gate.set()
        await publisher.put(event("a", 4))
    assert sink.got == {"a": [1, 2, 4]}


async def test_closing_ends_all_tasks(async_client) -> None:
    publisher = async_client.events.publisher(MemoryOutbox(), concurrency=2)
    await publisher.put(event("a"))
    tasks = publisher._tasks
    assert (await publisher.close()).sent == 1
    assert len(tasks) == 3
    assert all(task.done() for task in tasks)
    with pytest.raises(ConfigurationError, match="closed"):
        await publisher.put(event("a"))
    assert (await publisher.close()).pending == 0


async def test_closing_cancels_requests_that_hang(async_client, sink) -> None:
    lost: list[int] = []
    sink.gate.clear()
    publisher = async_client.events.publisher(concurrency=2, on_lost=lost.append)
    for number in range(3):
        await publisher.put(event(f"c{number}"))
    await asyncio.sleep(0.05)
    assert (await publisher.close(timeout=0.1)).pending == 3
    assert lost == [3]
    assert all(task.done() for task in publisher._tasks)


async def test_a_cancelled_close_is_an_end_all_the_same(async_client, sink) -> None:
    lost: list[int] = []
    sink.gate.clear()
    publisher = async_client.events.publisher(concurrency=1, on_lost=lost.append)
    await publisher.put(event("a"))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await publisher.close()
    await asyncio.sleep(0.05)
    assert lost == [1]
    assert all(task.done() for task in publisher._tasks)


def test_a_loop_that_ends_takes_what_was_left_and_says_so(async_client, sink) -> None:
    lost: list[int] = []
    sink.gate.clear()
    publisher = async_client.events.publisher(concurrency=2, on_lost=lost.append)

    async def forget_to_close() -> None:
        for number in range(5):
            await publisher.put(event(f"c{number}"))
        await asyncio.sleep(0.05)

    asyncio.run(forget_to_close())
    assert lost == [5]


def test_a_loop_that_ends_leaves_the_outbox_to_others(async_client, sink) -> None:
    lost: list[int] = []
    sink.gate.clear()
    outbox = MemoryOutbox()
    publisher = async_client.events.publisher(outbox, concurrency=1, on_lost=lost.append)

    async def forget_to_close() -> None:
        await publisher.put(event("a"))
        await publisher.put(event("b"))
        await asyncio.sleep(0.1)

    asyncio.run(forget_to_close())
    assert (lost, outbox.size()) == ([], 2)
    assert outbox.lease("another", 9, time.time(), 30)


def test_a_publisher_belongs_to_one_loop_and_says_so(async_client) -> None:
    publisher = async_client.events.publisher()

    async def publish() -> None:
        await publisher.put(event("a"))
        await publisher.flush()

    asyncio.run(publish())
    for use in (publish, publisher.flush, publisher.close):
        with pytest.raises(ConfigurationError, match="belongs to another event loop"):
            asyncio.run(use())


def test_outside_of_a_loop_there_is_no_publishing(async_client) -> None:
    publisher = async_client.events.publisher()
    putting = publisher.put(event("a"))
    with pytest.raises(RuntimeError, match="no running event loop"):
        putting.send(None)


def test_at_exit_tasks_that_are_no_more_are_reported(async_client, sink) -> None:
    lost: list[int] = []
    publisher = async_client.events.publisher(on_lost=lost.append)
    publisher._desk._board.offer(_entry())
    publisher.last_words(0)
    publisher.last_words(0)
    assert lost == [1]


def test_a_child_has_neither_loop_nor_tasks(async_client) -> None:
    publisher = async_client.events.publisher()

    async def publish() -> None:
        await publisher.put(event("a"))
        await publisher.flush()

    asyncio.run(publish())
    publisher.start_over()
    publisher._desk.start_over()
    asyncio.run(publish())


def _entry() -> Any:
    from optimove_sdk.events.queue import Entry

    return Entry("a", event("a"), 0.0)
