"""Programs that publish, run to their end against a sandbox."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import attrs

from optimove_sdk.sandbox import create_app, new_fake, serve
from optimove_sdk.testing import FakeOptimove

PREAMBLE = """
import os, sys, threading, time
from optimove_sdk import AsyncOptimove, Event, Optimove
from optimove_sdk.events.outbox import SQLiteOutbox
SETTINGS = dict(base_url=sys.argv[1], api_key="sandbox-key", events_url=sys.argv[1], tenant_id=999, proxy="")
client = Optimove(**SETTINGS)
def event(customer, number=0):
    return Event(event="deposit", customer=customer, context={"number": number})
"""


@attrs.frozen
class Stage:
    """A sandbox, and what arrived there."""

    url: str
    fake: FakeOptimove

    @property
    def arrived(self) -> list[tuple[str, int]]:
        return [(event["customer"], event["context"]["number"]) for event in self.fake.events]

    def run(self, program: str, *arguments: object, url: str | None = None, timeout: float = 60) -> str:
        """Run a program to its end, and return what it printed."""
        command = [sys.executable, "-c", PREAMBLE + program, url or self.url, *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


@contextmanager
def staged() -> Iterator[Stage]:
    fake = new_fake()
    with serve(create_app(fake)) as url:
        yield Stage(url, fake)


def wait_until(condition: Callable[[], object], seconds: float = 20) -> None:
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, "it never came to that"
        time.sleep(0.01)
