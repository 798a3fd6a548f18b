"""Events: the publisher against bare loops that send the same bytes, and the cost of put() against peers.

    python -m benchmarks.events [--events 2000] [--rounds 5]

The receiver is a process of its own on loopback. Contenders take turns within each round; figures are medians
of the rounds: events a second, and the CPU microseconds an event costs this process. posthog and
segment-analytics-python are compared if they are installed.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import json
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpcore
import httpx

from optimove_sdk import Event, Optimove, SQLiteOutbox
from optimove_sdk.config import Secret
from optimove_sdk.events.signing import signature

from .loopback import response, serving
from .report import Table

TOKEN = "benchmark-token"
ANSWERS = {"": [response(b'{"status":"success","message":"1147206418897270"}')]}
CUSTOMERS = 1_000


@contextmanager
def served() -> Iterator[str]:
    with serving(ANSWERS) as url:
        yield f"{url}/v2/reportServer"


def event(number: int) -> Event:
    return Event(
        event="deposit", customer=f"C{number % CUSTOMERS}", context={"amount": number, "currency": "EUR"}
    )


def prepared(count: int) -> list[tuple[bytes, dict[str, str]]]:
    """Return the bytes and headers of so many events, ready to send."""
    bodies = [json.dumps(event(n).payload(999), separators=(",", ":")).encode() for n in range(count)]
    return [
        (
            body,
            {
                "Content-Type": "application/json",
                "X-Optimove-Signature-Version": "1",
                "X-Optimove-Signature-Content": signature(body, Secret(TOKEN)),
            },
        )
        for body in bodies
    ]


def in_threads(count: int, work: Callable[[Iterator[Any]], None], items: list[Any]) -> None:
    shared = iter(items)
    lock = threading.Lock()

    def mine() -> Iterator[Any]:
        while True:
            with lock:
                item = next(shared, None)
            if item is None:
                return
            yield item

    threads = [threading.Thread(target=work, args=(mine(),)) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def bare_http_client(url: str, count: int, flights: int) -> None:
    parts = urlsplit(url)

    def work(items: Iterator[Any]) -> None:
        with closing(http.client.HTTPConnection(parts.hostname or "", parts.port)) as connection:
            for body, headers in items:
                connection.request("POST", parts.path, body, headers)
                json.loads(connection.getresponse().read())

    in_threads(flights, work, prepared(count))


def bare_httpcore(url: str, count: int, flights: int) -> None:
    with httpcore.ConnectionPool(max_connections=flights) as pool:

        def work(items: Iterator[Any]) -> None:
            for body, headers in items:
                json.loads(pool.request("POST", url, content=body, headers=list(headers.items())).content)

        in_threads(flights, work, prepared(count))


def bare_httpx(url: str, count: int, flights: int) -> None:
    limits = httpx.Limits(max_connections=flights, max_keepalive_connections=flights)
    with httpx.Client(limits=limits, trust_env=False) as client:

        def work(items: Iterator[Any]) -> None:
            for body, headers in items:
                client.post(url, content=body, headers=headers).json()

        in_threads(flights, work, prepared(count))


def publisher_in_memory(url: str, count: int, flights: int) -> None:
    publish(url, count, flights, outbox=None)


def publisher_with_sqlite(url: str, count: int, flights: int) -> None:
    with tempfile.TemporaryDirectory() as folder, closing(SQLiteOutbox(Path(folder) / "o.db")) as outbox:
        publish(url, count, flights, outbox=outbox)


def publish(url: str, count: int, flights: int, outbox: SQLiteOutbox | None) -> None:
    with Optimove(
        tenant_id=999, events_url=url, events_token=TOKEN, max_connections=flights, proxy=""
    ) as client:
        with client.events.publisher(outbox, concurrency=flights, capacity=count) as publisher:
            for number in range(count):
                publisher.put(event(number))
            report = publisher.flush()
        assert report.sent == count, report


FLIGHTS = (1, 8, 64)
CONTENDERS = (bare_http_client, bare_httpcore, bare_httpx, publisher_in_memory, publisher_with_sqlite)


def throughput(url: str, count: int, rounds: int) -> Table:
    results: dict[tuple[str, int], list[tuple[float, float]]] = {}
    for _, flights, run in itertools.product(range(rounds), FLIGHTS, CONTENDERS):
        wall, cpu = time.perf_counter(), time.process_time()
        run(url, count, flights)
        figures = count / (time.perf_counter() - wall), (time.process_time() - cpu) / count * 1e6
        results.setdefault((run.__name__, flights), []).append(figures)
    medians = {
        key: tuple(statistics.median(figure[i] for figure in figures) for i in (0, 1))
        for key, figures in results.items()
    }
    head = [part for n in FLIGHTS for part in (f"{n} in flight", "× httpx", "CPU µs")]
    table = Table(["events a second", *head])
    for run in CONTENDERS:
        cells = [cell for n in FLIGHTS for cell in _cells(medians[run.__name__, n], medians["bare_httpx", n])]
        table.rows.append([run.__name__.replace("_", " "), *cells])
    return table


def _cells(ours: tuple[float, ...], httpx: tuple[float, ...]) -> tuple[str, str, str]:
    return f"{ours[0]:,.0f}", f"{ours[0] / httpx[0]:.2f}", f"{ours[1]:,.0f}"


def put_costs(url: str, count: int, rounds: int) -> Table:
    results: dict[str, list[float]] = {}
    for _ in range(rounds):
        for name, seconds in (*ours(url, count), *posthog(count), *segment(count)):
            results.setdefault(name, []).append(seconds / count * 1e6)
    medians = {name: statistics.median(figures) for name, figures in results.items()}
    return Table(["put()", "CPU µs in the caller"], [[name, f"{took:.1f}"] for name, took in medians.items()])


def caller_time(put: Callable[[int], Any], count: int) -> float:
    started = time.thread_time()
    for number in range(count):
        put(number)
    return time.thread_time() - started


def ours(url: str, count: int) -> Iterator[tuple[str, float]]:
    events = [event(number) for number in range(count)]
    with Optimove(tenant_id=999, events_url=url, events_token=TOKEN, proxy="") as client:
        with client.events.publisher(capacity=count) as publisher:
            yield "optimove_sdk, event made before", caller_time(lambda n: publisher.put(events[n]), count)
        with client.events.publisher(capacity=count) as publisher:
            yield (
                "optimove_sdk, event made and checked",
                caller_time(lambda n: publisher.put(event(n)), count),
            )


def posthog(count: int) -> Iterator[tuple[str, float]]:
    try:
        from posthog import Posthog
    except ImportError:
        return
    client = Posthog("key", host="http://127.0.0.1:1", send=False, max_queue_size=count + 1)
    properties = {"amount": 5, "currency": "EUR"}
    yield (
        "posthog, not sending",
        caller_time(lambda n: client.capture("deposit", distinct_id=f"C{n}", properties=properties), count),
    )


def segment(count: int) -> Iterator[tuple[str, float]]:
    try:
        from segment.analytics.client import Client
    except ImportError:
        return
    client = Client("key", host="http://127.0.0.1:1", send=False, max_queue_size=count + 1)
    properties = {"amount": 5, "currency": "EUR"}
    yield "segment, not sending", caller_time(lambda n: client.track(f"C{n}", "deposit", properties), count)


def table(rounds: int = 5) -> Table:
    with served() as url:
        return throughput(url, 2_000, rounds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with served() as url:
        print(throughput(url, options.events, options.rounds), end="\n\n")
        print(put_costs(url, options.events, options.rounds))


if __name__ == "__main__":
    main()
