"""For operators: ``python -m optimove_sdk.events.outbox status|replay|purge FILE``."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from ...errors import ConfigurationError
from .sqlite import SQLiteOutbox


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what was asked for, print what was done as JSON lines, and return the exit code."""
    options = _parser().parse_args(arguments)
    if not Path(options.file).exists():
        print(f"there is no file {options.file}", file=sys.stderr)
        return 2
    try:
        outbox = SQLiteOutbox(options.file)
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 2
    try:
        ids = options.ids or None
        if options.command == "status":
            _status(outbox)
        elif options.command == "replay":
            print(json.dumps({"replayed": outbox.replay(ids)}))
        else:
            print(json.dumps({"purged": outbox.purge(ids)}))
    finally:
        outbox.close()
    return 0


def _status(outbox: SQLiteOutbox) -> None:
    dead = outbox.dead_letters()
    waiting = outbox.pending("", time.time())
    print(json.dumps({"waiting": waiting, "leased": outbox.size() - waiting, "dead": len(dead)}))
    for letter in dead:  # whose events they are is not shown
        print(json.dumps({"id": letter.id, "reason": letter.reason, "at": letter.at}))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m optimove_sdk.events.outbox", description="Look after an outbox file."
    )
    parser.add_argument("command", choices=["status", "replay", "purge"])
    parser.add_argument("file", help="the outbox's file")
    parser.add_argument("ids", nargs="*", type=int, help="dead letters; by default all")
    return parser


if __name__ == "__main__":
    sys.exit(main())
