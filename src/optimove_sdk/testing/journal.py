"""What was asked, and what came of it. The latest requests are kept whole, the others counted."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from typing import Any

import attrs

_KEPT = 10_000


@attrs.frozen
class Received:
    """One request: the operation, what was sent with it, when, and the status it was answered with.

    ``at`` is seconds on the clock's monotonic scale; ``fault`` names what went wrong, if it was arranged.
    """

    operation: str
    method: str
    path: str
    status: int
    at: float
    params: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    json: Any = attrs.field(default=None, repr=False)
    fault: str | None = None


class Journal:
    """All requests, newest last."""

    def __init__(self) -> None:
        self.latest: deque[Received] = deque(maxlen=_KEPT)
        self.operations: Counter[str] = Counter()
        self.statuses: Counter[int] = Counter()

    def note(self, received: Received) -> None:
        """Keep one request."""
        self.latest.append(received)
        self.operations[received.operation] += 1
        self.statuses[received.status] += 1
