"""Users mock the default transport with the tools they know: pytest-httpx and httpx's own mock transport."""

from __future__ import annotations

import httpx
import pytest
from pytest_httpx import HTTPXMock

from optimove_sdk import (
    AsyncOptimove,
    ConnectionFailed,
    Optimove,
    Outcome,
    Request,
    ResponseLost,
    RetryPolicy,
)
from optimove_sdk.http.httpx import HttpxTransport

BASE = "https://api5.optimove.net"
ONCE = RetryPolicy(attempts=1)


def test_pytest_httpx_answers_the_blocking_client(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(json={"Date": "2024-05-01"}, match_headers={"X-API-KEY": "k"})
    with Optimove(base_url=BASE, api_key="k") as client:
        assert client.general.last_data_update().isoformat() == "2024-05-01"
    (request,) = httpx_mock.get_requests()
    assert request.url == f"{BASE}/current/general/GetLastDataUpdate"


async def test_pytest_httpx_answers_the_asyncio_client(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(json={"Date": "2024-05-01"})
    async with AsyncOptimove(base_url=BASE, api_key="k") as client:
        assert (await client.general.last_data_update()).isoformat() == "2024-05-01"


@pytest.mark.parametrize(
    ("raised", "expected"),
    [(httpx.ReadTimeout("slow"), ResponseLost), (httpx.ConnectError("no"), ConnectionFailed)],
)
def test_pytest_httpx_raises_what_the_client_translates(
    httpx_mock: HTTPXMock, raised: Exception, expected: type[Exception]
) -> None:
    httpx_mock.add_exception(raised)
    with Optimove(base_url=BASE, api_key="k", retry=ONCE) as client, pytest.raises(expected):
        client.general.last_data_update()


@pytest.mark.parametrize(
    ("raised", "outcome"),
    [
        (httpx.ConnectError, Outcome.UNSENT),
        (httpx.ConnectTimeout, Outcome.UNSENT),
        (httpx.PoolTimeout, Outcome.UNSENT),
        (httpx.ProxyError, Outcome.UNSENT),
        (httpx.LocalProtocolError, Outcome.UNSENT),
        (httpx.UnsupportedProtocol, Outcome.UNSENT),
        (httpx.ReadTimeout, Outcome.SENT),
        (httpx.WriteTimeout, Outcome.SENT),
        (httpx.ReadError, Outcome.SENT),
        (httpx.WriteError, Outcome.SENT),
        (httpx.CloseError, Outcome.SENT),
        (httpx.RemoteProtocolError, Outcome.SENT),
        (httpx.DecodingError, Outcome.SENT),
    ],
)
def test_every_failure_of_the_library_says_how_far_the_request_got(
    httpx_mock: HTTPXMock, raised: type[httpx.RequestError], outcome: Outcome
) -> None:
    httpx_mock.add_exception(raised("because"))
    with pytest.raises((ConnectionFailed, ResponseLost)) as caught:
        HttpxTransport().handle_request(Request("GET", BASE))
    assert caught.value.outcome is outcome
    assert isinstance(caught.value, ConnectionFailed) == (outcome is Outcome.UNSENT)


def test_no_failure_of_the_library_is_forgotten() -> None:
    """A new error class of the library would otherwise pass as it is."""
    library = HttpxTransport.library
    every = {
        kind for kind in vars(httpx).values() if isinstance(kind, type) and issubclass(kind, httpx.HTTPError)
    }
    raised_above = {httpx.HTTPError, httpx.HTTPStatusError}
    assert all(issubclass(kind, library.failures) for kind in every - raised_above)
