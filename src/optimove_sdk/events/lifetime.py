"""What happens to publishers and outboxes when their process forks or exits."""

from __future__ import annotations

import atexit
import os
import time
from collections.abc import Callable
from typing import Any, Final, Protocol
from weakref import WeakSet


class Forkable(Protocol):
    """Something that a forked child must not share with its parent."""

    def start_over(self) -> None:
        """Forget everything, also who holds which lock: in a child nobody does."""
        ...


class Mortal(Protocol):
    """Something that has work left when the interpreter exits."""

    def last_words(self, elapsed: float) -> None:
        """Do what can be done in a short time, of which others have used so many seconds."""
        ...


# Weak, and one hook for all: hooks cannot be taken back.
_FORKABLE: Final[WeakSet[Any]] = WeakSet()
_MORTAL: Final[WeakSet[Any]] = WeakSet()


def survive_forks(thing: Forkable) -> None:
    """Have something start over in each forked child, for as long as it lives."""
    _FORKABLE.add(thing)


def end_with_the_interpreter(thing: Mortal) -> None:
    """Have something say its last words at exit, if it lives until then."""
    _MORTAL.add(thing)


def at_fork(**hooks: Callable[[], object]) -> None:
    """Register hooks, where there are forks."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(**hooks)


def _in_child() -> None:
    for thing in list(_FORKABLE):
        thing.start_over()


def _at_exit() -> None:
    started = time.monotonic()
    for thing in list(_MORTAL):
        thing.last_words(time.monotonic() - started)


at_fork(after_in_child=_in_child)
atexit.register(_at_exit)
