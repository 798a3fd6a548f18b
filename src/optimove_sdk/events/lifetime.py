"""What happens to publishers when the interpreter exits."""

from __future__ import annotations

import atexit
import time
from typing import Any, Final, Protocol
from weakref import WeakSet


class Mortal(Protocol):
    """Something that has work left when the interpreter exits."""

    def last_words(self, elapsed: float) -> None:
        """Do what can be done in a short time, of which others have used so many seconds."""
        ...


# Weak, and one hook for all: hooks cannot be taken back.
_MORTAL: Final[WeakSet[Any]] = WeakSet()


def end_with_the_interpreter(thing: Mortal) -> None:
    """Have something say its last words at exit, if it lives until then."""
    _MORTAL.add(thing)


def _at_exit() -> None:
    started = time.monotonic()
    for thing in list(_MORTAL):
        thing.last_words(time.monotonic() - started)


atexit.register(_at_exit)
