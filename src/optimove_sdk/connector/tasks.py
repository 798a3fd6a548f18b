"""The flows that run on this worker's loop, so that they can be laid down before DBOS is.

A flow that finds DBOS gone would take that for a failure. A flow whose task is cancelled is left as it is,
and goes on after the next start.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Tasks:
    """Knows the tasks of all flows."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[Any]] = set()
        self._stopping = False

    async def run(self, flow: Coroutine[Any, Any, T]) -> T:
        """Run a flow in the current task; once all are laid down, a new one only waits for its end."""
        task = asyncio.current_task()
        if task is not None:
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        if self._stopping:
            flow.close()
            await asyncio.get_running_loop().create_future()
        return await flow

    async def lay_down(self) -> None:
        """Cancel all flows, and wait until they are."""
        self._stopping = True
        tasks = list(self._running)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
