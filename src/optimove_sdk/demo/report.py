"""How it went, by the records of those who received: the sandbox its requests, the listener its customers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import attrs

from .flow import Run
from .listener import Deliveries
from .stage import Stage


@attrs.frozen
class Result:
    """One column of the table."""

    client: str
    run: Run
    requests: int
    retries: int
    recorded: Deliveries

    @classmethod
    def of(cls, client: str, stage: Stage, perform: Callable[[], Run]) -> Result:
        """Perform a run, and look at what came of it."""
        before = stage.fake.count()
        run = perform()
        received = stage.fake.requests[before:]
        spoiled = sum(1 for request in received if request.fault or request.status >= 400)
        return cls(client, run, len(received), spoiled, stage.recorded(run.campaign_id))


_ROWS: Final[Sequence[tuple[str, Callable[[Result], Any]]]] = (
    ("", lambda result: result.client),
    ("customers", lambda result: f"{result.recorded.customers:,}"),
    ("pages", lambda result: result.run.pages),
    ("requests", lambda result: result.requests),
    ("retries", lambda result: result.retries),
    ("elapsed", lambda result: f"{result.run.elapsed:.1f} s"),
)


def table(results: Sequence[Result]) -> str:
    """Return the table, and the sentence that matters."""
    lines = [f"{name:<10}" + "".join(f"{value(result):>16}" for result in results) for name, value in _ROWS]
    twice = sum(result.recorded.twice for result in results)
    missed = sum(result.recorded.missed for result in results)
    return "\n".join([*lines, "", f"customers sent twice: {twice}, missed: {missed}"])


def is_right(results: Sequence[Result]) -> bool:
    """Say whether every customer was sent to exactly once."""
    return all(result.recorded.twice == result.recorded.missed == 0 for result in results)
