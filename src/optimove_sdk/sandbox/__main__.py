"""Run the sandbox: ``python -m optimove_sdk.sandbox --port 8085``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import suppress

from ..errors import ConfigurationError


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until interrupted, and return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        from . import create_app, new_fake
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 2
    import uvicorn

    from .server import configuration

    fake = new_fake(customers=options.customers, seed=options.seed, page_cap=options.page_cap)
    print(
        f"A sandbox of Optimove at http://{options.host}:{options.port}\n"
        f"  API key {fake.api_key}, or {fake.username} with {fake.password}\n"
        f"  tenant {fake.tenant_id}, events token {fake.events_token};"
        " the same URL is that of events, metrics and preferences\n"
        f"  campaign 1 on channel 504 has {options.customers:,} customers; "
        "POST /sandbox/campaigns runs another\n"
        "Ctrl-C ends it.",
        flush=True,
    )
    with suppress(KeyboardInterrupt):
        uvicorn.Server(configuration(create_app(fake), host=options.host, port=options.port)).run()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m optimove_sdk.sandbox", description="A stateful fake of Optimove on a socket."
    )
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on")
    parser.add_argument("--port", type=int, default=8085, help="the port to listen on")
    parser.add_argument("--customers", type=int, default=25_000, help="how many campaign 1 has")
    parser.add_argument("--page-cap", type=int, default=10_000, help="the most rows in one page")
    parser.add_argument("--seed", type=int, default=0, help="of everything that is generated")
    return parser


if __name__ == "__main__":
    sys.exit(main())
