"""Contenders taking turns: who is timed with whom, on which processor, and what is made of the figures."""

from __future__ import annotations

import gc
import os
import random
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TypeAlias

Run: TypeAlias = Callable[[], object]
Connect: TypeAlias = Callable[[str], AbstractContextManager[Run]]
"""Given the URL of a server, opens a connection and returns what to run."""
Contenders: TypeAlias = Mapping[str, Connect]
"""What to time, by name."""
Seconds: TypeAlias = Mapping[str, list[float]]
"""What a run of each contender took, by name, in each round."""


def pin(place: int) -> None:
    """Keep this process on one processor, where that can be told: 0 is the server's, -1 the client's."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {sorted(os.sched_getaffinity(0))[place]})


@contextmanager
def opened(contenders: Contenders, url: str) -> Iterator[dict[str, Run]]:
    """Open every contender whose library is installed."""
    with ExitStack() as stack:
        runs: dict[str, Run] = {}
        for name, connect in contenders.items():
            try:
                runs[name] = stack.enter_context(connect(url))
            except ModuleNotFoundError as error:
                if error.name and error.name.startswith("optimove_sdk"):
                    raise
                print(f"  {name} is left out: {error}")
        yield runs


def interleaved(
    runs: Mapping[str, Run], *, rounds: int, times: int, clock: Callable[[], float] = time.process_time
) -> Seconds:
    """Return the seconds that one run took, for each round. In each, everybody runs, in another order.

    What one leaves behind is collected before the next begins: nobody pays for another's garbage.
    """
    for run in runs.values():
        repeat(run, times)
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name in random.sample(list(runs), len(runs)):
            gc.collect()
            started = clock()
            repeat(runs[name], times)
            seconds[name].append((clock() - started) / times)
    return seconds


def repeat(run: Run, times: int) -> None:
    for _ in range(times):
        run()


def ratio(ours: list[float], reference: list[float]) -> float:
    """Return the median of the quotients, round by round: what slows a whole round down cancels out."""
    return statistics.median(one / other for one, other in zip(ours, reference, strict=True))
