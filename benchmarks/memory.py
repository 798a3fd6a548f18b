"""Memory: what a process grows by while it reads 1,000,000 customers, and what each row of a page takes.

Each is a process of its own. Linux only: elsewhere its peak cannot be told apart from its parent's.
"""

from __future__ import annotations

import json
import subprocess
import sys

from .calls import configured
from .decode import NAMES, STATUS, memory, page, peaks
from .loopback import response, serving
from .report import Table
from .timing import pin

PAGE = 10_000
CUSTOMERS = 1_000_000


def grow(url: str) -> int:
    """Return by how much this process grows, at its peak, from a client that has not been used."""
    from optimove_sdk import Optimove

    with Optimove(**configured(url)) as client:
        rows = client.customers.execution_details(1, 504, attributes=NAMES, max_items=CUSTOMERS)
        before = memory("VmRSS")
        assert sum(1 for _ in rows) == CUSTOMERS
        return memory("VmHWM") - before


def in_a_new_process(url: str) -> int:
    script = [sys.executable, "-m", "benchmarks.memory", url]
    return int(subprocess.run(script, capture_output=True, text=True, check=True).stdout)


def table(rounds: int = 1) -> Table:
    figures = Table(["memory", "peak", "aim"])
    if not STATUS.exists():
        return figures
    rows = json.loads(page(2 * PAGE))  # two pages: a server that answered the same twice would not be paging
    pages = [response(json.dumps(half).encode()) for half in (rows[:PAGE], rows[PAGE:])]
    with serving({"": pages}) as url:
        pin(-1)
        through = in_a_new_process(url)
    figures.rows.append([f"through {CUSTOMERS:,} customers", f"{through / 1e6:.1f} MB", "≤ 40 MB"])
    for way, size in peaks().items():
        aim = "≤ 350 B" if way.endswith("cut") else ""
        figures.rows.append([f"reading rows with {way}", f"{size:.0f} B a row", aim])
    return figures


if __name__ == "__main__":
    print(grow(sys.argv[1]))
