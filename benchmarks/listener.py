"""Notifications per second: the bare ASGI listener, against a Starlette route that only parses the JSON.

Both are served by the same uvicorn worker, a process of its own, in alternating rounds. Every notification
is new, so the listener parses it, looks for a repeat, calls an asynchronous handler, and remembers it; one in
ten is sent twice.

    python -m benchmarks.listener [--seconds 3] [--rounds 5] [--connections 16]
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import multiprocessing
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .report import Table

SECRET = "a-secret-for-the-benchmark"
PATHS = {"listener": f"/{SECRET}", "starlette": "/plain"}


def application() -> Any:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    from optimove_sdk.notifications.listener import Listener
    from optimove_sdk.notifications.models import ChannelExecuted, RealtimeTriggered
    from optimove_sdk.notifications.seen import MemorySeenStore

    listener = Listener(SECRET, seen=MemorySeenStore(max_items=1_000_000))

    @listener.on(ChannelExecuted)
    async def executed(_: ChannelExecuted) -> None: ...

    @listener.on(RealtimeTriggered)
    async def triggered(_: RealtimeTriggered) -> None: ...

    async def plain(request: Request) -> Response:
        await request.json()
        return Response()

    starlette, ours = Starlette(routes=[Route("/plain", plain, methods=["POST"])]), listener.asgi

    async def either(scope: Any, receive: Any, send: Any) -> None:
        await (starlette if scope.get("path") == "/plain" else ours)(scope, receive, send)

    return either


def run_server(pipe: Any) -> None:
    from optimove_sdk.sandbox.server import serve

    with serve(application()) as url:
        pipe.send(url)
        pipe.recv()


def requests(path: str, kind: str, first: int) -> Any:
    """Return an endless stream of requests, each new but for one in ten."""
    for number in itertools.count(first):
        body = json.dumps(payload(kind, number)).encode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: bench\r\nUser-Agent: bench\r\nAccept: */*\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        yield head.encode() + body
        if number % 10 == 0:
            yield head.encode() + body


def payload(kind: str, number: int) -> dict[str, Any]:
    if kind == "scheduled":
        return {
            "EventTypeID": 13,
            "TimeStamp": "2022-09-19 05:04:54",
            "CampaignID": number,
            "ChannelID": 504,
        }
    return {
        "eventTypeID": 11,
        "timeStamp": "2022-09-19 05:04:54",
        "customerID": f"C{number}",
        "campaignID": "AB-12",
        "channelID": 15,
        "templateID": 7,
        "promoCode": ["WB23", "A7"],
        "notes": '{"duration": 3}',
    }


async def drive(url: str, coming: Any, seconds: float, connections: int) -> list[float]:
    """Send as fast as answers come, on so many connections; return how long each took."""
    host, port = url.removeprefix("http://").split(":")
    took: list[float] = []
    ends = time.perf_counter() + seconds

    async def one() -> None:
        reader, writer = await asyncio.open_connection(host, int(port))
        while (began := time.perf_counter()) < ends:
            writer.write(next(coming))
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(head.decode())
            took.append(time.perf_counter() - began)
        writer.close()

    await asyncio.gather(*(one() for _ in range(connections)))
    return took


@contextmanager
def serving() -> Iterator[str]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=run_server, args=(theirs,))
    process.start()
    try:
        yield ours.recv()
    finally:
        ours.send(None)
        process.join(10)


def table(rounds: int = 5, seconds: float = 3.0, connections: int = 16) -> Table:
    """Return requests a second, and how long they took, for both kinds of notification."""
    figures = Table(["notifications", "a second", "× starlette", "median, ms", "99 %, ms"])
    fresh = itertools.count(1, 10_000_000)
    with serving() as url:
        for kind in ("realtime", "scheduled"):
            took: dict[str, list[list[float]]] = {name: [] for name in PATHS}
            for number in range(-1, rounds):  # the first is to warm up
                for name, path in PATHS.items():
                    coming = requests(path, kind, next(fresh))
                    lasts = seconds if number >= 0 else 1.0
                    times = asyncio.run(drive(url, coming, lasts, connections))
                    if number >= 0:
                        took[name].append(times)
            rates = {name: statistics.median(map(len, each)) / seconds for name, each in took.items()}
            for name, each in took.items():
                *_, p99 = statistics.quantiles(itertools.chain(*each), n=100)
                times_starlette = f"{rates[name] / rates['starlette']:.2f}"
                p50 = statistics.median(itertools.chain(*each))
                row = [f"{kind}, {name}", f"{rates[name]:,.0f}", times_starlette]
                figures.rows.append([*row, f"{p50 * 1000:.2f}", f"{p99 * 1000:.2f}"])
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=16)
    options = parser.parse_args()
    print(table(options.rounds, options.seconds, options.connections))


if __name__ == "__main__":
    main()
