"""Dealing with an outbox that may fail: a disk can be full, a file locked."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Final

from ..config import RetryPolicy
from ..core.flow import Await, Flow, draw, offload
from .board import Board
from .outbox.base import Outbox
from .queue import Entry

_BACKOFF: Final = RetryPolicy(base=0.2, cap=5.0)
_log = logging.getLogger("optimove_sdk")


def insist(board: Board, action: Callable[[], object]) -> Flow[bool]:
    """Repeat what the outbox is asked to do until it does it; False if the publisher ended before."""
    tries = 0
    while True:
        try:
            yield from offload(action)
        except Exception as error:
            tries += 1
            complain(error, tries)
        else:
            return True
        if board.stopped.done():
            return False
        yield Await(board.stopped, 0.05 + _BACKOFF.pause(tries, (yield from draw())))


def complain(error: Exception, tries: int = 1) -> None:
    """Log that the outbox failed."""
    _log.error("the outbox failed: %s: %s", type(error).__name__, error, extra={"tries": tries})


def give_back(outbox: Outbox, owner: str, entries: Iterable[Entry]) -> None:
    """Let others deliver these; if that fails, they may when the lease ends."""
    ids = [entry.id for entry in entries if entry.id is not None]
    if not ids:
        return
    try:
        outbox.release(owner, ids)
    except Exception as error:
        complain(error)
