"""How those who wait for something are woken: each has a bell, which is rung once."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from typing import Any, TypeAlias

import attrs

from .queue import Entry

Bell: TypeAlias = "Future[Any]"


@attrs.frozen(eq=False)
class Idle:
    """A worker with nothing to do, and when it looks again by itself."""

    bell: Bell
    until: float | None


@attrs.frozen(eq=False)
class Putter:
    """Somebody who waits for room. The bell tells whether the entry was let in."""

    entry: Entry
    bell: Bell


def ring(bells: Iterable[Bell]) -> None:
    """Wake those who wait. To be called without holding a lock."""
    for bell in bells:
        with suppress(InvalidStateError):  # rung by somebody else
            bell.set_result(True)
