"""Run a connector, or take a dead worker's work over: ``python -m optimove_sdk.connector``."""

from __future__ import annotations

import argparse
import asyncio
import importlib
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from ..errors import ConfigurationError, OptimoveError

if TYPE_CHECKING:
    from .app import ConnectorApp

_FAILED: Final = 1
_USAGE: Final = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what is asked, and return the exit code."""
    given = _parser().parse_args(arguments)
    try:
        if given.command in ("recover", "retry"):
            return _by_hand(given.command, given.what, given.database)
        connector = _find(given.connector)
        if given.command == "register":
            return _register(connector, given.url)
        return _run(connector, given.host, given.port)
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return _USAGE
    except OptimoveError as error:
        print(error, file=sys.stderr)
        return _FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m optimove_sdk.connector", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="serve a connector")
    run.add_argument("connector", help="where it is, as my_module:connector")
    run.add_argument("--host", default="127.0.0.1")
    run.add_argument("--port", type=int, default=8080)
    register = commands.add_parser("register", help="register the listeners, and publish the templates")
    register.add_argument("connector", help="where it is, as my_module:connector")
    register.add_argument("url", help="where Optimove finds it, without the secret")
    recover = commands.add_parser("recover", help="let the living workers finish a dead one's work")
    recover.add_argument("what", metavar="worker", help="the dead worker; make sure that it is dead")
    retry = commands.add_parser("retry", help="run a flow that ended once more, for what it left undone")
    retry.add_argument("what", metavar="flow", help="its name, as /status shows it")
    for command in (recover, retry):
        command.add_argument("--database", default=os.environ.get("OPTIMOVE_CONNECTOR_DATABASE_URL"))
    return parser


def _find(where: str) -> ConnectorApp:
    from . import ConnectorApp

    module, _, name = where.partition(":")
    sys.path.insert(0, os.getcwd())
    try:
        found = getattr(importlib.import_module(module), name or "connector")
    except (ModuleNotFoundError, AttributeError) as error:
        raise ConfigurationError(f"there is no {where}: {error}") from None
    if not isinstance(found, ConnectorApp):
        raise ConfigurationError(f"{where} is not a ConnectorApp")
    return found


def _run(connector: ConnectorApp, host: str, port: int) -> int:
    import uvicorn

    uvicorn.run(connector, host=host, port=port, access_log=False)
    return 0


def _register(connector: ConnectorApp, url: str) -> int:
    async def perform() -> None:
        try:
            for tenant, registration in (await connector.prepare(url)).items():
                print(f"{tenant}: {registration}")
        finally:
            await connector.kit.close()

    asyncio.run(perform())
    return 0


def _by_hand(command: str, what: str, database_url: str | None) -> int:
    from . import by_hand

    if not database_url:
        raise ConfigurationError("give --database, or set OPTIMOVE_CONNECTOR_DATABASE_URL")
    if command == "recover":
        print(f"{by_hand.recover(database_url, what)} flows and pages of {what} are resumed")
    else:
        print(f"{what} runs again, as {by_hand.retry(database_url, what)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
