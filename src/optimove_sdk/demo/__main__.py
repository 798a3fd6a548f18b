"""Run the demo and tell how it went; the exit code says whether every customer was sent exactly once."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from ..errors import ConfigurationError

if TYPE_CHECKING:
    from .report import Result

_INTERRUPTED: Final = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run both clients, print the table, and return the exit code."""
    customers = _customers(arguments)
    try:
        results = _play(customers)
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nInterrupted. Both servers are stopped.", file=sys.stderr)
        return _INTERRUPTED
    from .report import is_right, table

    print(table(results))
    return 0 if is_right(results) else 1


def _play(customers: int) -> list[Result]:
    from .flow import asynchronous, blocking
    from .progress import Progress
    from .report import Result
    from .stage import set_up

    with set_up(customers) as stage:
        return [
            Result.of("Optimove", stage, lambda: blocking(stage, Progress("Optimove"))),
            Result.of(
                "AsyncOptimove", stage, lambda: asyncio.run(asynchronous(stage, Progress("AsyncOptimove")))
            ),
        ]


def _customers(arguments: Sequence[str] | None) -> int:
    parser = argparse.ArgumentParser(prog="python -m optimove_sdk.demo", description=__doc__)
    parser.add_argument("--customers", type=int, default=100_000, help="how many the campaign has")
    customers: int = parser.parse_args(arguments).customers
    if customers < 1:
        parser.error("--customers must be at least 1")
    return customers


if __name__ == "__main__":
    sys.exit(main())
