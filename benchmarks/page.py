"""A whole page over HTTP: 10,000 rows of both kinds, from the request to typed rows. CPU time.

The reference is the practical limit: http.client, and msgspec into Structs.
"""

from __future__ import annotations

import gzip
import http.client
import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import cattrs.preconf.json

from optimove_sdk import Optimove
from optimove_sdk.core.pages import pages_of
from optimove_sdk.wire import codec

from .calls import HEADERS, configured
from .decode import KINDS, into_structs, stock_converter
from .loopback import response, serving
from .report import Table, compared
from .timing import Run, interleaved, opened, pin

FUNCTION = "customers/SomeFunction"
PATH = f"/current/{FUNCTION}"
ROWS = 10_000


def reading_with(*parsers: str) -> Callable[[str, str], AbstractContextManager[Run]]:
    """Return the SDK as it is where only these of the fast parsers are installed."""

    @contextmanager
    def connect(url: str, kind: str) -> Iterator[Run]:
        _, model, names, _ = KINDS[kind]
        with Optimove(**configured(url)) as client:
            rows = client.pager(pages_of(model, FUNCTION, attributes=names, max_items=ROWS))

            def run() -> Any:
                codec.installed = lambda: frozenset(parsers)
                return rows.to_list()

            yield run

    return connect


@contextmanager
def httpx_and_cattrs(url: str, kind: str) -> Iterator[Run]:
    import httpx

    stock = KINDS[kind][3]
    converter = stock_converter(cattrs.preconf.json, stock, detailed=True)
    with httpx.Client(base_url=url, headers=HEADERS) as client:
        yield lambda: converter.structure(client.get(PATH).raise_for_status().json(), list[stock])


@contextmanager
def only_json(url: str, kind: str) -> Iterator[Run]:
    import httpx

    with httpx.Client(base_url=url, headers=HEADERS) as client:
        yield lambda: json.loads(client.get(PATH).content)


@contextmanager
def limit(url: str, kind: str) -> Iterator[Run]:
    decode = into_structs(KINDS[kind][3])
    headers = {**HEADERS, "Accept-Encoding": "gzip"}
    with closing(http.client.HTTPConnection(urlsplit(url).netloc)) as connection:

        def run() -> Any:
            connection.request("GET", PATH, headers=headers)
            answer = connection.getresponse()
            body = answer.read()
            return decode(gzip.decompress(body) if answer.headers["Content-Encoding"] else body)

        yield run


REFERENCE = "http.client, msgspec"
CONTENDERS = {
    "optimove_sdk, json": reading_with(),
    "optimove_sdk, orjson": reading_with("orjson"),
    "optimove_sdk, msgspec": reading_with("msgspec"),
    "httpx, json.loads into dicts": only_json,
    "httpx, cattrs": httpx_and_cattrs,
    REFERENCE: limit,
}
AIMS = {
    "optimove_sdk, json": "gzip ≤ 4.5",
    "optimove_sdk, orjson": "gzip ≤ 3",
    "optimove_sdk, msgspec": "gzip ≤ 2",
}


def table(rounds: int = 15) -> Table:
    pin(-1)
    columns = {}
    for kind, encoding in itertools.product(KINDS, ("gzip", "identity")):
        body = KINDS[kind][0](ROWS)
        zipped = encoding == "gzip"
        answer = response(gzip.compress(body), Content_Encoding="gzip") if zipped else response(body)
        each = {name: partial(connect, kind=kind) for name, connect in CONTENDERS.items()}
        with serving({"": [answer]}) as url, opened(each, url) as runs:
            columns[f"{kind}, {encoding}"] = interleaved(runs, rounds=rounds, times=1)
    title = f"a page of {ROWS:,}, CPU"
    return compared(title, columns, reference=REFERENCE, unit="ms", scale=1e3, aims=AIMS)
