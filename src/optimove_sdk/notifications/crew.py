"""Who does the work: threads for plain functions, a loop in a thread for asynchronous ones under WSGI.

All of it is started by the first that needs it, so that a server may fork before. In a forked child a crew
starts over.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for_futures
from typing import Any, TypeVar

T = TypeVar("T")


class Crew:
    """The threads, the loop and the unfinished work of a listener.

    Args:
        name: what the threads are called.
        threads: how many plain functions run at once.
        room: how much work may be unfinished before answers wait for it.
    """

    def __init__(self, name: str, *, threads: int, room: int) -> None:
        self._name = name
        self._size = threads
        self._room = room
        self._start_over()

    def _start_over(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._pool: ThreadPoolExecutor | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._futures: set[Future[Any]] = set()
        self._tasks: set[asyncio.Future[Any]] = set()

    @property
    def has_room(self) -> bool:
        """Say whether more may be left unfinished."""
        return len(self._tasks) + len(self._futures) < self._room

    def submit(self, function: Callable[..., T], *arguments: Any) -> Future[T]:
        """Have a thread call a function."""
        with self._locked():
            if self._pool is None:
                self._pool = ThreadPoolExecutor(self._size, thread_name_prefix=self._name)
            future = self._pool.submit(function, *arguments)
        return self._watched(future)

    def on_loop(self, awaitable: Awaitable[T]) -> Future[T]:
        """Wait for something on the crew's own loop: the same one always, so clients can be kept open."""

        async def whole() -> T:
            return await awaitable

        with self._locked():
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(
                    target=_live, args=(self._loop,), name=f"{self._name}-loop", daemon=True
                )
                self._thread.start()
            future = asyncio.run_coroutine_threadsafe(whole(), self._loop)
        return self._watched(future)

    def keep(self, task: asyncio.Future[T]) -> asyncio.Future[T]:
        """Hold a task until it is done: the loop itself would let it be collected."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def close(self, timeout: float | None = None) -> None:
        """Wait for the threads and the own loop to finish, at most so many seconds, and end them."""
        wait_for_futures(list(self._futures), timeout)
        with self._locked():
            pool, loop, thread = self._pool, self._loop, self._thread
            self._pool = self._loop = self._thread = None
        if pool is not None:
            pool.shutdown(wait=False, cancel_futures=True)
        if loop is not None and thread is not None:
            loop.call_soon_threadsafe(loop.stop)
            thread.join(timeout)

    async def drain(self, timeout: float | None = None) -> None:
        """Wait for the tasks of the running loop, at most so many seconds; give up what is left."""
        loop = asyncio.get_running_loop()
        tasks = [task for task in self._tasks if task.get_loop() is loop]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=timeout)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _watched(self, future: Future[T]) -> Future[T]:
        self._futures.add(future)
        future.add_done_callback(self._futures.discard)
        return future

    def _locked(self) -> threading.Lock:
        if self._pid != os.getpid():  # the parent's threads are not here
            self._start_over()
        return self._lock


def _live(loop: asyncio.AbstractEventLoop) -> None:
    """Run a loop until it is stopped, and leave nothing of it."""
    try:
        loop.run_forever()
        loop.run_until_complete(_cancel_all())
    finally:
        loop.close()


async def _cancel_all() -> None:
    """End what still runs on this loop, as `asyncio.run` would."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
