"""The request handed to the library is the one that the library would have made itself."""

from __future__ import annotations

from typing import Any

import httpx
import httpx2
import pytest

from optimove_sdk import Request
from optimove_sdk.config import Secret
from optimove_sdk.http.library import Library
from optimove_sdk.http.watch import Watch

URL = "https://api5.optimove.net/current/customers/Something"
HEADERS = {"Accept": "application/json", "X-API-KEY": Secret("k"), "Content-Type": "application/json"}
REVEALED = {"Accept": "application/json", "X-API-KEY": "k", "Content-Type": "application/json"}


@pytest.fixture(params=[httpx, httpx2], ids=lambda module: module.__name__)
def module(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.mark.parametrize(
    "url", [URL, f"{URL}?CustomerID=C%201;2&$top=5", "http://[::1]:8085/a/B", "https://a.example:443/B"]
)
@pytest.mark.parametrize(
    ("method", "content"),
    [("GET", None), ("POST", b'{"a":1}'), ("POST", None), ("PUT", b""), ("DELETE", None), ("DELETE", b"[]")],
)
def test_it_has_the_same_url_headers_and_body(
    module: Any, method: str, content: bytes | None, url: str
) -> None:
    request = Request(method, url, HEADERS, content)
    ours = Library.of(module).prepare(request, Watch(request))
    theirs = module.Request(
        method, url, headers={**REVEALED, "Accept-Encoding": "gzip, deflate"}, content=content
    )
    assert (ours.method, ours.url) == (theirs.method, theirs.url)
    assert sorted(ours.headers.raw) == sorted(theirs.headers.raw)  # whose order means nothing
    assert ours.content == theirs.content == b"".join(ours.stream)


def test_a_url_is_parsed_once_unless_its_query_may_name_a_customer(module: Any) -> None:
    library = Library.of(module)
    for url in (URL, URL, f"{URL}?CustomerID=C1", f"{URL}?CustomerID=C1"):
        request = Request("GET", url)
        library.prepare(request, Watch(request))
    kept: Any = library.known_url  # an lru_cache, which says what it holds
    assert kept.cache_info()[:2] == (1, 1)
    assert kept.cache_info().currsize == 1
