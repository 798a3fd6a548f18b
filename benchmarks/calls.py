"""One small call, blocking: CPU time beside the bare libraries.

All send the same POST of 100 bytes to the same server and read the JSON that it answers.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any
from urllib.parse import urlsplit

from .loopback import response, serving
from .report import Table, compared
from .timing import Contenders, Run, interleaved, opened, pin

PATH = "/current/general/RegisterEventListener"
BODY = {"EventTypeID": 13, "ListenerURL": "https://vendor.example/optimove/listener", "ChannelID": 504}
HEADERS = {"Accept": "application/json", "X-API-KEY": "benchmark-key"}
ANSWERS = {"login": [response(b'"benchmark-token"')], "": [response(b'{"ResponseCode":200}')]}


def register(client: Any) -> Any:
    """Make the call through a client of the SDK."""
    return client.listeners.register(13, "https://vendor.example/optimove/listener", channel_id=504)


def configured(url: str) -> dict[str, Any]:
    return {
        "base_url": url,
        "api_key": "benchmark-key",
        "allow_http": True,
        "rate_limit": None,
        "proxy": "",
    }


@contextmanager
def over_httpx(url: str) -> Iterator[Run]:
    from optimove_sdk import Optimove

    with Optimove(**configured(url)) as client:
        yield lambda: register(client)


@contextmanager
def over_httpx2(url: str) -> Iterator[Run]:
    from optimove_sdk import Optimove
    from optimove_sdk.http.httpx2 import Httpx2Transport

    with Optimove(**configured(url), transport=Httpx2Transport(proxy="")) as client:
        yield lambda: register(client)


@contextmanager
def over_nothing(_: str) -> Iterator[Run]:
    from optimove_sdk import Optimove
    from optimove_sdk.http.base import Request, Response

    answer = Response(200, {"content-type": "application/json"}, b'{"ResponseCode":200}')

    class Instant:
        def handle_request(self, _: Request) -> Response:
            return answer

        def close(self) -> None: ...

    with Optimove(**configured("http://127.0.0.1"), transport=Instant()) as client:
        yield lambda: register(client)


@contextmanager
def _a_client_of(library: Any, url: str) -> Iterator[Run]:
    with library.Client(base_url=url, headers=HEADERS) as client:

        def run() -> Any:
            answer = client.post(PATH, json=BODY)
            answer.raise_for_status()
            return answer.json()

        yield run


def bare_httpx(url: str) -> Any:
    import httpx

    return _a_client_of(httpx, url)


def bare_httpx2(url: str) -> Any:
    import httpx2

    return _a_client_of(httpx2, url)


@contextmanager
def bare_requests(url: str) -> Iterator[Run]:
    import requests

    with requests.Session() as session:
        session.headers.update(HEADERS)

        def run() -> Any:
            answer = session.post(url + PATH, json=BODY)
            answer.raise_for_status()
            return answer.json()

        yield run


@contextmanager
def bare_httpcore(url: str) -> Iterator[Run]:
    import httpcore

    headers = {**HEADERS, "Content-Type": "application/json"}
    with httpcore.ConnectionPool() as pool:
        yield lambda: json.loads(
            pool.request("POST", url + PATH, headers=headers, content=json.dumps(BODY).encode()).content
        )


@contextmanager
def bare_http_client(url: str) -> Iterator[Run]:
    headers = {**HEADERS, "Content-Type": "application/json"}
    with closing(http.client.HTTPConnection(urlsplit(url).netloc)) as connection:

        def run() -> Any:
            connection.request("POST", PATH, json.dumps(BODY).encode(), headers)
            return json.loads(connection.getresponse().read())

        yield run


OWN_PART = "optimove_sdk over nothing: its own part"
REFERENCE = "httpx.Client.post"
CONTENDERS: Contenders = {
    "optimove_sdk": over_httpx,
    "optimove_sdk over httpx2": over_httpx2,
    OWN_PART: over_nothing,
    REFERENCE: bare_httpx,
    "httpx2.Client.post": bare_httpx2,
    "httpcore": bare_httpcore,
    "http.client": bare_http_client,
    "requests.Session.post": bare_requests,
}


AIMS = {"optimove_sdk": "≤ 0.95", OWN_PART: "≤ 30 µs"}


def table(rounds: int = 15) -> Table:
    pin(-1)
    with serving(ANSWERS) as url, opened(CONTENDERS, url) as runs:
        seconds = interleaved(runs, rounds=rounds, times=200)
    return compared("one small POST", {"CPU": seconds}, reference=REFERENCE, unit="µs", scale=1e6, aims=AIMS)
