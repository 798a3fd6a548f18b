"""Lists longer than one call may carry: cut, sent in order, and every item's fate told.

A failed chunk neither hides nor stops the others, unless that is asked for.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, TypeVar

import attrs

from ..errors import BatchFailed, OptimoveError
from .call import Call
from .exchange import Session
from .flow import Flow

I = TypeVar("I")  # noqa: E741 - the item


@attrs.frozen
class Chunk(Generic[I]):
    """As many items as one call may carry, and that call."""

    items: Sequence[I] = attrs.field(repr=lambda items: f"<{len(items)} items>")
    call: Call[Any]


@attrs.frozen
class Batch(Generic[I]):
    """What a long list becomes: its calls, not yet performed. Iterate it for the calls."""

    chunks: tuple[Chunk[I], ...]
    stop_on_error: bool = False

    def __iter__(self) -> Iterator[Call[Any]]:
        return (chunk.call for chunk in self.chunks)

    def __len__(self) -> int:
        return len(self.chunks)


def batch_of(
    items: Sequence[I], limit: int, call: Callable[[Sequence[I]], Call[Any]], *, stop_on_error: bool = False
) -> Batch[I]:
    """Cut the items by the function's limit per call."""
    parts = (items[start : start + limit] for start in range(0, len(items), limit))
    return Batch(tuple(Chunk(part, call(part)) for part in parts), stop_on_error)


class ItemStatus(enum.Enum):
    """What became of one item."""

    OK = "ok"
    FAILED = "failed"
    """Its chunk failed; the error's ``outcome`` says whether it may have taken effect all the same."""
    SKIPPED = "skipped"
    """It was not sent, because an earlier chunk failed and the batch was told to stop."""


@attrs.frozen
class ItemOutcome(Generic[I]):
    """One item of the input, what became of it, and the error if it failed."""

    index: int
    item: I
    status: ItemStatus
    error: OptimoveError | None = None


@attrs.frozen
class BatchResult(Generic[I]):
    """One outcome for each input item, in the order of the input."""

    outcomes: tuple[ItemOutcome[I], ...]

    @property
    def ok(self) -> list[ItemOutcome[I]]:
        """The items that Optimove took."""
        return [outcome for outcome in self.outcomes if outcome.status is ItemStatus.OK]

    @property
    def failed(self) -> list[ItemOutcome[I]]:
        """The items that failed, and those that were not sent because of it."""
        return [outcome for outcome in self.outcomes if outcome.status is not ItemStatus.OK]

    def raise_for_failed(self) -> None:
        """Raise `BatchFailed` unless all items are ok."""
        if self.failed:
            raise BatchFailed(self)

    def __iter__(self) -> Iterator[ItemOutcome[I]]:
        return iter(self.outcomes)

    def __len__(self) -> int:
        return len(self.outcomes)


def run_batch(batch: Batch[I], session: Session) -> Flow[BatchResult[I]]:
    """Perform the calls of a batch one after another."""
    outcomes: list[ItemOutcome[I]] = []
    stopped = False
    for chunk in batch.chunks:
        status, error = ItemStatus.SKIPPED, None
        if not stopped:
            error = yield from _failure(chunk.call, session)
            status = ItemStatus.OK if error is None else ItemStatus.FAILED
        stopped = stopped or (error is not None and batch.stop_on_error)
        start = len(outcomes)
        outcomes += (ItemOutcome(start + i, item, status, error) for i, item in enumerate(chunk.items))
    return BatchResult(tuple(outcomes))


def _failure(call: Call[Any], session: Session) -> Flow[OptimoveError | None]:
    try:
        yield from session.exchange(call)
    except OptimoveError as error:
        return error
    return None
