"""What a publisher tells its user."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import attrs

from ..errors import OptimoveError

Payload: TypeAlias = Mapping[str, Any]


@attrs.frozen
class PublisherStats:
    """A publisher in numbers. ``queued`` and ``oldest_age`` (seconds) are of what is in memory."""

    queued: int
    in_flight: int
    sent: int
    rejected: int
    retried: int
    dropped: int
    oldest_age: float


@attrs.frozen
class FlushReport:
    """How a flush ended: events sent and rejected since the last one, and those that still wait."""

    sent: int
    rejected: int
    pending: int


@attrs.frozen
class Rejection:
    """An event that was given up, and why. ``dead_letter`` is its number in the outbox, if there is one."""

    payload: Payload = attrs.field(repr=False)
    error: OptimoveError
    dead_letter: int | None = None
