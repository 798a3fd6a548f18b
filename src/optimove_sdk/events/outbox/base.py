"""Where events are kept until they are delivered, so that a crash loses none.

An outbox hands events out on a lease. Whoever holds the lease delivers and then acknowledges; the events of
a process that died go to another when its lease ends. All leased events of one lane are with one owner, so
that two processes never overtake each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, Protocol

import attrs

LANE_SHARE: Final = 100
"""How many events of one lane an owner may have before others come first. With many leased at once it is a
little more; it keeps a customer who must wait from filling the memory."""


@attrs.frozen
class Stored:
    """An event in an outbox. ``body`` is the JSON that is sent; it holds a customer's id in clear text."""

    id: int
    lane: str = attrs.field(repr=False)
    body: str = attrs.field(repr=False)


@attrs.frozen
class DeadLetter:
    """An event that cannot be delivered, and why. ``at`` is in seconds of the epoch."""

    id: int
    lane: str = attrs.field(repr=False)
    body: str = attrs.field(repr=False)
    reason: str
    at: float


class Outbox(Protocol):
    """Keeps events. Every method may be called from any thread; times are seconds of the epoch."""

    def put(self, lane: str, body: str) -> None:
        """Keep an event. When this returns it is safe."""
        ...

    def lease(self, owner: str, limit: int, now: float, seconds: float) -> Sequence[Stored]:
        """Hand out events in order, to be delivered by ``owner`` within so many seconds.

        None of those that the owner has already, even if that lease has ended.
        """
        ...

    def extend(self, owner: str, now: float, seconds: float) -> None:
        """Prolong all leases of an owner who is still alive."""
        ...

    def acknowledge(self, ids: Iterable[int]) -> None:
        """Forget events that were delivered."""
        ...

    def bury(self, id: int, reason: str, now: float) -> None:  # noqa: A002 - what it is
        """Move an event that cannot be delivered to the dead letters."""
        ...

    def release(self, owner: str, ids: Iterable[int]) -> None:
        """Give back events that an owner has and will not deliver."""
        ...

    def pending(self, owner: str, now: float) -> int:
        """Return how many events wait that are not leased by somebody else."""
        ...

    def size(self) -> int:
        """Return how many events there are, whoever has them."""
        ...

    def dead_letters(self) -> Sequence[DeadLetter]:
        """Return the events that could not be delivered."""
        ...

    def replay(self, ids: Iterable[int] | None = None) -> int:
        """Put dead letters, these or all, back among the living; return how many."""
        ...

    def purge(self, ids: Iterable[int] | None = None) -> int:
        """Delete dead letters, these or all; return how many."""
        ...

    def close(self) -> None:
        """Close what is open."""
        ...
