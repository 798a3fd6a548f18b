"""What the demo says while it works: one moving line on a terminal, a line for each step elsewhere."""

from __future__ import annotations

import sys
import time
from typing import TextIO


class Progress:
    """Tells how far one client got."""

    def __init__(self, who: str, out: TextIO | None = None) -> None:
        self._who = who
        self._out = out or sys.stderr
        self._moving = False
        self._started = time.monotonic()

    @property
    def elapsed(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self._started

    def step(self, what: str) -> None:
        """Say that something is done."""
        self._clear()
        print(f"{self._who:>13}  {self.elapsed:5.1f} s  {what}", file=self._out, flush=True)

    def moving(self, what: str) -> None:
        """Say where it is, on a terminal only."""
        if self._out.isatty():
            print(f"\r{self._who:>13}  {self.elapsed:5.1f} s  {what}", end="", file=self._out, flush=True)
            self._moving = True

    def _clear(self) -> None:
        if self._moving:
            print("\r\033[K", end="", file=self._out)
            self._moving = False
