"""The same operations through the package ``optimove`` 2.0.0, the client that this one follows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from .calls import ANSWERS, configured
from .loopback import response, serving
from .report import Table, compared
from .timing import Run, interleaved, opened, pin

LISTENER = "https://vendor.example/optimove/listener"
ROWS = 1_000
SERVED = {
    **ANSWERS,
    "GetLastDataUpdate": [response(b'{"Date":"2026-01-31"}')],
    "GetCustomersByAction": [
        response(
            json.dumps(
                [{"CustomerID": f"C{n}", "CustomerAttributes": [f"Buddy{n}", "UK"]} for n in range(ROWS)]
            ).encode()
        )
    ],
}
OPERATIONS = ("RegisterEventListener", "GetLastDataUpdate", f"GetCustomersByAction, {ROWS:,} rows")


@contextmanager
def ours(url: str, operation: str) -> Iterator[Run]:
    from optimove_sdk import Optimove

    settings = {**configured(url), "api_key": None, "username": "u", "password": "p"}
    with Optimove(**settings) as client:
        customers = client.customers.by_action(
            1, 2, "2026-01-31", attributes=["Name", "Country"], page_size=ROWS, max_items=ROWS
        )
        calls: dict[str, Run] = {
            OPERATIONS[0]: lambda: client.listeners.register(1, LISTENER),
            OPERATIONS[1]: client.general.last_data_update,
            OPERATIONS[2]: customers.to_list,
        }
        yield calls[operation]


@contextmanager
def theirs(url: str, operation: str) -> Iterator[Run]:
    import optimove.client

    client = optimove.client.Client("u", "p", url=url)
    calls: dict[str, Run] = {
        OPERATIONS[0]: lambda: client.general.register_event_listener(1, LISTENER),
        OPERATIONS[1]: client.general.get_last_data_update,
        OPERATIONS[2]: lambda: client.customers.get_customers_by_action(
            1, 2, "2026-01-31", attributes=["Name", "Country"], top=ROWS
        ),
    }
    yield calls[operation]


REFERENCE = "optimove 2.0.0"
CONTENDERS = {"optimove_sdk": ours, REFERENCE: theirs}
AIMS = {"optimove_sdk": "≤ 0.67"}


def table(rounds: int = 15) -> Table:
    pin(-1)
    columns = {}
    with serving(SERVED) as url:
        for operation in OPERATIONS:
            each = {name: partial(connect, operation=operation) for name, connect in CONTENDERS.items()}
            with opened(each, url) as runs:
                columns[operation] = interleaved(runs, rounds=rounds, times=20)
    return compared("CPU of a call", columns, reference=REFERENCE, unit="µs", scale=1e6, aims=AIMS)
