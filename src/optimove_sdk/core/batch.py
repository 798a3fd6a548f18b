"""Lists longer than one call may carry: cut, sent in order, and every item's fate told.

A failed chunk neither hides nor stops the others, unless that is asked for.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar

import attrs

from ..errors import BatchFailed, OptimoveError
from .call import Call
from .exchange import Session
from .flow import Flow

Item = TypeVar("Item")


def _none_refused(value: Any) -> Mapping[Any, OptimoveError]:
    return {}


@attrs.frozen
class Chunk(Generic[Item]):
    """As many items as one call may carry, and that call."""

    items: Sequence[Item] = attrs.field(repr=lambda items: f"<{len(items)} items>")
    call: Call[Any]


@attrs.frozen
class Batch(Generic[Item]):
    """What a long list becomes: its calls, not yet performed. Iterate it for the calls.

    ``refused`` finds in a call's value the items that Optimove did not take though it took the call.
    """

    chunks: tuple[Chunk[Item], ...]
    stop_on_error: bool = False
    refused: Callable[[Any], Mapping[Any, OptimoveError]] = attrs.field(default=_none_refused, repr=False)

    def __iter__(self) -> Iterator[Call[Any]]:
        return (chunk.call for chunk in self.chunks)

    def __len__(self) -> int:
        return len(self.chunks)


def batch_of(
    items: Sequence[Item],
    limit: int,
    call: Callable[[Sequence[Item]], Call[Any]],
    *,
    stop_on_error: bool = False,
    refused: Callable[[Any], Mapping[Any, OptimoveError]] = _none_refused,
) -> Batch[Item]:
    """Cut the items by the function's limit per call."""
    parts = (items[start : start + limit] for start in range(0, len(items), limit))
    return Batch(tuple(Chunk(part, call(part)) for part in parts), stop_on_error, refused)


class ItemStatus(enum.Enum):
    """What became of one item."""

    OK = "ok"
    FAILED = "failed"
    """Its chunk failed; the error's ``outcome`` says whether it may have taken effect all the same."""
    SKIPPED = "skipped"
    """It was not sent, because an earlier chunk failed and the batch was told to stop."""


@attrs.frozen
class ItemOutcome(Generic[Item]):
    """One item of the input, what became of it, the error if it failed, and what its call answered."""

    index: int
    item: Item
    status: ItemStatus
    error: OptimoveError | None = None
    value: Any = attrs.field(default=None, repr=False, hash=False)


@attrs.frozen
class BatchResult(Generic[Item]):
    """One outcome for each input item, in the order of the input."""

    outcomes: tuple[ItemOutcome[Item], ...]

    @property
    def ok(self) -> list[ItemOutcome[Item]]:
        """The items that Optimove took."""
        return [outcome for outcome in self.outcomes if outcome.status is ItemStatus.OK]

    @property
    def failed(self) -> list[ItemOutcome[Item]]:
        """The items that failed, and those that were not sent because of it."""
        return [outcome for outcome in self.outcomes if outcome.status is not ItemStatus.OK]

    def raise_for_failed(self) -> None:
        """Raise `BatchFailed` unless all items are ok."""
        if self.failed:
            raise BatchFailed(self)

    def __iter__(self) -> Iterator[ItemOutcome[Item]]:
        return iter(self.outcomes)

    def __len__(self) -> int:
        return len(self.outcomes)


def run_batch(batch: Batch[Item], session: Session) -> Flow[BatchResult[Item]]:
    """Perform the calls of a batch one after another."""
    outcomes: list[ItemOutcome[Item]] = []
    stopped = False
    for chunk in batch.chunks:
        tell = _skipped if stopped else (yield from _sent(chunk.call, batch, session))
        news = [tell(index, item) for index, item in enumerate(chunk.items, len(outcomes))]
        stopped = stopped or (batch.stop_on_error and any(item.error is not None for item in news))
        outcomes += news
    return BatchResult(tuple(outcomes))


def _sent(
    call: Call[Any], batch: Batch[Item], session: Session
) -> Flow[Callable[[int, Item], ItemOutcome[Item]]]:
    """Perform one call, and return what tells each of its items how it fared."""
    value: Any = None
    failure: OptimoveError | None = None
    refused: Mapping[Any, OptimoveError] = {}
    try:
        value = yield from session.value(call)
        refused = batch.refused(value)
    except OptimoveError as error:
        failure = error

    def tell(index: int, item: Item) -> ItemOutcome[Item]:
        error = failure or (refused.get(item) if refused else None)
        return ItemOutcome(index, item, ItemStatus.OK if error is None else ItemStatus.FAILED, error, value)

    return tell


def _skipped(index: int, item: Item) -> ItemOutcome[Item]:
    return ItemOutcome(index, item, ItemStatus.SKIPPED)
