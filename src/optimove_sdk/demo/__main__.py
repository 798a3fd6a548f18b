"""Run the demo and tell how it went; the exit code says whether what was received is right."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from ..errors import ConfigurationError

if TYPE_CHECKING:
    from .connector.report import Line
    from .report import Result

_INTERRUPTED: Final = 130
_FEWEST, _MOST = 20, 1_000
"""Customers in the connector's part. To Netmera each message is a request: more would only take longer."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run both parts, print their tables, and return the exit code."""
    customers = _customers(arguments)
    try:
        clients_are_right = _show_clients(customers)
        connector_is_right = _show_connector(min(max(customers, _FEWEST), _MOST))
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nInterrupted. All that was started is stopped.", file=sys.stderr)
        return _INTERRUPTED
    return 0 if clients_are_right and connector_is_right else 1


def _show_clients(customers: int) -> bool:
    results = _play(customers)
    from .report import is_right, table

    print(table(results), flush=True)
    return is_right(results)


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


def _show_connector(customers: int) -> bool:
    try:
        lines = _play_connector(customers)
    except ConfigurationError as error:
        print(f"The connector's part is left out: {error}", file=sys.stderr)
        return True
    from .connector.report import table

    print(f"\n{table(customers, lines)}")
    return all(line.is_right for line in lines)


def _play_connector(customers: int) -> list[Line]:
    from .connector.play import play
    from .progress import Progress

    return play(customers, Progress("connector"))


def _customers(arguments: Sequence[str] | None) -> int:
    parser = argparse.ArgumentParser(prog="python -m optimove_sdk.demo", description=__doc__)
    parser.add_argument(
        "--customers",
        type=int,
        default=100_000,
        help=f"how many the campaign has; the connector's have no more than {_MOST:,}",
    )
    customers: int = parser.parse_args(arguments).customers
    if customers < 1:
        parser.error("--customers must be at least 1")
    return customers


if __name__ == "__main__":
    sys.exit(main())
