"""What a forked child must not share with its parent: locks, connections, and places in a queue."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Final, Protocol
from weakref import WeakSet


class Forkable(Protocol):
    """Something that a forked child must not share with its parent."""

    def start_over(self) -> None:
        """Forget everything, also who holds which lock: in a child nobody does."""
        ...


# Weak, and one hook for all: hooks cannot be taken back.
_FORKABLE: Final[WeakSet[Any]] = WeakSet()


def survive_forks(thing: Forkable) -> None:
    """Have something start over in each forked child, for as long as it lives."""
    _FORKABLE.add(thing)


def at_fork(**hooks: Callable[[], object]) -> None:
    """Register hooks, where there are forks."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(**hooks)


def _in_child() -> None:
    for thing in list(_FORKABLE):
        thing.start_over()


at_fork(after_in_child=_in_child)
