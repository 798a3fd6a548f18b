"""A whole page over HTTP: 10,000 customers, from the request to typed rows. CPU time.

The reference is the practical limit: http.client, and msgspec into Structs.
"""

from __future__ import annotations

import gzip
import http.client
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

import cattrs.preconf.json

from .calls import HEADERS, configured
from .decode import NAMES, StockExecution, into_structs, page, stock_converter
from .loopback import response, serving
from .report import Table, compared
from .timing import Connect, Contenders, Run, interleaved, opened, pin

PATH = "/current/customers/GetCustomerExecutionDetailsByCampaign?CampaignID=1&ChannelID=504"
ROWS = 10_000


def reading_with(*parsers: str) -> Connect:
    """Return the SDK as it is where only these of the fast parsers are installed."""

    @contextmanager
    def connect(url: str) -> Iterator[Run]:
        from optimove_sdk import Optimove
        from optimove_sdk.wire import codec

        for parser in parsers:
            import_module(parser)
        with Optimove(**configured(url)) as client:
            rows = client.customers.execution_details(1, 504, attributes=NAMES, max_items=ROWS)

            def run() -> Any:
                codec.installed = lambda: frozenset(parsers)
                return rows.to_list()

            yield run

    return connect


@contextmanager
def httpx_and_cattrs(url: str) -> Iterator[Run]:
    import httpx

    converter = stock_converter(cattrs.preconf.json, StockExecution, detailed=True)
    with httpx.Client(base_url=url, headers=HEADERS) as client:
        yield lambda: converter.structure(client.get(PATH).raise_for_status().json(), list[StockExecution])


@contextmanager
def limit(url: str) -> Iterator[Run]:
    decode = into_structs(StockExecution)
    headers = {**HEADERS, "Accept-Encoding": "gzip"}
    with closing(http.client.HTTPConnection(urlsplit(url).netloc)) as connection:

        def run() -> Any:
            connection.request("GET", PATH, headers=headers)
            answer = connection.getresponse()
            body = answer.read()
            return decode(gzip.decompress(body) if answer.headers["Content-Encoding"] else body)

        yield run


@contextmanager
def only_json(url: str) -> Iterator[Run]:
    import httpx

    with httpx.Client(base_url=url, headers=HEADERS) as client:
        yield lambda: json.loads(client.get(PATH).content)


REFERENCE = "http.client, msgspec"
CONTENDERS: Contenders = {
    "optimove_sdk": reading_with(),
    "optimove_sdk, orjson": reading_with("orjson"),
    "optimove_sdk, msgspec": reading_with("msgspec"),
    "httpx, json.loads into dicts": only_json,
    "httpx, cattrs": httpx_and_cattrs,
    REFERENCE: limit,
}
AIMS = {
    "optimove_sdk": "gzip ≤ 4.5",
    "optimove_sdk, orjson": "gzip ≤ 3",
    "optimove_sdk, msgspec": "gzip ≤ 2",
}


def table(rounds: int = 15) -> Table:
    pin(-1)
    body = page(ROWS)
    answers = {
        "gzip": response(gzip.compress(body), Content_Encoding="gzip"),
        "identity": response(body),
    }
    columns = {}
    for encoding, answer in answers.items():
        with serving({"": [answer]}) as url, opened(CONTENDERS, url) as runs:
            columns[encoding] = interleaved(runs, rounds=rounds, times=1)
    return compared(f"a page of {ROWS:,}", columns, reference=REFERENCE, unit="ms CPU", scale=1e3, aims=AIMS)
