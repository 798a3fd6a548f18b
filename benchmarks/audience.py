"""A whole audience, row by row, against the bound that Optimove's limit of 50 requests in 10 seconds sets.

    python -m benchmarks.audience [--customers 1000000] [--latency 0 0.05 0.3] [--prefetch 0 1 2 3 4]

The server is a process of its own that has its pages ready and answers each request after the latency; the
client is a new process each time, so that its memory can be told. The bound is 0.2 s a page, or without a
limit the time the client computes. Prints a line for each combination.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import attrs

from optimove_sdk.config import Config

from .report import QUICK, Table

PAGE = 10_000
CUSTOMERS = 1_000_000
PREFETCH: int = attrs.fields(Config).prefetch.default
# With the rate limit or without, the server's latency in seconds, and how many pages are fetched ahead.
CASES = [
    (True, 0.0, PREFETCH),
    (True, 0.05, PREFETCH),
    (True, 0.3, PREFETCH),
    (False, 0.0, PREFETCH),
    (False, 0.05, PREFETCH),
    (False, 0.3, PREFETCH),
    (False, 0.3, 0),
]
BOUND = 0.2
"""Seconds for a page at 50 requests in 10 seconds."""


@attrs.frozen
class Figures:
    """What it took: seconds by the clock and of computing, the most memory above import, and requests."""

    customers: int
    latency: float
    limited: bool
    prefetch: int
    asynchronous: bool
    seconds: float
    cpu: float
    megabytes: float

    @property
    def bound(self) -> float:
        """The least number of seconds that is possible."""
        return self.customers / PAGE * BOUND if self.limited else self.cpu


def measure(
    customers: int, latency: float, *, limited: bool, prefetch: int, asynchronous: bool = False
) -> Figures:
    """Iterate an audience in a new process, from a server with this latency."""
    with _serving(customers, latency) as url:
        ours, theirs = multiprocessing.Pipe()
        arguments = (theirs, url, limited, prefetch, asynchronous)
        client = multiprocessing.get_context("spawn").Process(target=_run_client, args=arguments)
        client.start()
        rows, seconds, cpu, megabytes = ours.recv()
        client.join()
    if rows != customers:
        raise RuntimeError(f"{rows} rows came, not {customers}")
    return Figures(customers, latency, limited, prefetch, asynchronous, seconds, cpu, megabytes)


def table(rounds: int = QUICK + 1) -> Table:
    """Return what a loop over a million customers takes; in few rounds, only from the server far away."""
    figures = Table([f"{CUSTOMERS:,} customers", "seconds", "× the bound", "CPU, s", "memory, MB", "aim"])
    for limited, latency, prefetch in CASES if rounds > QUICK else CASES[2:3]:
        run = measure(CUSTOMERS, latency, limited=limited, prefetch=prefetch)
        limit = "50 in 10 s" if limited else "no limit"
        figures.rows.append(
            [
                f"{limit}, {latency * 1000:.0f} ms, prefetch={prefetch}",
                f"{run.seconds:.1f}",
                f"{run.seconds / run.bound:.2f}",
                f"{run.cpu:.1f}",
                f"{run.megabytes:.1f}",
                "≤ 1.05" if limited and prefetch else "",
            ]
        )
    return figures


def _run_client(pipe: Any, url: str, limited: bool, prefetch: int, asynchronous: bool) -> None:
    from optimove_sdk import AsyncOptimove, Optimove, RateLimit

    limit = RateLimit() if limited else None
    settings: dict[str, Any] = {"base_url": url, "api_key": "k", "proxy": "", "rate_limit": limit}
    client = (AsyncOptimove if asynchronous else Optimove)(**settings, prefetch=prefetch)
    audience: Any = client.customers.execution_details(1, 504, attributes=["Alias", "Country"])

    def rows() -> int:
        return sum(1 for _ in audience)

    async def async_rows() -> int:
        return sum([1 async for _ in audience])

    before, begun, cpu = _memory("VmRSS"), time.perf_counter(), time.process_time()
    count = asyncio.run(async_rows()) if asynchronous else rows()
    seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
    pipe.send((count, seconds, cpu, _memory("VmHWM") - before))


def _memory(which: str) -> float:
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith(which))


@contextmanager
def _serving(customers: int, latency: float) -> Iterator[str]:
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(
        target=_run_server, args=(theirs, customers, latency), daemon=True
    )
    server.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        server.terminate()
        server.join()


def _run_server(pipe: Any, customers: int, latency: float) -> None:
    # Two, in turns: the same page twice in a row is an error.
    pages = [_answer(_rows(number, PAGE)) for number in range(2)]

    def answer(top: int, skip: int) -> bytes:
        count = max(0, min(top, customers - skip))
        return pages[skip // PAGE % 2] if count == PAGE else _answer(_rows(0, count))

    class Serving(asyncio.Protocol):
        def connection_made(self, transport: Any) -> None:
            self.transport = transport
            self.request = b""

        def data_received(self, data: bytes) -> None:
            self.request += data
            if self.request.endswith(b"\r\n\r\n"):
                query = parse_qs(urlsplit(self.request.split(b" ", 2)[1].decode()).query)
                ready = answer(int(query["$top"][0]), int(query["$skip"][0]))
                asyncio.get_running_loop().call_later(latency, self.transport.write, ready)
                self.request = b""

    async def serve() -> None:
        server = await asyncio.get_running_loop().create_server(Serving, "127.0.0.1", 0)
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())


def _rows(page: int, count: int) -> list[dict[str, Any]]:
    return [
        {
            "CustomerID": str(200_000_000 + page * PAGE + number),
            "ActionID": number % 400,
            "ChannelID": 504,
            "PromoCode": None if number % 3 == 0 else f"AB{number % 100:02}",
            "TemplateID": number % 50,
            "ScheduleTime": f"2016-08-30 10:{number % 60:02}:00",
            "CustomerAttributes": ["BuddyZZ", "UK"],
        }
        for number in range(count)
    ]


def _answer(rows: list[dict[str, Any]]) -> bytes:
    body = json.dumps(rows, separators=(",", ":")).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--latency", type=float, nargs="+", default=[0.0, 0.05, 0.3])
    parser.add_argument("--prefetch", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--limit", choices=["with", "without", "both"], default="both")
    parser.add_argument("--asynchronous", action="store_true")
    options = parser.parse_args()
    limits = {"with": [True], "without": [False], "both": [False, True]}[options.limit]
    for limited in limits:
        for latency in options.latency:
            for prefetch in options.prefetch:
                figures = measure(
                    options.customers,
                    latency,
                    limited=limited,
                    prefetch=prefetch,
                    asynchronous=options.asynchronous,
                )
                print(
                    f"{'limited' if limited else 'free':7} {latency * 1000:3.0f} ms prefetch {prefetch}:"
                    f" {figures.seconds:6.2f} s, {figures.seconds / figures.bound:5.2f} x bound"
                    f" ({figures.bound:.2f} s), {figures.cpu:.2f} s CPU, {figures.megabytes:.1f} MB",
                    flush=True,
                )


if __name__ == "__main__":
    main()
